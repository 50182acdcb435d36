"""The function of two streams on all pairs of their integers, and the lines that separate it.

`Plane` holds, for every integer of the *narrow* stream, the step function of the *wide* one: the
chain that meets a constant is an ordinary row function, so evaluation and bisection are those of
`hwcompile.frontends.numbers.closing`.

If the results rise with `wide` and equal results are bounded by parallel lines, the function is a
staircase of `z = p * narrow + q * wide`. For a level k and a narrow integer b let U(b) be the
smallest wide integer with a result of at least k, and D(b) = U(b) - 1 the largest with less. The
level is separated by z exactly when `q * U(b) + p * b > q * D(b') + p * b'` for all b and b':
`p/q * (b' - b) < U(b) - D(b')`, an interval for p/q. The intersection over all levels, rows and
pairs is found exactly, and the cheapest integers inside are taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from hwcompile.frontends.numbers.fractions import cheapest_coefficients
from hwcompile.frontends.numbers.runs import Runs
from hwcompile.ir.types import IntArray

_MOST_WORK = 1 << 30
# Stands for "no such integer": far outside any stream, small enough to subtract without overflow.
_FAR = 1 << 40


@dataclass(frozen=True, eq=False)
class Plane:
    """Results on all pairs.

    Attributes:
        runs: Step functions of the wide integer; rows are (row of the constants, narrow integer).
        narrow: The narrow stream's integers, ascending; int64 [n].
    """

    runs: Runs
    narrow: IntArray

    @property
    def rows(self) -> int:
        """Rows of the chain's constants."""
        return self.runs.rows // self.narrow.size

    def directions(self) -> list[int]:
        """Per row: +1 when all results rise with the wide integer, -1 when they fall, else 0."""
        count = self.narrow.size
        found = self.runs.directions().reshape(-1, count)
        constant = np.array([v.size == 1 for v in self.runs.values]).reshape(-1, count)
        rising, falling = (found == 1).all(1), ((found == -1) | constant).all(1)
        return [int(v) for v in np.where(rising, 1, np.where(falling, -1, 0))]


@dataclass(frozen=True, eq=False)
class PairLines:
    """`z = narrow_factor * narrow + wide_factor * wide` and the staircase of z per row."""

    narrow_factor: int
    wide_factor: int
    runs: Runs


def separated(plane: Plane, unit: int) -> PairLines | None:
    """The plane as a staircase of a weighted sum, or None when no such sum exists.

    Args:
        plane: The results.
        unit: Distance of neighbouring results (2 for bipolar).
    """
    directions = plane.directions()
    if not all(directions):
        return None
    levels = [_levels(plane, row, sign, unit) for row, sign in enumerate(directions)]
    factors = _factors(plane, levels)
    if factors is None:
        return None
    return _lines(plane, levels, factors, directions, unit)


def _factors(plane: Plane, levels: list[IntArray]) -> tuple[int, int] | None:
    """Cheapest (narrow_factor, wide_factor) that separate every level of every row.

    Intervals are costly, checking two factors is not: only rows that refute the factors found so
    far add their interval.
    """
    low: Fraction | None = None
    high: Fraction | None = None
    used: set[int] = set()
    while True:
        factors = cheapest_coefficients(low, high)
        if factors is None:
            return None
        refuted = [r for r, first in enumerate(levels) if not _separates(plane, first, factors)]
        if not refuted:
            return factors
        row = refuted[0]
        if row in used or levels[row].size * plane.narrow.size > _MOST_WORK:
            return None
        used.add(row)
        below, above = _ratio_interval(plane, levels[row])
        low = max((b for b in (low, below) if b is not None), default=None)
        high = min((b for b in (high, above) if b is not None), default=None)


def _separates(plane: Plane, first: IntArray, factors: tuple[int, int]) -> bool:
    """True when every pair below a level has a smaller z than every pair that reaches it."""
    if first.size == 0:
        return True
    p, q = factors
    upper, lower = _sides(plane, first)
    return bool(
        np.all((q * lower + p * plane.narrow).max(1) < (q * upper + p * plane.narrow).min(1))
    )


def _sides(plane: Plane, first: IntArray) -> tuple[IntArray, IntArray]:
    """U and D of each level and narrow integer; far above or below where there is no such pair."""
    upper = np.where(first == -_FAR, plane.runs.low, first)
    return upper, np.where(first == _FAR, plane.runs.high, first - 1)


def _levels(plane: Plane, row: int, direction: int, unit: int) -> IntArray:
    """U: the smallest wide integer that reaches each level, int64 [levels, narrow].

    `_FAR` where none does, `-_FAR` where all do (then nothing lies below). For falling functions
    the levels are those of the negated results.
    """
    chosen = slice(row * plane.narrow.size, (row + 1) * plane.narrow.size)
    starts, values = plane.runs.starts[chosen], plane.runs.values[chosen]
    signed = [direction * v for v in values]
    bottom, top = min(int(v[0]) for v in signed), max(int(v[-1]) for v in signed)
    targets = np.arange(bottom + unit, top + 1, unit, dtype=np.int64)
    first = np.empty((targets.size, plane.narrow.size), dtype=np.int64)
    for column, (start, value) in enumerate(zip(starts, signed, strict=True)):
        position = np.searchsorted(value, targets, side="left")
        edges = np.append(start, _FAR)
        edges[0] = -_FAR
        first[:, column] = edges[position]
    return first


def _ratio_interval(plane: Plane, first: IntArray) -> tuple[Fraction | None, Fraction | None]:
    """Open interval of narrow_factor / wide_factor that separates every level of a row."""
    low: Fraction | None = None
    high: Fraction | None = None
    if first.size == 0:
        return low, high
    upper, lower = _sides(plane, first)
    step = int(plane.narrow[1] - plane.narrow[0]) if plane.narrow.size > 1 else 1
    for distance in range(1, plane.narrow.size):
        forward = int((upper[:, :-distance] - lower[:, distance:]).min())
        if forward < _FAR // 2:
            bound = Fraction(forward, distance * step)
            high = bound if high is None else min(high, bound)
        backward = int((upper[:, distance:] - lower[:, :-distance]).min())
        if backward < _FAR // 2:
            bound = Fraction(-backward, distance * step)
            low = bound if low is None else max(low, bound)
    return low, high


def _lines(
    plane: Plane, levels: list[IntArray], factors: tuple[int, int], directions: list[int], unit: int
) -> PairLines:
    """Thresholds on z: the smallest z of the pairs that reach each level."""
    p, q = factors
    ends = np.array([plane.runs.low, plane.runs.high])
    corners = p * plane.narrow[:, None] + q * ends
    low, high = int(corners.min()), int(corners.max())
    starts: list[IntArray] = []
    values: list[IntArray] = []
    for row, first in enumerate(levels):
        direction = directions[row]
        wide = np.where(first == -_FAR, plane.runs.low, first)
        z = q * wide + p * plane.narrow
        smallest = np.where(first == _FAR, _FAR * q, z).min(axis=1)
        chosen = slice(row * plane.narrow.size, (row + 1) * plane.narrow.size)
        bottom = min(int(direction * v[0]) for v in plane.runs.values[chosen])
        results = direction * (bottom + unit * np.arange(smallest.size + 1))
        edges = np.concatenate(([low], smallest))
        last = np.append(np.diff(edges) > 0, True)
        starts.append(edges[last])
        values.append(results[last])
    return PairLines(p, q, Runs(low, high, tuple(starts), tuple(values)))
