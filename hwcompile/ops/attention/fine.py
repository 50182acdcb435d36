"""FineSoftmax: softmax of rows whose steps are finer than one table of exponentials tells apart."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from hwcompile.ir.op import Op
from hwcompile.ir.types import IntArray, IntType, TensorType
from hwcompile.ops.attention.rows import row_problems
from hwcompile.ops.elementwise.ratios import Fraction

Reals = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FineSoftmax(Op):
    """As `Softmax`, with exponentials that are products of two.

    `e(x) = (coarse[d >> k] * fine[d mod 2^k] + 2^(exponential_digits - 1)) >> exponential_digits`,
    with d = min(largest - x, last) for the row's largest x and the last distance that has an
    element of `coarse`; `y = round(e(x) / sum e * 2^digits)`.

    Attributes:
        size: Channels of a row.
        coarse: int64 [distances / 2^k], not negative, falling, the first one 2^exponential_digits.
        fine: int64 [2^k], falling from 2^exponential_digits on.
        exponential_digits: Binary digits of an exponential.
        digits: Binary digits of a share.
    """

    family: ClassVar[str] = "attention"

    size: int
    coarse: IntArray
    fine: IntArray
    exponential_digits: int
    digits: int

    @property
    def places(self) -> int:
        """Digits of a distance that are looked up in `fine`: k."""
        return int(self.fine.size).bit_length() - 1

    @property
    def last(self) -> int:
        """The largest distance that is looked up."""
        return int(self.coarse.size * self.fine.size) - 1

    def problems(self, inputs: tuple[TensorType, ...]) -> list[str]:
        """Why this instance is not legal on such inputs; empty when it is."""
        found = row_problems(self.size, inputs)
        if found:
            return found
        one = 1 << self.exponential_digits
        tables = (self.coarse, self.fine)
        if self.fine.size & (self.fine.size - 1) or self.fine.size < 2 or self.coarse.size < 2:
            return ["its fine exponentials are a power of two, and there are several coarse ones"]
        if any(t.ndim != 1 or t[0] != one or t.min() < 0 or t.max() > one for t in tables):
            return ["its exponentials begin with 1 and are not negative"]
        kind = TensorType(inputs[0].shape, IntType(0, one))
        return Fraction(self.digits).problems(
            (kind, kind.with_element(IntType(0, self.size * one)))
        )

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        """From 0 to 1."""
        return (TensorType(inputs[0].shape, IntType(0, 1 << self.digits)),)

    def evaluate(
        self, inputs: tuple[TensorType, ...], values: tuple[IntArray, ...]
    ) -> tuple[IntArray, ...]:
        """int64 of the input's shape."""
        rows = values[0].reshape(-1, self.size)
        distance = np.minimum(rows.max(axis=1, keepdims=True) - rows, self.last)
        both = self.coarse[distance >> self.places] * self.fine[distance & (self.fine.size - 1)]
        numbers = (both + (1 << (self.exponential_digits - 1))) >> self.exponential_digits
        total = np.broadcast_to(numbers.sum(axis=1, keepdims=True), rows.shape)
        kind = TensorType((1, 1, 1), IntType(0, 1))
        (share,) = Fraction(self.digits).evaluate((kind, kind), (numbers, total))
        return (share.reshape(values[0].shape),)


def fine_exponentials_of(step: float, digits: int, distances: int) -> tuple[IntArray, IntArray]:
    """`round(exp(-step * d) * 2^digits)` for coarse and fine distances.

    Args:
        step: What one integer means, above 0.
        digits: Binary digits.
        distances: How many there are at most.

    Returns:
        For d = 0, 2^k, ... up to where it is 0 or the distances end, and for d = 0 to 2^k - 1;
        both are about as many.
    """
    last = min(math.ceil((digits + 1) * math.log(2.0) / step), distances)
    places = max(1, last.bit_length() // 2)
    coarse = np.arange(max(2, (last >> places) + 2), dtype=np.float64) * 2.0**places
    fine = np.arange(1 << places, dtype=np.float64)
    return _exponentials(coarse, step, digits), _exponentials(fine, step, digits)


def _exponentials(distance: Reals, step: float, digits: int) -> IntArray:
    found: IntArray = np.floor(np.ldexp(np.exp(-step * distance), digits) + 0.5).astype(np.int64)
    return found
