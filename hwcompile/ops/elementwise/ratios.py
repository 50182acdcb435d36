"""Fraction and SquareRoot: the exact ends of softmax and of normalizations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hwcompile.ir.op import Op
from hwcompile.ir.types import Encoding, IntArray, IntType, TensorType
from hwcompile.ops.elementwise.op import shape_problems

MOST_BITS = 60
"""Of a number with all the digits that are appended to it."""


@dataclass(frozen=True, eq=False)
class Fraction(Op):
    """`z = round(x_0 / x_1 * 2^digits)`, halves away from zero, at most 2^digits in magnitude.

    x_1 is not negative. Where the magnitude of x_0 is not below it, also for x_1 = 0, the result is
    +-2^digits; 0 / 0 is 1.

    Attributes:
        digits: Binary digits of the result.
    """

    digits: int

    family: ClassVar[str] = "elementwise"

    def problems(self, inputs: tuple[TensorType, ...]) -> list[str]:
        """Two numbers of equal shape, the second one not negative."""
        found = shape_problems(inputs, (2,))
        if found:
            return found
        if any(kind.element.encoding is Encoding.BIPOLAR for kind in inputs):
            return ["an operand is bipolar; it divides integers"]
        if inputs[1].element.low < 0:
            return [f"it divides by {inputs[1].element}, which may be negative"]
        widest = max(kind.element.bits for kind in inputs) + self.digits + 1
        if self.digits < 1 or widest > MOST_BITS:
            return [f"{widest} bits with {self.digits} digits are more than {MOST_BITS}, or none"]
        return []

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        """From -1 to 1, or one side of it."""
        one, first = 1 << self.digits, inputs[0].element
        low, high = (-one if first.low < 0 else 0), (one if first.high >= 0 else 0)
        return (TensorType(inputs[0].shape, IntType(low, high)),)

    def evaluate(
        self, inputs: tuple[TensorType, ...], values: tuple[IntArray, ...]
    ) -> tuple[IntArray, ...]:
        """Divide magnitudes in int64, one digit more than is kept."""
        first, second = values
        size = np.abs(first)
        halves = (size << (self.digits + 1)) // np.maximum(second, 1)
        share = np.where(size >= second, 1 << self.digits, (halves + 1) >> 1)
        return (np.where(first < 0, -share, share),)


@dataclass(frozen=True, eq=False)
class SquareRoot(Op):
    """`z = floor(sqrt(x) * 2^digits)` of an integer that is not negative.

    Attributes:
        digits: Binary digits behind the point.
    """

    digits: int

    family: ClassVar[str] = "elementwise"

    def problems(self, inputs: tuple[TensorType, ...]) -> list[str]:
        """One number that is not negative."""
        if len(inputs) != 1:
            return [f"takes one input, not {len(inputs)}"]
        element = inputs[0].element
        if element.encoding is Encoding.BIPOLAR or element.low < 0:
            return [f"there is no root of {element}"]
        if self.digits < 0 or element.bits + 2 * self.digits > MOST_BITS:
            return [f"a root of {element.bits} bits has no {self.digits} digits"]
        return []

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        """The roots of both ends, which are reached."""
        element = inputs[0].element
        ends = roots(np.array([element.low, element.high], dtype=np.int64) << 2 * self.digits)
        return (TensorType(inputs[0].shape, IntType(int(ends[0]), int(ends[1]))),)

    def evaluate(
        self, inputs: tuple[TensorType, ...], values: tuple[IntArray, ...]
    ) -> tuple[IntArray, ...]:
        """See `roots`."""
        return (roots(values[0] << 2 * self.digits),)


def roots(squares: IntArray) -> IntArray:
    """floor(sqrt(n)) of integers below 2**60: float64's is off by one at most."""
    found: IntArray = np.sqrt(squares.astype(np.float64)).astype(np.int64)
    found = np.where(found * found > squares, found - 1, found)
    return np.where((found + 1) * (found + 1) <= squares, found + 1, found)
