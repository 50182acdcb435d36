"""Intervals of an LSTM's inner signals: what widths the hardware needs, and what is too wide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hwcompile.ir.types import IntType
from hwcompile.ops.recurrent.bounds import largest_magnitude, row_sums

if TYPE_CHECKING:
    from hwcompile.ops.lstm.op import Lstm


@dataclass(frozen=True)
class Bounds:
    """Bounds on magnitudes and intervals; Python integers, so nothing overflows.

    Attributes:
        largest_sum: On every partial sum of a gate's row (in units of z) or a projection's row.
        z: On every z with bias and peepholes, partial sums included, for i, f, candidate, o.
        cell: On the sum that is rounded to c.
        product: On the product that is rounded to m.
    """

    largest_sum: int
    z: tuple[int, int, int, int]
    cell: int
    product: int

    @property
    def widest(self) -> int:
        """Bits of the widest signal, with one for the rounding."""
        return max(self.largest_sum, *self.z, self.cell, self.product).bit_length() + 2


def bounds(op: Lstm, x: IntType) -> Bounds:
    """Bounds of `op` on inputs of type `x`; assumes that the shapes fit."""
    sums = row_sums(op.wx) * (largest_magnitude(x) << op.x_shift)
    sums = sums + row_sums(op.wr) * (largest_magnitude(op.result) << op.r_shift)
    z = sums + np.abs(op.bias)
    if op.peeped:
        shifts = np.array([1 << s for s in op.peephole_shifts], dtype=object)[:, None]
        reach = np.abs(op.peepholes).astype(object) * largest_magnitude(op.c_type) * shifts
        z = z + np.stack([reach[0], reach[1], 0 * reach[0], reach[2]])
    largest = int(sums.max())
    if op.projected:
        largest = max(largest, int((row_sums(op.projection) * largest_magnitude(op.m_type)).max()))
    sigma, candidate, squash = (
        int(np.abs(table).max()) for table in (op.sigma, op.candidate, op.squash)
    )
    parts = [sigma * largest_magnitude(op.c_type), sigma * candidate]
    if op.part_shifts:
        parts = [max(part, largest_magnitude(op.c_type)) for part in parts]
    cell = (parts[0] << op.cell_shifts[0]) + (parts[1] << op.cell_shifts[1])
    gates = z.max(axis=1)
    return Bounds(
        largest_sum=largest,
        z=(int(gates[0]), int(gates[1]), int(gates[2]), int(gates[3])),
        cell=cell,
        product=sigma * squash,
    )
