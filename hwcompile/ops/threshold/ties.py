"""Staircases whose ties go to the even neighbour: rounding to a binary point, as ONNX rounds.

A number with s more fraction bits than its target is rounded by adding half a step and dropping
s bits; exactly in the middle between two results (a tie) the sum ends in s zeros, and IEEE 754's
default, which `Quant`, `QuantizeLinear` and `Round` of ONNX follow, then takes the even result. So
every second step comes one value later, and no line has all of them.

Worked example: x / 4, ties to even. With u = x + 2 the level is u >> 2, less one where u ends in 00
and the level is odd: x = 2 (u = 4, level 1) gives 0, x = 6 (u = 8) gives 2. The steps lie at 3, 6,
11, 14, 19, ...

A row that never has a tie, because its bias lies between two values of x, is taken along on a grid
twice as fine: u = 2x + B, where B is odd.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.ops.threshold.constraints import Constraints
from hwcompile.ops.threshold.multiplier import (
    MAX_SHIFT,
    LevelMultiplier,
    distinct,
    longest_shift,
    placed_line,
)

FINER = (0, 1)
"""Shifts to the left: the grid of x, or one twice as fine."""

PARITIES = (1, 0)
"""Of levels that a tie does not reach: odd ones, unless an odd zero point is added behind."""


def solve_even(
    thresholds: IntArray, slope: IntArray, low: int, high: int, max_shift: int = MAX_SHIFT
) -> tuple[LevelMultiplier, int] | None:
    """Like `solve_shift`, for ties that go to every second level.

    Args:
        thresholds: int64 [R, n], rows ascending, within [low, high + 1].
        slope: +1 or -1, int64 [R].
        low: Least x.
        high: Greatest x.
        max_shift: Greatest s to consider.

    Returns:
        The integers, with |M| == 2**left everywhere and `late` set, and `left`; None when there
        are none.
    """
    steps, back = distinct(thresholds, slope, low, high)
    sides = [
        Constraints(steps, steps - 1, high - low, _late(parity, steps.shape[1]))
        for parity in PARITIES
    ]
    shifts = range(1, longest_shift(steps, max_shift) + 1)
    grids = [(left, shift) for shift in shifts for left in FINER if shift > left]
    for parity, side in zip(PARITIES, sides, strict=True):
        # One row says quickly which shifts are out of the question.
        alone = side.row(0)
        for left, shift in grids:
            bounds = alone.fits(1 << left, shift) and side.fits(1 << left, shift)
            if bounds:
                factor = np.full(back.size, 1 << left, dtype=np.int64)
                parts = (factor, bounds[0][back], bounds[1][back])
                return replace(placed_line(*parts, shift, slope, low, high), late=parity), left
    return None


def _late(parity: int, count: int) -> IntArray:
    """1 for the levels of a parity among 1 to n, int64 [n]."""
    return (np.arange(1, count + 1, dtype=np.int64) + parity + 1) & 1
