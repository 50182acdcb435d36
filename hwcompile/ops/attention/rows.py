"""Softmax and Normalize: functions of whole rows. A pass lowers them to simpler operations."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hwcompile.ir.op import Op
from hwcompile.ir.types import Encoding, IntArray, IntType, TensorType
from hwcompile.ops.elementwise.op import MOST_COEFFICIENT
from hwcompile.ops.elementwise.ratios import Fraction, SquareRoot


@dataclass(frozen=True, eq=False)
class Softmax(Op):
    """The share of each channel's exponential in the sum over a row, `size` channels of a pixel.

    `y = round(e(x) / sum e * 2^digits)`, with `e(x) = exponentials[min(largest - x, last)]` for the
    row's largest x. Sums are exact; `Fraction` says how shares are rounded.

    Attributes:
        size: Channels of a row.
        exponentials: What the distance to the largest number becomes, not negative, falling, the
            first one above 0, int64 [distances].
        digits: Binary digits of a share.
    """

    family: ClassVar[str] = "attention"

    size: int
    exponentials: IntArray
    digits: int

    def problems(self, inputs: tuple[TensorType, ...]) -> list[str]:
        """Why this instance is not legal on such inputs; empty when it is."""
        found = row_problems(self.size, inputs)
        if found:
            return found
        table = self.exponentials
        if table.ndim != 1 or not table.size or table[0] < 1 or table.min() < 0:
            return ["its exponentials are no row of numbers that begins above 0"]
        kind = TensorType(inputs[0].shape, IntType(0, int(table.max())))
        total = kind.with_element(IntType(0, self.size * int(table.max())))
        return Fraction(self.digits).problems((kind, total))

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        """From 0 to 1."""
        return (TensorType(inputs[0].shape, IntType(0, 1 << self.digits)),)

    def evaluate(
        self, inputs: tuple[TensorType, ...], values: tuple[IntArray, ...]
    ) -> tuple[IntArray, ...]:
        """int64 of the input's shape."""
        rows = values[0].reshape(-1, self.size)
        distance = rows.max(axis=1, keepdims=True) - rows
        numbers = self.exponentials[np.minimum(distance, self.exponentials.size - 1)]
        total = np.broadcast_to(numbers.sum(axis=1, keepdims=True), rows.shape)
        kind = TensorType((1, 1, 1), IntType(0, 1))
        (share,) = Fraction(self.digits).evaluate((kind, kind), (numbers, total))
        return (share.reshape(values[0].shape),)


@dataclass(frozen=True, eq=False)
class Normalize(Op):
    """The numbers of a row by their root mean square, `size` channels of a pixel, or of all.

    Of the n numbers of a row, with `centered`, the mean is subtracted first: `c = n * x - sum x`;
    else `c = n * (x - zero)`. Then `y = round(c * 2^root_digits / root * 2^digits)` with
    `root = floor(sqrt(sum c*c + floor) * 2^root_digits)`: the number that is meant, over
    `sqrt(n)`. Sums are exact; `SquareRoot` and `Fraction` say what is rounded.

    Attributes:
        size: Channels of a row.
        centered: The mean is subtracted.
        zero: Subtracted where the mean is not.
        floor: What is added to the sum of squares, above 0.
        root_digits: Binary digits of the root.
        digits: Binary digits of the result.
        across: A row has its channels of every pixel of the map, not of one pixel.
    """

    family: ClassVar[str] = "attention"

    size: int
    centered: bool
    zero: int
    floor: int
    root_digits: int
    digits: int
    across: bool = False

    def numbers(self, kind: TensorType) -> int:
        """How many numbers a row of such a map has."""
        return self.size * (kind.pixels if self.across else 1)

    def problems(self, inputs: tuple[TensorType, ...]) -> list[str]:
        """Why this instance is not legal on such inputs; empty when it is."""
        found = row_problems(self.size, inputs)
        if found or self.floor < 1:
            return found or ["what is added to the squares is above 0"]
        element, count = inputs[0].element, self.numbers(inputs[0])
        most = count * max(element.levels - 1, abs(element.low), abs(element.high))
        total = count * (most + count * abs(self.zero)) ** 2 + self.floor
        if self.across and count * count >= MOST_COEFFICIENT:
            return [f"rows of {count} numbers are too long"]
        if total.bit_length() + 2 * self.root_digits > 60 or self.digits > 24:
            return [f"sums of squares of {total.bit_length()} bits are too wide"]
        return []

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        """From -1 to 1, where there are both signs."""
        element = inputs[0].element
        one = 1 << self.digits
        minus = self.centered or element.low < self.zero
        plus = self.centered or element.high >= self.zero
        return (TensorType(inputs[0].shape, IntType(-one if minus else 0, one if plus else 0)),)

    def evaluate(
        self, inputs: tuple[TensorType, ...], values: tuple[IntArray, ...]
    ) -> tuple[IntArray, ...]:
        """int64 of the input's shape."""
        frames, count = values[0].shape[0], self.numbers(inputs[0])
        pixels = inputs[0].pixels if self.across else values[0].size // frames // self.size
        # [frames, pixels of a row or all, rows side by side, size]; a row is what is summed over
        numbers = values[0].reshape(frames, pixels, -1, self.size)
        axes = (1, 3) if self.across else (3,)
        offset = count * self.zero
        if self.centered:
            offset = numbers.sum(axis=axes, keepdims=True)
        apart = count * numbers - offset
        squares = (apart * apart).sum(axis=axes, keepdims=True) + self.floor
        kind = TensorType((1, 1, 1), IntType(0, 1))
        (root,) = SquareRoot(self.root_digits).evaluate((kind,), (squares,))
        wide = np.broadcast_to(root, numbers.shape)
        ratio = Fraction(self.digits)
        (y,) = ratio.evaluate((kind, kind), (apart << self.root_digits, wide))
        return (y.reshape(values[0].shape),)


def row_problems(size: int, inputs: tuple[TensorType, ...]) -> list[str]:
    """Why such an input has no rows of so many integers; empty when it has."""
    if len(inputs) != 1:
        return [f"it takes one input, not {len(inputs)}"]
    if inputs[0].element.encoding is Encoding.BIPOLAR:
        return ["its input is bipolar; it needs integers"]
    if size < 1 or inputs[0].channels % size:
        return [f"{inputs[0].channels} channels are not rows of {size}"]
    return []


def exponentials_of(step: float, distances: int, digits: int) -> IntArray:
    """`round(exp(-step * d) * 2^digits)` for d = 0, 1, ... up to the first 0.

    Args:
        step: What one integer means, above 0.
        distances: How many distances there are at most.
        digits: Binary digits.
    """
    # Below half a unit, everything is 0.
    last = math.ceil((digits + 1) * math.log(2.0) / step) + 1
    count = np.arange(min(distances, last + 1), dtype=np.float64)
    table: IntArray = np.floor(np.ldexp(np.exp(-step * count), digits) + 0.5).astype(np.int64)
    return table
