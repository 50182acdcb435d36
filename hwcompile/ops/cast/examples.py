"""Small casts with every rounding, every overflow and every kind of row."""

from __future__ import annotations

from itertools import product

import numpy as np

from hwcompile.ir.types import IntType, TensorType
from hwcompile.ops.cast.op import OVERFLOWS, ROUNDINGS, Cast
from hwcompile.ops.contract.site import Site


def examples() -> tuple[Site, ...]:
    """Every rounding and every overflow, with rows 1, C and H*W*C in turn."""
    sites = every_pair()[::4]
    wide = Cast(3, 0, _row(5), _row(0), _row(-128), _row(127), "floor", "wrap")
    inside = Cast(0, 2, _row(0), _row(2), _row(-8), _row(7), "half_up", "saturate")
    return (
        *sites,
        Site.of(wide, TensorType((1, 3, 2), IntType(-20, 19))),
        Site.of(inside, TensorType((1, 2, 3), IntType(-20, 19))),
    )


def every_pair() -> tuple[Site, ...]:
    """All pairs of rounding and overflow."""
    pairs = product(ROUNDINGS, OVERFLOWS)
    return tuple(_site(i, rounding, overflow) for i, (rounding, overflow) in enumerate(pairs))


def _row(value: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array([value], dtype=np.int64)


def _site(number: int, rounding: str, overflow: str) -> Site:
    shape = ((2, 3, 4), (1, 2, 5), (3, 1, 2))[number // 3 % 3]
    rows = (1, shape[2], shape[0] * shape[1] * shape[2])[number % 3]
    rng = np.random.default_rng(number)
    left, right = ((0, 2), (1, 3), (2, 0))[number // 2 % 3]
    grain = right + rng.integers(0, 3, rows)
    half = (np.int64(1) << rng.integers(0, 5, rows)) << (grain - right)
    signed = rng.integers(0, 2, rows)
    low, unit = -half * signed, np.int64(1) << (grain - right)
    offset = rng.integers(-9, 10, rows) if number % 4 else np.zeros(rows, dtype=np.int64)
    top = half - unit if overflow == "wrap" else np.maximum(half - unit, 0)
    high = np.where(signed == 1, top, 2 * half - unit)
    op = Cast(left, right, offset, grain, low, high, rounding, overflow)
    element = IntType(-60, 67) if number % 5 else IntType(0, 99)
    return Site.of(op, TensorType(shape, element))
