"""Fixed-point arithmetic on integers of 32 bits, as gemmlowp defines it and TFLite uses it.

A number with n integer digits is kept in 32 bits, 31 - n of them behind the point.
"""

from __future__ import annotations

import numpy as np

from hwcompile_runtime.integers import IntArray

_MOST = (1 << 31) - 1
POWERS = (1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242)
"""`exp` of minus 1/4, 1/2, 1, ..., 16, without any integer digit."""

DIFFERENCE_DIGITS = 5
"""Integer digits of a distance from the largest element."""
SUM_DIGITS = 12
"""Integer digits of a sum of exponentials."""


def high_half(a: IntArray, b: IntArray | int) -> IntArray:
    """`round(a * b / 2^31)`, halves away from zero: SaturatingRoundingDoublingHighMul.

    |a| and |b| are below 2^31, so that only (-2^31)^2 would saturate.
    """
    product = a * b
    nudged = product + np.where(product >= 0, 1 << 30, 1 - (1 << 30))
    # C++ divides towards zero.
    found: IntArray = np.where(nudged >= 0, nudged >> 31, -((-nudged) >> 31))
    return found


def divided_by_power(x: IntArray, exponent: IntArray | int) -> IntArray:
    """`round(x / 2^exponent)`, halves away from zero: RoundingDivideByPOT."""
    mask = (np.int64(1) << exponent) - 1
    remainder = x & mask
    threshold = (mask >> 1) + (x < 0)
    found: IntArray = (x >> exponent) + (remainder > threshold)
    return found


def saturated(x: IntArray) -> IntArray:
    """Within 32 bits."""
    return np.clip(x, -_MOST - 1, _MOST)


def exponential(a: IntArray) -> IntArray:
    """`exp(a)` for a <= 0 with 5 integer digits; without any integer digit.

    What is left of a multiple of 1/4 goes through a polynomial around -1/8, every digit above
    through a constant factor.
    """
    quarter = 1 << 24
    rest = (a & (quarter - 1)) - quarter
    result = _near_eighth(rest << DIFFERENCE_DIGITS)
    digits = rest - a
    for place, factor in enumerate(POWERS, 24):
        result = np.where(digits & (1 << place), high_half(result, factor), result)
    return np.where(a == 0, _MOST, result)


def _near_eighth(a: IntArray) -> IntArray:
    constant, third = 1895147668, 715827883
    x = a + (1 << 28)
    x2 = high_half(x, x)
    x3, x4 = high_half(x2, x), high_half(x2, x2)
    inner = high_half(divided_by_power(x4, 2) + x3, third) + x2
    return constant + high_half(x + divided_by_power(inner, 1), constant)


def reciprocal(x: IntArray) -> tuple[IntArray, IntArray]:
    """`1 / x` for a sum with 12 integer digits, and how many binary digits it is above one.

    Three steps of Newton's method on `1 / (1 + x)` for x from 0 to 1.
    """
    headroom = 32 - np.frexp(x.astype(np.float64))[1].astype(np.int64)
    half = _half_sum((x << headroom) - (1 << 31), _MOST)
    found = 1515870810 + high_half(half, -1010580540)
    for _ in range(3):
        missing = (1 << 29) - high_half(half, found)
        found = found + saturated(high_half(found, missing) << 2)
    return saturated(found << 1), SUM_DIGITS - headroom


def _half_sum(a: IntArray, b: int) -> IntArray:
    total = a + b
    away = total + np.where(total >= 0, 1, -1)
    return np.where(away >= 0, away >> 1, -((-away) >> 1))


def softmax_numbers(scale: float) -> tuple[int, int, int]:
    """Mantissa and shift of distances times `scale`, and the largest distance that counts."""
    real = min(scale * (1 << (31 - DIFFERENCE_DIGITS)), _MOST * 1.0)
    fraction, shift = np.frexp(real)
    mantissa = int(np.floor(fraction * (1 << 31) + 0.5))
    if mantissa == 1 << 31:
        mantissa, shift = mantissa // 2, shift + 1
    most = ((1 << DIFFERENCE_DIGITS) - 1) * float(1 << (31 - DIFFERENCE_DIGITS))
    return mantissa, int(shift), int(np.floor(most / float(1 << int(shift))))


def fixed_softmax(x: IntArray, axis: int, scale: float, low: int, high: int) -> IntArray:
    """Shares of the exponentials along an axis, in steps of 1/256 from `low` on.

    As `reference_ops::Softmax` of TFLite for results of 8 bits.

    Args:
        x: Integers.
        axis: Along which the shares add up to one.
        scale: What a step of `x` means, times beta.
        low: Of the result.
        high: Of the result.
    """
    largest = x.max(axis=axis, keepdims=True)
    weights = softmax_weights(largest - x, scale)
    total = divided_by_power(weights, SUM_DIGITS).sum(axis=axis, keepdims=True)
    found: IntArray = np.clip(shares(weights, total) + low, low, high)
    return found


def softmax_weights(distance: IntArray, scale: float) -> IntArray:
    """`exp(-scale * distance)` without any integer digit; 0 for distances that do not count.

    Args:
        distance: Of an element from the largest one, not negative.
        scale: What a step of it means.
    """
    mantissa, shift, most = softmax_numbers(scale)
    counts = distance <= most
    scaled = high_half(np.where(counts, -distance, 0) << shift, mantissa)
    return np.where(counts, exponential(scaled), 0)


def shares(weights: IntArray, total: IntArray) -> IntArray:
    """What exponentials are of the sum of all in a row, in steps of 1/256.

    Args:
        weights: As `softmax_weights` gives them.
        total: The sum of a row's, with 12 integer digits, so at least 2^19.
    """
    factor, above = reciprocal(total)
    return divided_by_power(high_half(weights, factor), above + 31 - 8)
