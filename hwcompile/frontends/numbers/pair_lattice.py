"""Real values on a lattice: scales whose float32 arithmetic is exact, proved and not sampled.

A float32 scale is an odd integer times a power of two. As long as every product and every sum of
such values stays below 2**24 steps of the finest power of two, float32 computes it without
rounding, so that the sum of two streams is a whole multiple of one step. Then the float model is a
function of one integer, however wide the streams are.

A worked example: a (0 to 255, zero point 128) has the scale 0.75 and b (-8 to 7) the scale 0.5.

    >>> from hwcompile_runtime.rows import floats, integers
    >>> def stream(scale, zero, low, high):
    ...     chain = Chain(Dequantize(floats(scale), integers(zero)))
    ...     return lattice_of(chain, IntType(low, high))
    >>> a, b = stream(0.75, 128, 0, 255), stream(0.5, 0, -8, 7)

0.75 is 3 quarters and 0.5 is 2, so 0.75 (a - 128) + 0.5 b = 0.25 (3 a + 2 b - 384): one integer, a
quarter per step. Its largest value, 3 * 128 + 2 * 8 = 400 quarters, is far below 2**24.

    >>> total = exact_sum(a, b, +1)
    >>> float(total.step), total.left_factor, total.right_factor, total.offset
    (0.25, 3, 2, -384)

The float32 next to 0.1 is 13421773 / 2**27. Its odd part alone takes 24 bits: already 3 * 0.1 is
rounded, so only a stream of -1, 0 and 1 has a lattice with that scale.

    >>> stream(0.1, 0, 0, 1)
    Lattice(step=Fraction(13421773, 134217728), zero=0, low=0, high=1)
    >>> stream(0.1, 0, 0, 3) is None
    True
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from hwcompile.ir.types import IntType
from hwcompile_runtime.chain import Chain, Dequantize

_EXACT = 1 << 24


@dataclass(frozen=True)
class Lattice:
    """Values `step * (integer - zero)` of one stream, computed without rounding.

    Attributes:
        step: The exact value of the float32 scale.
        zero: The zero point.
        low: Smallest `integer - zero`.
        high: Largest one.
    """

    step: Fraction
    zero: int
    low: int
    high: int


def lattice_of(chain: Chain, element: IntType) -> Lattice | None:
    """The lattice of a stream that is only dequantized; None when float32 rounds its values."""
    start = chain.start
    if chain.ops or not isinstance(start, Dequantize) or chain.rows != 1:
        return None
    step, zero = Fraction(float(start.scale[0])), int(start.zero_point[0])
    found = Lattice(step, zero, element.low - zero, element.high - zero)
    largest = max(abs(found.low), abs(found.high), abs(element.low), abs(element.high), abs(zero))
    if largest > _EXACT or not _exact(step, largest) or not _normal(step):
        return None
    return found


def _exact(step: Fraction, largest: int) -> bool:
    """True when all multiples of `step` up to `largest` are float32 numbers."""
    odd = abs(step.numerator)
    while odd % 2 == 0 and odd:
        odd //= 2
    return odd * largest <= _EXACT


def _normal(step: Fraction) -> bool:
    """True when neither underflow nor overflow is anywhere near."""
    return Fraction(2) ** -100 < abs(step) < Fraction(2) ** 60


@dataclass(frozen=True)
class ExactSum:
    """`left + sign * right` equals `step * (left_factor * a + right_factor * b + offset)`."""

    step: np.float32
    left_factor: int
    right_factor: int
    offset: int


def exact_sum(left: Lattice, right: Lattice, sign: int) -> ExactSum | None:
    """The sum (sign +1) or difference (sign -1) as one integer; None when float32 may round it."""
    step = _common(left.step, right.step)
    factors = int(left.step / step), sign * int(right.step / step)
    grid = min(_power(left.step), _power(right.step))
    reach = abs(left.step) * max(abs(left.low), abs(left.high))
    reach += abs(right.step) * max(abs(right.low), abs(right.high))
    if reach / grid > _EXACT or Fraction(float(np.float32(float(step)))) != step:
        return None
    offset = -factors[0] * left.zero - factors[1] * right.zero
    return ExactSum(np.float32(float(step)), *factors, offset)


def exact_product(left: Lattice, right: Lattice) -> np.float32 | None:
    """The step of `(a - left.zero) * (b - right.zero)`; None when float32 may round."""
    step = left.step * right.step
    largest = max(abs(left.low), abs(left.high)) * max(abs(right.low), abs(right.high))
    if not _exact(step, max(1, largest)) or not _normal(step):
        return None
    return np.float32(float(step))


def _common(first: Fraction, second: Fraction) -> Fraction:
    """The largest number of which both are whole multiples."""
    bottom = math.lcm(first.denominator, second.denominator)
    return Fraction(math.gcd(int(first * bottom), int(second * bottom)), bottom)


def _power(step: Fraction) -> Fraction:
    """The largest power of two that divides `step`: its finest bit."""
    top = abs(step.numerator)
    return Fraction(top & -top, step.denominator)
