"""Intervals of a GRU's inner signals: what widths the hardware needs, and what is too wide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hwcompile.ir.types import IntType
from hwcompile.ops.recurrent.bounds import largest_magnitude, row_sums

if TYPE_CHECKING:
    from hwcompile.ops.gru.op import Gru


@dataclass(frozen=True)
class Bounds:
    """Bounds on magnitudes; Python integers, so nothing overflows.

    Attributes:
        largest_sum: On every partial sum of a row, in the common unit.
        gates: On the sums in front of sigma.
        candidate: On the sum in front of the candidate's table.
        state: On the sum that is rounded to h, and on r h'.
    """

    largest_sum: int
    gates: int
    candidate: int
    state: int

    @property
    def widest(self) -> int:
        """Bits of the widest signal, with one for the rounding."""
        widest = max(self.largest_sum, self.gates, self.candidate, self.state)
        return widest.bit_length() + 2


def bounds(op: Gru, x: IntType) -> Bounds:
    """Bounds of `op` on inputs of type `x`; assumes that the shapes fit."""
    from_x = row_sums(op.wx) * (largest_magnitude(x) << op.x_shift)
    from_h = row_sums(op.wr) * (largest_magnitude(op.h_type) << op.r_shift)
    sigma, table = int(np.abs(op.sigma).max()), int(np.abs(op.candidate).max())
    bias = np.abs(op.bias).astype(object)
    gates = from_x[:2] + from_h[:2] + bias[:2]
    recurrent = from_h[2] + bias[3]
    pre = (from_x[2] + bias[2]) * (1 << op.n_shift)
    pre = pre + recurrent * (max(sigma, 1) if op.reset_after else 1)
    rest = int(np.abs(op.one - op.sigma).max())
    state = (rest * table << op.h_shifts[0]) + (
        sigma * largest_magnitude(op.h_type) << op.h_shifts[1]
    )
    largest = max(int((from_x + from_h).max()), int(recurrent.max()))
    return Bounds(largest, int(gates.max()), int(pre.max()), state)
