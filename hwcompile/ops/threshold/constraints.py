"""The inequalities behind a multiply-add-shift, and the least multiplier that obeys them.

A rising staircase on 0 <= x <= span with levels 1..n is `clamp((x*M + B) >> s, 0, n)` exactly when

    reach_k * M + B >= k * 2**s    for every level k, where reach_k is the first x that has it,
    miss_k * M + B < k * 2**s      where miss_k is the last x that does not have it.

For given M and s, B must lie between L(M), the largest lower bound, and U(M), the least upper
bound. L is convex and U concave in M, so the good M are an interval, and Newton's method from below
finds its least element: whenever L(M) > U(M), the two constraints that say so contain a bound on M
that every solution obeys (Kelley, "The cutting-plane method for solving convex programs", SIAM J.
8(4), 1960).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from hwcompile.ir.types import IntArray

SAFE = 1 << 62  # beyond every bound that int64 arithmetic is used for
HUGE = 1 << 200  # beyond every bound that Python integers are used for

AnyArray = npt.NDArray[np.int64] | npt.NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class Least:
    """The least multipliers at one shift.

    Attributes:
        factor: M, int64 [R].
        low: L(M), [R]; below -SAFE when nothing bounds B from below.
        high: U(M), [R].
        failed: Rows that have no M, bool [R]; their other entries say nothing.
        blame: Levels (counted from 0) whose constraints exclude each other where a row failed:
            (reach, miss, reach, miss), int64 [R, 4].
    """

    factor: IntArray
    low: AnyArray
    high: AnyArray
    failed: npt.NDArray[np.bool_]
    blame: IntArray


@dataclass(frozen=True, eq=False)
class Constraints:
    """The constraints of several rising staircases on the same interval.

    Attributes:
        reach: int64 [R, n]; above `span` where the level is never reached.
        miss: int64 [R, n]; below 0 where the level is always reached.
        span: The greatest x.
        late: 1 for every level that takes one more than `k * 2**s`, int64 [n]; None for no such.
    """

    reach: IntArray
    miss: IntArray
    span: int
    late: IntArray | None = None

    @cached_property
    def _never(self) -> npt.NDArray[np.bool_] | None:
        """Levels that no x reaches, bool [R, n]; None when there are none."""
        return _any(self.reach > self.span)

    @cached_property
    def _always(self) -> npt.NDArray[np.bool_] | None:
        """Levels that no x misses, bool [R, n]; None when there are none."""
        return _any(self.miss < 0)

    def bounds(self, factor: IntArray, shift: int) -> tuple[AnyArray, AnyArray, IntArray, IntArray]:
        """L and U of every row, and the levels (counted from 0) that cause them.

        Args:
            factor: M, int64 [R], not negative.
            shift: s.

        Returns:
            L [R], U [R], level behind L and level behind U, int64 [R].
        """
        count = self.reach.shape[1]
        small = int(factor.max(initial=0)) * (self.span + 2) + (count << shift) < SAFE
        kind, none = (np.int64, SAFE) if small else (object, HUGE)
        goal = np.arange(1, count + 1).astype(kind, copy=False) * (1 << shift)
        if self.late is not None:
            goal = goal + self.late
        m = factor.astype(kind, copy=False)[:, None]
        lower = goal - self.reach.astype(kind, copy=False) * m
        upper = goal - self.miss.astype(kind, copy=False) * m
        upper -= 1
        if self._never is not None:
            lower[self._never] = -none
        if self._always is not None:
            upper[self._always] = none
        j, k = np.argmax(lower, axis=1), np.argmin(upper, axis=1)
        rows = np.arange(j.size)
        return lower[rows, j], upper[rows, k], j, k

    def least(self, shift: int, start: IntArray | None = None) -> Least:
        """The least M of every row, from `start` [R] on where it is given; no level is late."""
        count = self.reach.shape[0]
        factor = np.zeros(count, dtype=np.int64) if start is None else start.copy()
        blame = np.zeros((count, 4), dtype=np.int64)
        failed = np.zeros(count, dtype=bool)
        while True:
            low, high, j, k = self.bounds(factor, shift)
            (bad,) = np.nonzero((low > high) & ~failed)
            if bad.size == 0:
                return Least(factor, low, high, failed, blame)
            j, k = j[bad], k[bad]
            blame[bad] = np.stack([*blame[bad, 2:].T, j, k], axis=1)
            # Both constraints together: (miss_k - reach_j) * M <= (k - j) * 2**s - 1. Smaller M are
            # already excluded, so a violated upper bound on M is the end of the row.
            distance = self.reach[bad, j] - self.miss[bad, k]
            failed[bad[distance <= 0]] = True
            bad, j, k, distance = (part[distance > 0] for part in (bad, j, k, distance))
            factor[bad] = -(-((j - k) * (1 << shift) + 1) // distance)

    def fits(self, factor: int, shift: int) -> tuple[AnyArray, AnyArray] | None:
        """L and U for one M in all rows, or None when it does not solve all of them."""
        low, high, _, _ = self.bounds(np.full(self.reach.shape[0], factor, dtype=np.int64), shift)
        return None if np.any(low > high) else (low, high)

    def row(self, index: int) -> Constraints:
        """One row alone."""
        part = slice(index, index + 1)
        return Constraints(self.reach[part], self.miss[part], self.span, self.late)


def _any(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_] | None:
    return mask if mask.any() else None
