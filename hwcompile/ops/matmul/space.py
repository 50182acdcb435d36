"""Foldings of a matrix worth considering."""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import groupby

MAX_FOLDINGS = 512

_Point = tuple[int, list[tuple[int, int]]]  # cycles, and the (pe, simd) that need so many


@lru_cache(maxsize=1024)
def foldings(rows: int, columns: int, max_lanes: int) -> tuple[tuple[int, int], ...]:
    """The (pe, simd) that no other pair beats in cycles and lanes at once, slowest first.

    Every number of folds is reached by the smallest pe that has it, so at most about
    4 sqrt(rows * columns) pairs are looked at. Pairs with equal cycles and equal lanes all stay:
    they differ in the widths of their streams. Of more than `MAX_FOLDINGS` pairs, those stay that
    waste the fewest lanes among pairs of nearly equal cycles.
    """
    points = _frontier(rows, columns, max_lanes)
    ratio = 0.01
    thinned = points
    while sum(len(pairs) for _, pairs in thinned) > MAX_FOLDINGS:
        thinned = _thin(points, math.log1p(ratio))
        ratio *= 2
    return tuple(pair for _, pairs in reversed(thinned) for pair in reversed(pairs))


def smallest_parts(size: int) -> list[int]:
    """For every distinct ceil(size / n) the smallest n, ascending from 1 to `size`."""
    return sorted({-(-size // parts) for parts in range(1, size + 1)})


def _frontier(rows: int, columns: int, max_lanes: int) -> list[_Point]:
    """Points that need fewer lanes than every faster one, fastest first."""
    candidates = sorted(
        (-(-rows // pe) * -(-columns // simd), pe * simd, pe, simd)
        for pe in smallest_parts(rows)
        for simd in smallest_parts(columns)
        if pe * simd <= max_lanes
    )
    points: list[_Point] = []
    fewest = max_lanes + 1
    for (cycles, lanes), group in groupby(candidates, key=lambda c: c[:2]):
        if lanes < fewest:
            fewest = lanes
            points.append((cycles, [(pe, simd) for _, _, pe, simd in group]))
    return points


def _thin(points: list[_Point], width: float) -> list[_Point]:
    """The point with the least lanes x cycles among those of equal floor(log(cycles) / width).

    The fastest point and the slowest one always stay.
    """
    best: dict[int, _Point] = {}
    for point in points[1:-1]:
        bucket = int(math.log(point[0]) / width)
        if bucket not in best or _work(point) < _work(best[bucket]):
            best[bucket] = point
    return [points[0], *best.values(), points[-1]]


def _work(point: _Point) -> int:
    cycles, pairs = point
    return cycles * pairs[0][0] * pairs[0][1]
