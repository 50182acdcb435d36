"""Exact multiply-add-shift: integers M, B, s that reproduce a staircase on a whole interval.

Wanted are, for every row, M and B with `clamp((x*M + B) >> s, 0, n) == #{k : x >= T_k}` for all
low <= x <= high (see `constraints.py`). A falling staircase is a rising one of -x. Doubling M and B
turns a solution for s into one for s + 1, so the least s is found by bisection, and one s serves
all rows.

Chains that a runtime evaluates in float32 sometimes round a threshold to the wrong side of the line
that all others agree on, and then no M and B exist. Such a threshold is off by one value of x. A
*patch* repairs it: at that x, the level is one more or one less than the line says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from hwcompile.ir.types import IntArray
from hwcompile.ops.threshold.constraints import SAFE, AnyArray, Constraints

MAX_SHIFT = 46
MOST_PATCHES = 3  # per row; each is a comparator and an adder in every lane


@dataclass(frozen=True, eq=False)
class LevelMultiplier:
    """`level = clamp((x * factor[r] + bias[r]) >> shift, 0, n) + change`.

    The change is `patch_change[r, p]` where x is `patch_at[r, p]`, and 0 elsewhere. With a pivot,
    `below[r]` takes the place of the bias where x <= pivot[r]. With late levels, a sum that ends in
    s zeros does not reach a level of that parity, but the one before it (see `ties.py`).

    Attributes:
        factor: M, int64 [R]; negative where the staircase falls.
        bias: B, Python integers in an object array [R], because they may be long.
        shift: s.
        patch_at: int64 [R, P]; all different in a row where the change is not 0.
        patch_change: int64 [R, P]: -1, 1, or 0 where a row needs fewer patches.
        pivot: int64 [R], or None where one bias serves all x.
        below: As `bias`.
        late: Parity of late levels, 0 or 1; None where no level is late.
    """

    factor: IntArray
    bias: npt.NDArray[np.object_]
    shift: int
    patch_at: IntArray
    patch_change: IntArray
    pivot: IntArray | None = None
    below: npt.NDArray[np.object_] | None = None
    late: int | None = None

    @property
    def biases(self) -> tuple[npt.NDArray[np.object_], ...]:
        """One, or two with a pivot."""
        return (self.bias,) if self.below is None else (self.bias, self.below)

    def at(self, rows: IntArray) -> LevelMultiplier:
        """Some of the rows, or rows again and again."""
        return replace(
            self,
            factor=self.factor[rows],
            bias=self.bias[rows],
            patch_at=self.patch_at[rows],
            patch_change=self.patch_change[rows],
            pivot=None if self.pivot is None else self.pivot[rows],
            below=None if self.below is None else self.below[rows],
        )

    def levels(self, x: IntArray, count: int) -> IntArray:
        """What the hardware computes.

        Args:
            x: int64 [R, m].
            count: n.

        Returns:
            int64 [R, m].
        """
        longest = int(np.abs(x).max()) * int(np.abs(self.factor).max())
        small = longest + max(abs(int(b)) for part in self.biases for b in part) < SAFE
        kind = np.int64 if small else object
        bias = self.bias.astype(kind)[:, None]
        if self.pivot is not None and self.below is not None:
            bias = np.where(x <= self.pivot[:, None], self.below.astype(kind)[:, None], bias)
        line = x.astype(kind) * self.factor.astype(kind)[:, None] + bias
        reached = line >> self.shift
        if self.late is not None:
            tie = (line & ((1 << self.shift) - 1)) == 0
            reached = reached - (tie & ((reached & 1) == self.late))
        result: IntArray = np.clip(reached, 0, count).astype(np.int64)
        for at, change in zip(self.patch_at.T, self.patch_change.T, strict=True):
            result += np.where(x == at[:, None], change[:, None], 0)
        return result


def solve(
    thresholds: IntArray,
    slope: IntArray,
    low: int,
    high: int,
    max_shift: int = MAX_SHIFT,
    most_patches: int = MOST_PATCHES,
) -> LevelMultiplier | None:
    """The fewest patches, the smallest shift, the smallest |M| that give the staircases exactly.

    Row r is wanted to be `#{k : x >= T_k}` when its slope is +1, and n minus that when it is -1.

    Args:
        thresholds: int64 [R, n], rows ascending, within [low, high + 1].
        slope: +1 or -1, int64 [R].
        low: Least x.
        high: Greatest x.
        max_shift: Greatest s to consider.
        most_patches: Per row.

    Returns:
        The integers, or None when there are none up to `max_shift`.
    """
    steps, back = distinct(thresholds, slope, low, high)
    max_shift = longest_shift(steps, max_shift)
    rows = _patched(Constraints(steps, steps - 1, high - low), max_shift, most_patches)
    if rows is None:
        return None
    shift = least_shift(lambda s: bool(rows.least(s).failed.any()), max_shift)
    best = rows.least(shift)
    plain = placed_line(best.factor[back], best.low[back], best.high[back], shift, slope, low, high)
    relaxed = [_relaxed(rows.row(i), steps[i]) for i in range(steps.shape[0])]
    if not any(relaxed):
        return plain
    places = [
        [low + u if up > 0 else high - u for u in relaxed[i]]
        for i, up in zip(back, slope, strict=True)
    ]
    return _with_patches(plain, places, thresholds, slope)


def solve_shift(
    thresholds: IntArray, slope: IntArray, low: int, high: int, max_shift: int = MAX_SHIFT
) -> tuple[LevelMultiplier, int] | None:
    """Like `solve`, without patches, and with one power of two for |M|: a factor or a shift.

    Returns:
        The integers, with |M| == 2**left everywhere, and `left`; None when there are none.
    """
    steps, back = distinct(thresholds, slope, low, high)
    rows = Constraints(steps, steps - 1, high - low)
    left_shifts = range(1, thresholds.shape[1].bit_length() + 1)
    for left, shift in [(0, s) for s in range(max_shift + 1)] + [(left, 0) for left in left_shifts]:
        bounds = rows.fits(1 << left, shift)
        if bounds is not None:
            factor = np.full(steps.shape[0], 1 << left, dtype=np.int64)
            parts = (factor[back], bounds[0][back], bounds[1][back])
            return placed_line(*parts, shift, slope, low, high), left
    return None


def solve_late(
    thresholds: IntArray, low: int, high: int, max_shift: int = MAX_SHIFT
) -> tuple[LevelMultiplier, IntArray] | None:
    """A line whose steps come at the thresholds, or one value of x before them.

    Args:
        thresholds: int64 [R, n], rows ascending, within [low, high + 1]; all rows rise.
        low: Least x.
        high: Greatest x.
        max_shift: Greatest s to consider.

    Returns:
        The integers with the smallest shift, without patches, and 1 for each step that comes one
        value of x too early, int64 [R, n]; None when there are none.
    """
    steps, back = distinct(thresholds, np.ones(thresholds.shape[0], dtype=np.int64), low, high)
    slope, unlike = np.ones(steps.shape[0], dtype=np.int64), steps + low
    rows = Constraints(steps, steps - 2, high - low)
    longest = longest_shift(steps, max_shift)
    if rows.least(longest).failed.any():
        return None
    shift = least_shift(lambda s: bool(rows.least(s).failed.any()), longest)
    best = rows.least(shift)
    line = placed_line(best.factor, best.low, best.high, shift, slope, low, high)
    early = np.clip(unlike - 1, low, high)
    reached = line.levels(early, unlike.shape[1]) > np.arange(unlike.shape[1])
    late = (reached & (unlike > low)).astype(np.int64)
    return (line.at(back), late[back]) if late_holds(line, late, unlike, low, high) else None


def late_holds(
    line: LevelMultiplier, late: IntArray, thresholds: IntArray, low: int, high: int
) -> bool:
    """Compare the corrected line with the staircases around every step, exactly.

    Both change nowhere else: a step of the line is at its threshold or one value before it.
    """
    rows, count = thresholds.shape
    near = [np.clip(thresholds + offset, low, high) for offset in (-2, -1, 0, 1)]
    x = np.concatenate([*near, np.broadcast_to(np.array([low, high]), (rows, 2))], axis=1)
    level = line.levels(x, count)
    unclamped = x.astype(object) * line.factor.astype(object)[:, None] + line.bias[:, None]
    rest = unclamped - (level.astype(object) << line.shift)
    first = (rest >= 0) & (rest < line.factor[:, None]) & (unclamped >> line.shift == level)
    moved = np.take_along_axis(late, np.maximum(level - 1, 0), axis=1) * (level > 0)
    got = level - np.where(first, moved, 0)
    return bool(np.all(got == _wanted(thresholds, np.ones(rows, dtype=np.int64), x)))


def longest_shift(steps: IntArray, most: int) -> int:
    """The greatest shift up to `most` that keeps levels of [R, n] steps within int64."""
    return min(most, 60 - int(steps.shape[1]).bit_length())


def least_shift(failed: Callable[[int], bool], most: int) -> int:
    """The least shift that does not fail, where `most` does not and greater ones are better."""
    least = 0
    while least < most:
        middle = (least + most) // 2
        if failed(middle):
            least = middle + 1
        else:
            most = middle
    return most


def holds(
    found: LevelMultiplier, thresholds: IntArray, slope: IntArray, low: int, high: int
) -> bool:
    """Compare levels around every step, every patch and every pivot, exactly.

    Between two neighbouring points of the comparison the line is monotone and without a patch, so
    it is right everywhere when it is right there.
    """
    first = _unlike(found, thresholds, slope)
    found, thresholds, slope = found.at(first), thresholds[first], slope[first]
    rows = thresholds.shape[0]
    near = [np.clip(thresholds + offset, low, high) for offset in (-1, 0)]
    patches = [np.clip(found.patch_at + offset, low, high) for offset in (-1, 0, 1)]
    ends = np.broadcast_to(np.array([low, high]), (rows, 2))
    pivots = [] if found.pivot is None else [found.pivot[:, None], found.pivot[:, None] + 1]
    turns = [np.clip(pivot, low, high) for pivot in pivots]
    points = np.concatenate([*near, *patches, *turns, ends], axis=1)
    levels = found.levels(points, thresholds.shape[1])
    return bool(np.all(levels == _wanted(thresholds, slope, points)))


def _unlike(found: LevelMultiplier, thresholds: IntArray, slope: IntArray) -> IntArray:
    """A row for each set of rows that are alike in staircase and line: they are right together."""
    parts = [thresholds, slope[:, None], found.factor[:, None], found.patch_at, found.patch_change]
    parts += [] if found.pivot is None else [found.pivot[:, None]]
    whole = np.concatenate(parts, axis=1)
    biases = zip(*found.biases, strict=True)
    keys = [(row.tobytes(), *bias) for row, bias in zip(whole, biases, strict=True)]
    return np.array(list({key: n for n, key in enumerate(keys)}.values()), dtype=np.int64)


def _wanted(thresholds: IntArray, slope: IntArray, x: IntArray) -> IntArray:
    """The staircases at `x`, int64 [R, m]."""
    passed = np.stack(
        [np.searchsorted(t, v, side="right") for t, v in zip(thresholds, x, strict=True)]
    )
    return np.where(slope[:, None] > 0, passed, thresholds.shape[1] - passed)


def distinct(
    thresholds: IntArray, slope: IntArray, low: int, high: int
) -> tuple[IntArray, IntArray]:
    """Different rising staircases [.., n], counted from 0, and for every row which one it is.

    A falling row is a rising one of high - x. They come in the order in which they are first met:
    sorting rows would take most of the time where every element of a map has one of its own.
    """
    up = thresholds - low
    down = (high + 1 - thresholds)[:, ::-1]
    rows = np.ascontiguousarray(np.where(slope[:, None] > 0, up, down))
    numbers: dict[bytes, int] = {}
    back = [numbers.setdefault(row.tobytes(), len(numbers)) for row in rows]
    _, first = np.unique(back, return_index=True)
    return rows[first], np.asarray(back, dtype=np.int64)


def _patched(rows: Constraints, shift: int, most: int) -> Constraints | None:
    """Relax constraints of rows that have no solution; None when more than `most` are needed."""
    reach, miss = rows.reach.copy(), rows.miss.copy()
    for index in np.nonzero(rows.least(shift).failed)[0].tolist():
        for budget in range(1, most + 1):
            repaired = _repaired(rows.row(index), shift, budget)
            if repaired is not None:
                reach[index], miss[index] = repaired.reach[0], repaired.miss[0]
                break
        else:
            return None
    return Constraints(reach, miss, rows.span)


def _repaired(row: Constraints, shift: int, budget: int) -> Constraints | None:
    """Relax at most `budget` constraints of one row so that it has a solution.

    Constraints that exclude each other are at most four, and one of them must go: so a search tree
    of degree four finds a repair if there is one.
    """
    least = row.least(shift)
    if not least.failed[0]:
        return row
    if budget == 0:
        return None
    for place, level in enumerate(least.blame[0]):
        reach, miss = row.reach.copy(), row.miss.copy()
        if place % 2 == 0:
            reach[0, level] += 1
        else:
            miss[0, level] -= 1
        found = _repaired(Constraints(reach, miss, row.span), shift, budget - 1)
        if found is not None:
            return found
    return None


def _relaxed(row: Constraints, steps: IntArray) -> list[int]:
    """Places where the line may be wrong, counted from 0."""
    late = [np.arange(a, b) for a, b in zip(steps, row.reach[0], strict=True)]
    early = [np.arange(b + 1, a) for a, b in zip(steps, row.miss[0], strict=True)]
    places: list[int] = np.unique(np.concatenate([*late, *early])).tolist()
    return places


def _with_patches(
    plain: LevelMultiplier, places: list[list[int]], thresholds: IntArray, slope: IntArray
) -> LevelMultiplier | None:
    """Add patches at `places` [R][...]; None if one of them would have to change by 2 or more."""
    width = max(len(part) for part in places)
    at = np.array([(part + part[:1] * width)[:width] or [0] * width for part in places])
    change = _wanted(thresholds, slope, at) - plain.levels(at, thresholds.shape[1])
    used = np.arange(width) < np.array([len(part) for part in places])[:, None]
    change = np.where(used, change, 0)
    if np.abs(change).max() > 1:
        return None
    return LevelMultiplier(plain.factor, plain.bias, plain.shift, at, change)


def placed_line(
    factor: IntArray,
    least: AnyArray,
    greatest: AnyArray,
    shift: int,
    slope: IntArray,
    low: int,
    high: int,
) -> LevelMultiplier:
    """M and B for x itself, from M, L and U for x counted from an end of the interval."""
    factor = factor * slope
    # x - low rises from 0; high - x does so for a falling row.
    origin = np.where(slope > 0, low, high).astype(object) * factor.astype(object)
    bias = np.empty(factor.size, dtype=object)
    bias[:] = [
        _roundest(*_narrowed(int(a), int(b), shift), offset=-o)
        for a, b, o in zip(least, greatest, origin, strict=True)
    ]
    none = np.zeros((factor.size, 0), dtype=np.int64)
    return LevelMultiplier(factor, bias, shift, none, none)


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
