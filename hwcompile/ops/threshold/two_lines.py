"""Staircases of two lines: sums that a runtime rounds twice, halves away from zero.

TFLite multiplies by a factor of 31 bits, rounds, shifts and rounds again, now with halves away from
zero (`MultiplyByQuantizedMultiplier`). Where the sum is positive, the steps follow one line; where
it is negative, they follow another one with the same slope, a little lower. One multiplier serves
both; the bias depends on which side of a *pivot* x lies.

Worked example: 3/4 of x, rounded, then halved with halves away from zero. Above zero that is
(((3x + 2) >> 2) + 1) >> 1 = (3x + 6) >> 3, below it (3x + 2) >> 3. The steps lie at ..., -8, -6,
-3, 0, 1, 4, 6, 9, ...: those of one line that are 8/3 apart would never lie at 0 and 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.ops.threshold.constraints import AnyArray, Constraints
from hwcompile.ops.threshold.multiplier import (
    MAX_SHIFT,
    LevelMultiplier,
    distinct,
    least_shift,
    longest_shift,
    placed_line,
)


@dataclass(frozen=True, eq=False)
class TwoSides:
    """The constraints of two lines with the same multiplier.

    Attributes:
        below: Of the levels 1 to k, and that k + 1 is not reached up to the pivot.
        above: Of the levels k + 1 to n, and that k is reached behind it; counted from k.
        pivot: The last x of the lower line, counted from the least x, int64 [R].
    """

    below: Constraints
    above: Constraints
    pivot: IntArray

    @staticmethod
    def of(steps: IntArray, level: int, span: int) -> TwoSides:
        """Cut staircases [R, n] on 0 <= x <= span behind level k, in the middle of that level."""
        first, behind = steps[:, level - 1], steps[:, level]
        pivot = (first + behind - 1) // 2
        never, always = np.full_like(pivot, span + 1), np.full_like(pivot, -1)
        below, above = steps[:, :level], steps[:, level:]
        return TwoSides(
            Constraints(_joined(below, never), _joined(below - 1, pivot), span),
            Constraints(_joined(pivot + 1, above), _joined(always, above - 1), span),
            pivot,
        )

    def least(self, shift: int) -> Sides | None:
        """The least multipliers that both lines allow; None when a row has none."""
        factor = np.zeros(self.pivot.size, dtype=np.int64)
        while True:
            below = self.below.least(shift, factor)
            above = self.above.least(shift, below.factor)
            if np.any(below.failed | above.failed):
                return None
            if np.array_equal(above.factor, below.factor):
                return Sides(above.factor, (below.low, below.high), (above.low, above.high))
            factor = above.factor


@dataclass(frozen=True, eq=False)
class Sides:
    """A multiplier per row, and what it leaves for the bias of either line.

    Attributes:
        factor: M, int64 [R].
        below: Least and greatest B of the lower line, each [R].
        above: Those of the upper one.
    """

    factor: IntArray
    below: tuple[AnyArray, AnyArray]
    above: tuple[AnyArray, AnyArray]


def solve_two(
    thresholds: IntArray, slope: IntArray, low: int, high: int, max_shift: int = MAX_SHIFT
) -> LevelMultiplier | None:
    """Two lines that give the staircases exactly: the smallest shift and M where they meet.

    Args:
        thresholds: int64 [R, n], rows ascending, within [low, high + 1].
        slope: +1 or -1, int64 [R].
        low: Least x.
        high: Greatest x.
        max_shift: Greatest s to consider.

    Returns:
        The integers with pivots; None when there are none, or a row falls.
    """
    if np.any(slope < 0):
        return None
    steps, back = distinct(thresholds, slope, low, high)
    longest = longest_shift(steps, max_shift)
    sides = _cut(steps, high - low, longest)
    if sides is None:
        return None
    shift = least_shift(lambda s: sides.least(s) is None, longest)
    best = sides.least(shift)
    assert best is not None
    factor = best.factor[back]
    lower, upper = (
        placed_line(factor, least[back], most[back], shift, slope, low, high)
        for least, most in (best.below, best.above)
    )
    level = sides.below.reach.shape[1] - 1
    return replace(
        lower,
        bias=upper.bias + ((level - 1) << shift),
        pivot=sides.pivot[back] + low,
        below=lower.bias,
    )


def _cut(steps: IntArray, span: int, shift: int) -> TwoSides | None:
    """The staircases cut behind a level, the same in all rows, so that two lines serve them.

    One line that serves levels 1 to k serves fewer as well, and one for k + 1 to n those behind it
    too: so the levels at which both are possible lie between two that are found by bisection.
    """
    count = steps.shape[1]

    def fits(part: IntArray) -> bool:
        return not Constraints(part, part - 1, span).least(shift).failed.any()

    first = _least(lambda k: fits(steps[:, k:]), 1, count)
    last = _least(lambda k: not fits(steps[:, :k]), first, count) - 1
    for level in dict.fromkeys(((first + last) // 2, first, last)):
        if first <= level <= last:
            sides = TwoSides.of(steps, level, span)
            if sides.least(shift) is not None:
                return sides
    return None


def _least(true: Callable[[int], bool], low: int, high: int) -> int:
    """The least k in [low, high) for which `true` holds, as it does for all behind; or `high`."""
    while low < high:
        middle = (low + high) // 2
        if true(middle):
            high = middle
        else:
            low = middle + 1
    return low


def _joined(*parts: IntArray) -> IntArray:
    """Columns [R] and [R, m] beside each other."""
    return np.concatenate([part.reshape(part.shape[0], -1) for part in parts], axis=1)
