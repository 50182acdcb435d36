"""Real values on lines `slope * q + offset`: float32 arithmetic that is exact, by proof.

A float32 number is an odd integer times a power of two. As long as the numbers that an operation
gives are whole multiples of a power of two, below 2**24 of them, float32 holds each, and so
computes it without rounding. Then products with constants, sums with constants, and sums and
products of two streams are functions of one integer, however wide the streams are.

A worked example: a (0 to 255, zero point 128) has the scale 0.75 and b (-8 to 7) the scale 0.5.

    >>> from hwcompile_runtime.rows import floats, integers
    >>> def stream(low, high, scale, zero, *ops):
    ...     chain = Chain(Dequantize(floats(scale), integers(zero)), ops)
    ...     return exact_lines_of(chain, IntType(low, high))
    >>> a, b = stream(0, 255, 0.75, 128), stream(-8, 7, 0.5, 0)

0.75 is 3 quarters and 0.5 is 2, so 0.75 (a - 128) + 0.5 b = 0.25 (3 a + 2 b - 384): one integer, a
quarter per step. Its largest value, 3 * 128 + 2 * 8 = 400 quarters, is far below 2**24.

    >>> (total,) = exact_sum(a, b, +1)
    >>> float(total.step), total.left, total.right, total.zero
    (0.25, 3, 2, 384)

Biases and factors before the meeting change steps and zeros, here of two channels:

    >>> bias, factor = FloatOp("add", (floats([0.25, 1.0]),)), FloatOp("mul", (floats([3, 0.5]),))
    >>> rows = exact_sum(stream(0, 255, 0.75, 128, bias), stream(-8, 7, 0.5, 0, factor), +1)
    >>> [(float(row.step), row.left, row.right, str(row.zero)) for row in rows]
    [(0.75, 1, 2, '383/3'), (0.25, 3, 1, '380')]

The float32 next to 0.1 is 13421773 / 2**27. Its odd part alone takes 24 bits: already 3 * 0.1 is
rounded, so only a stream of -1, 0 and 1 is a line with that slope.

    >>> [stream(0, high, 0.1, 0) is None for high in (1, 3)]
    [False, True]
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from hwcompile.ir.types import IntType
from hwcompile_runtime.chain import Chain, Dequantize, FloatOp
from hwcompile_runtime.rows import AnyArray

_EXACT = 1 << 24
MAPS = frozenset({"add", "sub", "rsub", "mul", "div", "neg"})
"""Operations that keep a line one; the cast at the beginning of a chain of integers, too."""

MOST_ROWS = 1 << 12
"""More rows are not looked at: each is a few fractions."""


@dataclass(frozen=True)
class ExactLine:
    """Values `slope * q + offset` of one row of a stream, computed without rounding.

    Attributes:
        slope: Not 0.
        offset: The value of the integer 0.
        reach: The largest magnitude of a value.
    """

    slope: Fraction
    offset: Fraction
    reach: Fraction


def exact_lines_of(chain: Chain, element: IntType) -> tuple[ExactLine, ...] | None:
    """The lines of a chain's rows on an interval of integers.

    Args:
        chain: From integers to float32, with 1 or R rows.
        element: The integers.

    Returns:
        1 or R lines; None where an operation is no sum or product with a constant, or rounds.
    """
    ops = chain.ops
    if chain.rows > MOST_ROWS:
        return None
    if isinstance(chain.start, Dequantize):
        starts = zip(
            *_broadcast(chain.rows, chain.start.scale, chain.start.zero_point), strict=True
        )
        lines = [_started(float(scale), int(zero), element) for scale, zero in starts]
    elif ops and ops[0].kind == "cast" and ops[0].attributes["to"] == "float32":
        lines, ops = [_started(1.0, 0, element)] * chain.rows, ops[1:]
    else:
        return None
    for op in ops:
        if None in lines or op.kind not in MAPS:
            return None
        constants = zip(*_broadcast(chain.rows, *op.constants), strict=True) if op.constants else ()
        rows = list(constants) or [()] * chain.rows
        lines = [
            None if line is None else _moved(line, op, [float(c) for c in row], element)
            for line, row in zip(lines, rows, strict=True)
        ]
    found = tuple(line for line in lines if line is not None)
    return found if len(found) == len(lines) else None


def _broadcast(rows: int, *constants: AnyArray) -> list[AnyArray]:
    return [np.broadcast_to(c, (rows,)) for c in constants]


def _started(scale: float, zero: int, element: IntType) -> ExactLine | None:
    """A dequantized stream."""
    if not math.isfinite(scale) or max(abs(element.low), abs(element.high), abs(zero)) > _EXACT:
        return None
    slope = Fraction(scale)
    return _line(slope, -slope * zero, element)


def _moved(
    line: ExactLine, op: FloatOp, constants: list[float], element: IntType
) -> ExactLine | None:
    """The line behind an operation."""
    if not all(math.isfinite(c) for c in constants):
        return None
    by = Fraction(constants[0]) if constants else Fraction(-1)
    slope, offset = line.slope, line.offset
    if op.kind in ("mul", "neg"):
        return _line(slope * by, offset * by, element)
    if op.kind == "div":
        return _line(slope / by, offset / by, element) if by else None
    if op.kind == "rsub":
        return _line(-slope, by - offset, element)
    return _line(slope, offset + (by if op.kind == "add" else -by), element)


def _line(slope: Fraction, offset: Fraction, element: IntType) -> ExactLine | None:
    """The line, when float32 holds each of its values."""
    reach = max(abs(slope * q + offset) for q in (element.low, element.high))
    if not slope or not _held((slope, offset), reach):
        return None
    return ExactLine(slope, offset, reach)


def _held(parts: Iterable[Fraction], reach: Fraction) -> bool:
    """True when all sums of whole multiples of `parts` up to `reach` are float32 numbers.

    Neither underflow nor overflow is anywhere near.
    """
    used = [part for part in parts if part]
    if any(part.denominator & (part.denominator - 1) for part in used):
        return False
    finest = min(_power(part) for part in used)
    near = all(Fraction(2) ** -100 < abs(part) < Fraction(2) ** 60 for part in used)
    return near and reach <= _EXACT * finest


def _power(number: Fraction) -> Fraction:
    """The largest power of two that divides a number: its finest bit."""
    top = abs(number.numerator)
    return Fraction(top & -top, number.denominator)


@dataclass(frozen=True)
class ExactSum:
    """One row of a sum: `step * (left * a + right * b - zero)`.

    Attributes:
        step: A float32 number above 0.
        left: Factor of the left stream's integers, not 0.
        right: That of the right one's.
        zero: A whole number in most cases.
    """

    step: Fraction
    left: int
    right: int
    zero: Fraction | int

    @property
    def is_whole(self) -> bool:
        """The zero is an integer."""
        return isinstance(self.zero, int)

    @property
    def offset(self) -> Fraction:
        """What the sum is where all integers are 0."""
        return -self.step * self.zero


def exact_sum(
    left: tuple[ExactLine, ...], right: tuple[ExactLine, ...], sign: int
) -> tuple[ExactSum, ...] | None:
    """The sum (sign +1) or difference (sign -1) of lines; None where float32 may round a row."""
    rows = max(len(left), len(right))
    found = []
    for a, b in zip(_rows(left, rows), _rows(right, rows), strict=True):
        step = _common(a.slope, b.slope)
        offset = a.offset + sign * b.offset
        parts = (a.slope, b.slope, a.offset, b.offset)
        whole = (offset / step).denominator == 1
        # A zero that is no integer is added behind the integers' sum: that one must be held too.
        reach = a.reach + b.reach + (0 if whole else abs(offset))
        if not _held(parts, reach) or not _is_float(step) or not (whole or _is_float(offset)):
            return None
        zero = -offset / step
        factors = (int(a.slope / step), sign * int(b.slope / step))
        found.append(ExactSum(step, *factors, zero.numerator if whole else zero))
    return tuple(found)


@dataclass(frozen=True)
class ExactProduct:
    """One row of a product: `step * (a - left) * (b - right)`."""

    step: Fraction
    left: int
    right: int


def exact_product(
    left: tuple[ExactLine, ...], right: tuple[ExactLine, ...]
) -> tuple[ExactProduct, ...] | None:
    """The product of lines; None where float32 may round a row, or no integer means 0."""
    rows = max(len(left), len(right))
    found = []
    for a, b in zip(_rows(left, rows), _rows(right, rows), strict=True):
        step, zeros = a.slope * b.slope, (-a.offset / a.slope, -b.offset / b.slope)
        if any(zero.denominator != 1 for zero in zeros):
            return None
        if not _held((step,), a.reach * b.reach) or not _is_float(step) or step < 0:
            return None
        found.append(ExactProduct(step, int(zeros[0]), int(zeros[1])))
    return tuple(found)


def _rows(lines: tuple[ExactLine, ...], rows: int) -> tuple[ExactLine, ...]:
    return lines if len(lines) == rows else lines * rows


def _is_float(number: Fraction) -> bool:
    return Fraction(float(np.float32(float(number)))) == number


def _common(first: Fraction, second: Fraction) -> Fraction:
    """The largest number of which both are whole multiples."""
    bottom = math.lcm(first.denominator, second.denominator)
    return Fraction(math.gcd(int(first * bottom), int(second * bottom)), bottom)
