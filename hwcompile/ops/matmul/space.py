"""Foldings of a matrix worth considering."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=1024)
def foldings(rows: int, columns: int, max_lanes: int) -> tuple[tuple[int, int], ...]:
    """The (pe, simd) that no other pair beats in cycles and lanes at once, slowest first.

    Every number of folds is reached by the smallest pe that has it, so at most about
    4 sqrt(rows * columns) pairs are looked at. Pairs with equal cycles and equal lanes all stay:
    they differ in the widths of their streams.
    """
    candidates = sorted(
        (-(-rows // pe) * -(-columns // simd), pe * simd, pe, simd)
        for pe in smallest_parts(rows)
        for simd in smallest_parts(columns)
        if pe * simd <= max_lanes
    )
    kept: list[tuple[int, int]] = []
    fewest, cycles_of_fewest = max_lanes + 1, 0
    for cycles, lanes, pe, simd in candidates:
        if lanes < fewest:
            fewest, cycles_of_fewest = lanes, cycles
        if (lanes, cycles) == (fewest, cycles_of_fewest):
            kept.append((pe, simd))
    return tuple(reversed(kept))


def smallest_parts(size: int) -> list[int]:
    """For every distinct ceil(size / n) the smallest n, ascending from 1 to `size`."""
    return sorted({-(-size // parts) for parts in range(1, size + 1)})
