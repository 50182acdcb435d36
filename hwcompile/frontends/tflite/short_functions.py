"""Sigmoid and tanh of int16 as gemmlowp computes them, for every integer.

The integer LSTM of TFLite takes these, not the tables of the operators LOGISTIC and TANH. A number
with n integer digits is kept in 16 bits, 15 - n of them behind the point.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile_runtime import gemmlowp

_ONE = (1 << 15) - 1


@dataclass(frozen=True, eq=False)
class Mirrored:
    """A function of int16 with `f(-x) = mirror - f(x)`.

    Attributes:
        magnitudes: f(0), ..., f(2^15 - 1), int64; -2^15 is taken as the number above it.
        mirror: See above.
    """

    magnitudes: IntArray
    mirror: int


@cache
def short_sigmoid(integer_digits: int) -> Mirrored:
    """15 digits of `1 / (1 + exp(-x))`."""
    x = np.arange(0, _ONE + 2, dtype=np.int64)
    found = np.where(x == 0, 1 << 14, _one_over(_exponential(-x, integer_digits)))
    return _mirrored(found, _ONE)


@cache
def short_tanh(integer_digits: int) -> Mirrored:
    """15 digits of `tanh(x)`."""
    x = np.arange(0, _ONE + 2, dtype=np.int64)
    # Twice the number has one integer digit more.
    half = _newton(_exponential(-x, integer_digits + 1)) - (1 << 13)
    return _mirrored(np.where(x == 0, 0, _saturated(half << 2)), 0)


def _mirrored(numbers: IntArray, mirror: int) -> Mirrored:
    """From f(0), ..., f(2^15): both of the last ones are equal, so that one is enough."""
    assert numbers[-1] == numbers[-2]
    return Mirrored(numbers[:-1], mirror)


def _exponential(a: IntArray, integer_digits: int) -> IntArray:
    """`exp(a)` for a <= 0; see `gemmlowp.exponential`, which is the same of 32 bits."""
    fraction = 15 - integer_digits
    quarter = 1 << (fraction - 2)
    rest = (a & (quarter - 1)) - quarter
    result = _near_eighth(rest << integer_digits)
    digits = rest - a
    for exponent, factor in enumerate(gemmlowp.POWERS, -2):
        if integer_digits > exponent:
            factors = _high_half(result, _short(factor))
            result = np.where(digits & (1 << (fraction + exponent)), factors, result)
    if integer_digits > 5:
        result = np.where(a < -(1 << (20 - integer_digits)), 0, result)
    return np.where(a == 0, _ONE, result)


def _near_eighth(a: IntArray) -> IntArray:
    constant, third = _short(1895147668), _short(715827883)
    x = a + (1 << 12)
    x2 = _high_half(x, x)
    x3, x4 = _high_half(x2, x), _high_half(x2, x2)
    inner = _high_half(gemmlowp.divided_by_power(x4, 2) + x3, third) + x2
    return _saturated(constant + _high_half(x + gemmlowp.divided_by_power(inner, 1), constant))


def _one_over(a: IntArray) -> IntArray:
    """`1 / (1 + a)` for a from 0 to 1."""
    return _saturated(_newton(a) << 1)


def _newton(a: IntArray) -> IntArray:
    """`2 / (1 + a)` with 2 integer digits."""
    half = (a + _ONE + 1) >> 1
    found = _short(1515870810) + _high_half(half, _short(-1010580540))
    for _ in range(3):
        missing = (1 << 13) - _high_half(half, found)
        found = found + _saturated(_high_half(found, missing) << 2)
    return found


def _short(constant: int) -> int:
    """A constant of 32 bits in 16."""
    return (constant + (1 << 15)) >> 16


def _high_half(a: IntArray, b: IntArray | int) -> IntArray:
    """`round(a * b / 2^15)`, halves upwards."""
    found: IntArray = (a * b + (1 << 14)) >> 15
    return found


def _saturated(x: IntArray) -> IntArray:
    return np.clip(x, -_ONE - 1, _ONE)
