"""Bounds on magnitudes, as Python integers: nothing overflows."""

from __future__ import annotations

import numpy as np

from hwcompile.ir.types import IntArray, IntType


def largest_magnitude(kind: IntType) -> int:
    """The largest absolute value of a type."""
    return max(abs(kind.low), abs(kind.high))


def row_sums(weights: IntArray) -> IntArray:
    """Sums of absolute values over the last axis, as Python integers."""
    sums: IntArray = np.abs(weights).sum(axis=-1).astype(object)
    return sums
