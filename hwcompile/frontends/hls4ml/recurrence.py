"""A recurrent layer of hls4ml: its weights, formats and functions."""

from __future__ import annotations

from dataclasses import dataclass

from hwcompile.frontends.hls4ml.formats import Format
from hwcompile.frontends.hls4ml.layouts import DenseLayout
from hwcompile.frontends.hls4ml.order import dense_order
from hwcompile.frontends.hls4ml.sums import Sums, terms_of
from hwcompile.frontends.hls4ml.values import Fixed, Lowering
from hwcompile.frontends.hls4ml.weights import Constants
from hwcompile.ir.types import IntArray


@dataclass(frozen=True)
class Function:
    """A function of a cell.

    Attributes:
        name: relu, or one of `tables.FUNCTIONS`.
        size: Entries of its table.
        table: Their format.
    """

    name: str
    size: int
    table: Format


@dataclass(frozen=True, eq=False)
class Matrix:
    """Weights over one vector.

    Attributes:
        weights: int64 [G*C, K].
        bias: int64 [G*C] in steps of the accumulator.
        name: How the layer calls the weights.
        reuse: How it calls their reuse factor.
    """

    weights: Constants
    bias: IntArray
    name: str
    reuse: str

    def sums(self, ctx: Lowering, source: Fixed, accumulator: Format) -> Sums:
        """A dense layer over the vectors."""
        terms = terms_of(source, self.weights)
        return Sums(ctx, DenseLayout(), source.value, terms, accumulator, self.bias)

    def order(self, ctx: Lowering) -> IntArray:
        """In which hls4ml adds the terms, int64 [1, K]."""
        return dense_order(ctx, self.weights.values.shape[1], self.name, self.reuse)


@dataclass(frozen=True, eq=False)
class Recurrence:
    """A recurrent layer in hls4ml's arithmetic, G sums for each of C units.

    Attributes:
        kind: LSTM or GRU.
        units: C.
        x: Over the inputs.
        h: Over the state.
        accumulator: `accum_t`.
        state: Format of the results and of the states.
        gate: Of the gates.
        inner: Of the candidate, and of an LSTM's state.
        reset_first: The gates of a GRU are r, z and not z, r.
    """

    kind: str
    units: int
    x: Matrix
    h: Matrix
    accumulator: Format
    state: Format
    gate: Function
    inner: Function
    reset_first: bool
