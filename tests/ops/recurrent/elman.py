"""A cell that the compiler does not have, for its engine: Elman's simple recurrent network.

After Elman, "Finding structure in time", Cognitive Science 14, 1990: h = f(W x + R h' + b), here
with f as a table. It borrows the pipeline of GRUs: the update gate, without weights, is always 0,
and the candidate is all there is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np

from hwcompile.ir.types import IntArray, IntType, TensorType
from hwcompile.ops.contract.instance import Name
from hwcompile.ops.recurrent.bounds import largest_magnitude, row_sums
from hwcompile.ops.recurrent.cell import Cell, CellProgram, CellTable, Gate, Latencies
from hwcompile.ops.recurrent.engine import Engine
from hwcompile.ops.recurrent.images import signed_bits
from hwcompile.ops.recurrent.numbers import signed_width
from hwcompile.ops.recurrent.op import Recurrent
from hwcompile.ops.recurrent.sequences import Sequences
from hwcompile.ops.recurrent.static import Static


@dataclass(frozen=True)
class Bounds:
    largest_sum: int
    widest: int


@dataclass(frozen=True, eq=False)
class Elman(Recurrent):
    """h = table[((wx x << x_shift) + (wr h' << r_shift) + bias) >> shift], of `h_type`."""

    family: ClassVar[str] = "elman"

    wx: IntArray
    wr: IntArray
    bias: IntArray
    x_shift: int
    r_shift: int
    table: IntArray
    shift: int
    h_type: IntType
    keep: bool
    channels: int = 1

    @property
    def inputs(self) -> int:
        return int(self.wx.shape[1])

    def bounds(self, x: IntType) -> Bounds:
        sums = row_sums(self.wx) * (largest_magnitude(x) << self.x_shift)
        sums = sums + row_sums(self.wr) * (largest_magnitude(self.h_type) << self.r_shift)
        widest = int((sums + np.abs(self.bias)).max())
        return Bounds(int(sums.max()), widest.bit_length() + 2)

    def problems(self, inputs: tuple[TensorType, ...]) -> list[str]:
        return []

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        shape = (1, inputs[0].shape[1], self.bias.size * self.channels)
        return (TensorType(shape, self.h_type),)

    def evaluate(
        self, inputs: tuple[TensorType, ...], values: tuple[IntArray, ...]
    ) -> tuple[IntArray, ...]:
        given = Sequences.of(values, self.channels, self.keep)
        h = np.zeros((given.count, self.bias.size), dtype=np.int64)
        found = []
        for step in range(given.steps):
            h = given.begun(step, h)
            sums = (given.x[:, step] @ self.wx.T << self.x_shift) + (h @ self.wr.T << self.r_shift)
            places = ((sums + self.bias) >> self.shift) + self.table.size // 2
            h = self.table[np.clip(places, 0, self.table.size - 1)]
            found.append(h)
        return (given.joined(np.stack(found, axis=1)),)


@lru_cache(maxsize=8)
def cell_of(op: Elman) -> Cell:
    """Its cell: gates r and u without weights, and a candidate over x and h at once."""
    bits = signed_width(op.h_type)
    fields: dict[str, int | Name] = {
        "kind": Name("hw_rnn_cell", "Gru"),
        "c_bits": bits,
        "m_bits": bits,
        "c_low": op.h_type.low,
        "c_high": op.h_type.high,
        "sigma_bits": 2,
        "sigma_index": 1,
        "sigma_shift": 0,
        "candidate_bits": signed_bits(op.table),
        "candidate_index": op.table.size.bit_length() - 1,
        "candidate_shift": op.shift,
        "c_shift": 0,
        "n_shift": 0,
        "one": 1,
    }
    # Of -1 the table gives 0, of 0 it gives 1.
    tables = {"Sigma": CellTable(np.array([0, 1]), 2), "Candidate": CellTable(op.table, 1)}
    return Cell(
        inputs=op.inputs,
        gates=(
            Gate(np.zeros_like(op.bias)),
            Gate(np.full_like(op.bias, -1)),
            Gate(op.bias, x=op.wx, y=op.wr),
        ),
        program=CellProgram(fields, tables, Latencies(m=15, y=4), narrow=2, wide=1),
        result=op.h_type,
        m_type=op.h_type,
        x_shift=op.x_shift,
        y_shift=op.r_shift,
        keep=op.keep,
        channels=op.channels,
    )


class ElmanEngine(Engine[Elman]):
    @property
    def cell(self) -> Cell:
        return cell_of(self.op)


class ElmanStatic(Static[Elman]):
    op = Elman
    built = ElmanEngine

    def cell(self, op: Elman) -> Cell:
        return cell_of(op)
