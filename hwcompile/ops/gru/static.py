"""The engine with one static schedule per time step, for GRUs."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from hwcompile.ir.types import IntArray, IntType
from hwcompile.ops.contract.instance import Value
from hwcompile.ops.gru.op import Gru
from hwcompile.ops.lstm.images import Widths, signed_bits
from hwcompile.ops.lstm.layout import Recurrence
from hwcompile.ops.lstm.static import Engine, Static, signed_width


@dataclass(frozen=True, eq=False)
class Rows:
    """A GRU as the engine sees it.

    The candidate needs the sums over x and over h apart, so it counts as two gates: one whose row
    has no recurrent part, and one whose row has nothing else. A reset before the matrix makes the
    latter wait for the reset state: then both belong to a second phase.
    """

    op: Gru
    wx: IntArray
    wr: IntArray
    none: IntArray
    no_table: IntArray = field(default_factory=lambda: np.zeros(2, dtype=np.int64))

    @staticmethod
    def of(op: Gru) -> Rows:
        """The rows of `op`."""
        cells = op.cells
        return Rows(
            op,
            np.concatenate([op.wx, np.zeros((1, cells, op.inputs), dtype=np.int64)]),
            np.concatenate([op.wr[:2], np.zeros((1, cells, cells), dtype=np.int64), op.wr[2:]]),
            np.zeros((0, cells), dtype=np.int64),
        )

    @property
    def bias(self) -> IntArray:
        """[4, C]."""
        return self.op.bias

    @property
    def peepholes(self) -> IntArray:
        """There are none."""
        return self.none

    @property
    def projection(self) -> IntArray:
        """There is none."""
        return self.none

    @property
    def sigma(self) -> IntArray:
        """Table [N]."""
        return self.op.sigma

    @property
    def candidate(self) -> IntArray:
        """Table [N]."""
        return self.op.candidate

    @property
    def squash(self) -> IntArray:
        """Not used."""
        return self.no_table

    @property
    def inputs(self) -> int:
        """X."""
        return self.op.inputs

    @property
    def cells(self) -> int:
        """C."""
        return self.op.cells

    @property
    def outputs(self) -> int:
        """The state is the output."""
        return self.op.cells

    @property
    def projected(self) -> bool:
        """Never."""
        return False

    @property
    def resets(self) -> bool:
        """Whether the reset gate acts before the matrix."""
        return not self.op.reset_after

    @property
    def peeped(self) -> bool:
        """Never."""
        return False

    @property
    def x_shift(self) -> int:
        """Left shift of sums over x."""
        return self.op.x_shift

    @property
    def r_shift(self) -> int:
        """Left shift of sums over h."""
        return self.op.r_shift

    @property
    def keep(self) -> bool:
        """Whether the state survives the end of a frame."""
        return self.op.keep

    @property
    def channels(self) -> int:
        """Sequences in step."""
        return self.op.channels

    @property
    def result(self) -> IntType:
        """Format of h."""
        return self.op.h_type

    @property
    def m_type(self) -> IntType:
        """Format of h."""
        return self.op.h_type

    def sum_bits(self, x: IntType) -> tuple[int, int]:
        """Bits of a row's sum, and of the widest signal of the element-wise part."""
        found = self.op.bounds(x)
        return found.largest_sum.bit_length() + 1, found.widest


class GruEngine(Engine[Gru]):
    """An engine with the cells of a GRU."""

    arithmetic = (2, 1, 2)

    @property
    def recurrence(self) -> Recurrence:
        """The GRU's rows."""
        return _rows(self.op)

    def cell(self, width: Widths) -> dict[str, Value]:
        """Parameters of the element-wise pipeline."""
        op = self.op
        bits = signed_width(op.h_type)
        return {
            "BiasBits": width.bias,
            "PeepBits": width.peephole,
            "CBits": bits,
            "MBits": bits,
            "SigmaBits": signed_bits(op.sigma),
            "CandidateBits": signed_bits(op.candidate),
            "SquashBits": 1,
            "SquashIndex": 1,
            "SigmaIndex": op.sigma.size.bit_length() - 1,
            "CandidateIndex": op.candidate.size.bit_length() - 1,
            "SigmaShift": op.table_shifts[0],
            "CandidateShift": op.table_shifts[1],
            "InputShift": op.h_shifts[0],
            "ForgetShift": op.h_shifts[1],
            "CShift": op.h_shifts[2],
            "CLow": op.h_type.low,
            "CHigh": op.h_type.high,
            "HalfUp": op.rounding == "half_up",
            "Gru": True,
            "ResetBefore": not op.reset_after,
            "NShift": op.n_shift,
            "ResetShift": op.reset_shift,
            "One": op.one,
        }


class GruStatic(Static[Gru]):
    """As for LSTMs; see `Static`."""

    op = Gru
    built = GruEngine

    def recurrence(self, op: Gru) -> Recurrence:
        """The GRU's rows."""
        return _rows(op)


@lru_cache(maxsize=64)
def _rows(op: Gru) -> Rows:
    return Rows.of(op)
