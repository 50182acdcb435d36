"""Sums of float32 numbers one after the other: the smallest and largest result of each exact sum.

A kernel that adds dequantized numbers in float32 rounds after every addition, so that equal sums
of integers may give different numbers. As float32 addition never falls when an operand rises, the
extremes over all operands with a given sum are found tap by tap, exactly.
"""

from __future__ import annotations

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile_runtime.rows import FloatArray

DIGITS = 24
"""Significant binary digits of a float32 (IEEE 754)."""

MOST_WORK = 1 << 34
"""Additions that finding the extremes may take (a few seconds)."""


def work(levels: int, taps: int) -> int:
    """About how many additions `extreme_sums` makes."""
    return levels * levels * taps * taps


def extreme_sums(numbers: FloatArray, taps: int) -> tuple[FloatArray, FloatArray]:
    """Extremes of the float32 sums of `taps` numbers, by the sum of their positions.

    Args:
        numbers: float32 [n]; the number of each integer, one after the other.
        taps: How many numbers are added, at least one; the first is taken as it is.

    Returns:
        Smallest and largest result where the positions add up to 0, 1, ..., taps * (n - 1);
        float32 each.
    """
    smallest = largest = numbers
    for _ in range(taps - 1):
        size = smallest.size + numbers.size - 1
        low = np.full(size, np.inf, dtype=np.float32)
        high = np.full(size, -np.inf, dtype=np.float32)
        for position, number in enumerate(numbers):
            span = slice(position, position + smallest.size)
            np.minimum(low[span], smallest + number, out=low[span])
            np.maximum(high[span], largest + number, out=high[span])
        smallest, largest = low, high
    return smallest, largest


def whole_steps(numbers: FloatArray) -> tuple[IntArray, int]:
    """Numbers as integers that count one power of two, the largest that divides them all.

    Args:
        numbers: float32 [n], finite.

    Returns:
        int64 [n], and the exponent e: each number is its integer times 2**e.
    """
    fractions, exponents = np.frexp(numbers.astype(np.float64))
    digits = np.ldexp(fractions, DIGITS).astype(np.int64)
    used = digits != 0
    if not used.any():
        return digits, 0
    trailing = np.log2((digits & -digits)[used]).astype(np.int64)
    least = int((exponents[used] - DIGITS + trailing).min())
    scaled = np.ldexp(numbers.astype(np.float64), -least)
    return scaled.astype(np.int64), least
