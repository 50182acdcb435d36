"""Exact multiply-add-shift: integers M, B, s that reproduce a staircase on a whole interval.

Wanted are, for every row, M and B with `clamp((x*M + B) >> s, 0, n) == #{k : x >= T_k}` for all
low <= x <= high. Level k (1..n) begins at T_k exactly when

    T_k * M + B >= k * 2**s        if T_k <= high   (the level is reached there),
    (T_k - 1) * M + B < k * 2**s   if T_k > low     (and not before).

For given M and s, B must lie between L(M), the largest lower bound, and U(M), the least upper
bound. L is convex and U concave in M, so the good M are an interval, and Newton's method from below
finds its least element: whenever L(M) > U(M), the two constraints that say so contain a bound on M
that every solution obeys (Kelley, "The cutting-plane method for solving convex programs", SIAM J.
8(4), 1960). A falling staircase is a rising one of -x. Doubling M and B turns a solution for s into
one for s + 1, so the least s is found by bisection, and one s serves all rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hwcompile.ir.types import IntArray

MAX_SHIFT = 40
SAFE = 1 << 62  # beyond every bound that int64 arithmetic is used for
HUGE = 1 << 200  # beyond every bound that Python integers are used for

AnyArray = npt.NDArray[np.int64] | npt.NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class Multiplier:
    """`level = clamp((x * factor[r] + bias[r]) >> shift, 0, n)`.

    Attributes:
        factor: M, int64 [R]; negative where the staircase falls.
        bias: B, Python integers in an object array [R], because they may be long.
        shift: s.
    """

    factor: IntArray
    bias: npt.NDArray[np.object_]
    shift: int


@dataclass(frozen=True, eq=False)
class _Rows:
    """The constraints of rising rows, with x counted from the interval's lower end.

    Attributes:
        steps: T_k - low, int64 [R, n], within [0, span + 1], rows ascending.
        span: high - low.
    """

    steps: IntArray
    span: int

    def bounds(self, factor: IntArray, shift: int) -> tuple[AnyArray, AnyArray, IntArray, IntArray]:
        """L and U of every row, and the levels (counted from 0) that cause them.

        Args:
            factor: M, int64 [R], not negative.
            shift: s.

        Returns:
            L [R], U [R], index of the constraint behind L and of that behind U, int64 [R].
        """
        count = self.steps.shape[1]
        small = int(factor.max()) * (self.span + 1) + (count << shift) < SAFE
        kind, none = (np.int64, SAFE) if small else (object, HUGE)
        goal = np.arange(1, count + 1).astype(kind) * (1 << shift)
        slack = goal - self.steps.astype(kind) * factor.astype(kind)[:, None]
        lower = np.where(self.steps <= self.span, slack, -none)
        upper = np.where(self.steps > 0, slack + (factor.astype(kind)[:, None] - 1), none)
        j, k = np.argmax(lower, axis=1), np.argmin(upper, axis=1)
        rows = np.arange(j.size)
        return lower[rows, j], upper[rows, k], j, k

    def least(self, shift: int) -> tuple[IntArray, AnyArray, AnyArray] | None:
        """The least M of every row with its L and U, or None when a row has no M."""
        factor = np.zeros(self.steps.shape[0], dtype=np.int64)
        while True:
            low, high, j, k = self.bounds(factor, shift)
            (bad,) = np.nonzero(low > high)
            if bad.size == 0:
                return factor, low, high
            j, k = j[bad], k[bad]
            # Both constraints together: (T_k - 1 - T_j) * M <= (k - j) * 2**s - 1. Smaller M are
            # already excluded, so a violated upper bound on M ends the search.
            distance = self.steps[bad, j] - self.steps[bad, k] + 1
            if np.any(distance <= 0):
                return None
            factor[bad] = -(-((j - k) * (1 << shift) + 1) // distance)

    def fits(self, factor: int, shift: int) -> tuple[AnyArray, AnyArray] | None:
        """L and U for one M in all rows, or None when it does not solve all of them."""
        low, high, _, _ = self.bounds(np.full(self.steps.shape[0], factor, dtype=np.int64), shift)
        return None if np.any(low > high) else (low, high)


def solve(
    thresholds: IntArray, slope: IntArray, low: int, high: int, max_shift: int = MAX_SHIFT
) -> Multiplier | None:
    """The smallest shift, then the smallest |M| of every row, that give the staircases exactly.

    Row r is wanted to be `#{k : x >= T_k}` when its slope is +1, and n minus that when it is -1.

    Args:
        thresholds: int64 [R, n], rows ascending, within [low, high + 1].
        slope: +1 or -1, int64 [R].
        low: Least x.
        high: Greatest x.
        max_shift: Greatest s to consider.

    Returns:
        The integers, or None when there are none up to `max_shift`.
    """
    steps, back = np.unique(_rising(thresholds, slope, low, high), axis=0, return_inverse=True)
    rows = _Rows(steps, high - low)
    best, shift = rows.least(max_shift), max_shift
    if best is None:
        return None
    smallest = 0
    while smallest < shift:
        middle = (smallest + shift) // 2
        found = rows.least(middle)
        if found is None:
            smallest = middle + 1
        else:
            best, shift = found, middle
    return _placed([part[back.reshape(-1)] for part in best], shift, slope, low, high)


def solve_shift(
    thresholds: IntArray, slope: IntArray, low: int, high: int, max_shift: int = MAX_SHIFT
) -> tuple[Multiplier, int] | None:
    """Like `solve`, but with one power of two for |M|, and either no factor or no shift.

    Returns:
        The integers, with |M| == 2**left everywhere, and `left`; None when there are none.
    """
    steps, back = np.unique(_rising(thresholds, slope, low, high), axis=0, return_inverse=True)
    rows = _Rows(steps, high - low)
    left_shifts = range(1, thresholds.shape[1].bit_length() + 1)
    for left, shift in [(0, s) for s in range(max_shift + 1)] + [(left, 0) for left in left_shifts]:
        found = rows.fits(1 << left, shift)
        if found is not None:
            factor = np.full(steps.shape[0], 1 << left, dtype=np.int64)
            parts = [part[back.reshape(-1)] for part in (factor, *found)]
            return _placed(parts, shift, slope, low, high), left
    return None


def holds(found: Multiplier, thresholds: IntArray, slope: IntArray, low: int, high: int) -> bool:
    """Check every inequality of every row in Python integers.

    Monotone in x, the expression is right everywhere when it is right on both sides of every step.
    """
    count = thresholds.shape[1]
    factor, bias = found.factor.astype(object)[:, None], found.bias[:, None]
    wanted = np.arange(1, count + 1).astype(object)
    at = np.clip(thresholds, low, high).astype(object)
    below = np.clip(thresholds - 1, low, high).astype(object)
    reached, missed = thresholds <= high, thresholds > low
    level_at = (at * factor + bias) >> found.shift
    level_below = (below * factor + bias) >> found.shift
    rising = slope[:, None] > 0
    # A falling row is at n - k or lower from T_k on, and above it before.
    good_at = np.where(rising, level_at >= wanted, level_at <= count - wanted)
    good_below = np.where(rising, level_below < wanted, level_below > count - wanted)
    return bool(np.all(good_at | ~reached) and np.all(good_below | ~missed))


def _rising(thresholds: IntArray, slope: IntArray, low: int, high: int) -> IntArray:
    """Steps of rising staircases, counted from 0: those of -x where the slope is -1."""
    up = thresholds - low
    down = (high + 1 - thresholds)[:, ::-1]
    return np.where(slope[:, None] > 0, up, down)


def _placed(parts: list[AnyArray], shift: int, slope: IntArray, low: int, high: int) -> Multiplier:
    """M and B for x itself, from M, L and U for x counted from an end of the interval."""
    factor, least, greatest = parts
    factor = np.asarray(factor * slope, dtype=np.int64)
    # x - low rises from 0; high - x does so for a falling row.
    origin = np.where(slope > 0, low, high).astype(object) * factor.astype(object)
    bias = [
        _roundest(*_narrowed(int(a), int(b), shift), offset=-o)
        for a, b, o in zip(least, greatest, origin, strict=True)
    ]
    return Multiplier(factor, np.array(bias, dtype=object), shift)


def _narrowed(low: int, high: int, shift: int) -> tuple[int, int]:
    """Cut [low, high] to one step: a row with no step inside the interval has only one bound."""
    step = 1 << shift
    if high - low <= step:
        return low, high
    return (high - step, high) if abs(high) < abs(low) else (low, low + step)


def _roundest(low: int, high: int, offset: int) -> int:
    """The number in [low + offset, high + offset] with the most zeros at its end.

    It makes the smallest adder.
    """
    low, high = low + offset, high + offset
    if low <= 0 <= high:
        return 0
    # The highest bit in which low - 1 and high differ is the lowest one that must be kept.
    kept = ((low - 1) ^ high).bit_length() - 1
    return (high >> kept) << kept
