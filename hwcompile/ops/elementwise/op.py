"""Arithmetic on elements at the same place of one or two feature maps of equal shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hwcompile.ir.op import Op
from hwcompile.ir.types import BIPOLAR, Encoding, IntArray, IntType, TensorType
from hwcompile.ops.table.op import columns_of, position, tighter

MOST_COEFFICIENT = 1 << 31
MOST_PAIRS = 1 << 16


def shape_problems(inputs: tuple[TensorType, ...], counts: tuple[int, ...]) -> list[str]:
    """Why the number of inputs or their shapes are wrong."""
    if len(inputs) not in counts:
        return [f"takes {' or '.join(map(str, counts))} inputs, not {len(inputs)}"]
    if any(kind.shape != inputs[0].shape for kind in inputs):
        return [f"shapes differ: {', '.join(str(kind.shape) for kind in inputs)}"]
    return []


def both_bipolar(inputs: tuple[TensorType, ...]) -> bool:
    """All inputs are bipolar."""
    return all(kind.element.encoding is Encoding.BIPOLAR for kind in inputs)


@dataclass(frozen=True, eq=False)
class Linear(Op):
    """`z = sum_i coefficients[i] * x_i + offset` over one or two inputs.

    Attributes:
        coefficients: One per input.
        offset: Added once.
    """

    coefficients: tuple[int, ...]
    offset: int

    family: ClassVar[str] = "elementwise"

    def problems(self, inputs: tuple[TensorType, ...]) -> list[str]:
        """Shapes, and coefficients beyond 32 bits."""
        found = shape_problems(inputs, (1, 2))
        if len(self.coefficients) != len(inputs):
            found.append(f"{len(self.coefficients)} coefficients for {len(inputs)} inputs")
        if any(abs(c) >= MOST_COEFFICIENT for c in (*self.coefficients, self.offset)):
            found.append(f"a coefficient or the offset is not within {MOST_COEFFICIENT - 1}")
        return found

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        """The sum of the scaled intervals; both ends are reached."""
        low = high = self.offset
        for c, kind in zip(self.coefficients, inputs, strict=True):
            ends = (c * kind.element.low, c * kind.element.high)
            low, high = low + min(ends), high + max(ends)
        return (TensorType(inputs[0].shape, IntType(low, high)),)

    def evaluate(
        self, inputs: tuple[TensorType, ...], values: tuple[IntArray, ...]
    ) -> tuple[IntArray, ...]:
        """Multiply and add in int64."""
        total = np.full(values[0].shape, self.offset, dtype=np.int64)
        for c, x in zip(self.coefficients, values, strict=True):
            total += c * x
        return (total,)


@dataclass(frozen=True, eq=False)
class Product(Op):
    """`z = x_0 * x_1`; the product of two bipolar inputs is bipolar."""

    family: ClassVar[str] = "elementwise"

    def problems(self, inputs: tuple[TensorType, ...]) -> list[str]:
        """Two inputs of equal shape."""
        return shape_problems(inputs, (2,))

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        """Extreme products of the ends."""
        if both_bipolar(inputs):
            return (TensorType(inputs[0].shape, BIPOLAR),)
        a, b = (kind.element for kind in inputs)
        corners = [x * y for x in (a.low, a.high) for y in (b.low, b.high)]
        return (TensorType(inputs[0].shape, IntType(min(corners), max(corners))),)

    def evaluate(
        self, inputs: tuple[TensorType, ...], values: tuple[IntArray, ...]
    ) -> tuple[IntArray, ...]:
        """Multiply in int64."""
        return (values[0] * values[1],)


@dataclass(frozen=True, eq=False)
class Extremum(Op):
    """`z = max(x_0, x_1)` or `min(x_0, x_1)`.

    Attributes:
        kind: `max` or `min`.
    """

    kind: str

    family: ClassVar[str] = "elementwise"

    def problems(self, inputs: tuple[TensorType, ...]) -> list[str]:
        """Two inputs of equal shape, and a known kind."""
        found = shape_problems(inputs, (2,))
        if self.kind not in ("max", "min"):
            found.append(f"the kind is 'max' or 'min', not '{self.kind}'")
        return found

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        """The extremum of both ends; bipolar when both inputs are."""
        if both_bipolar(inputs):
            return (TensorType(inputs[0].shape, BIPOLAR),)
        choose = max if self.kind == "max" else min
        a, b = (kind.element for kind in inputs)
        element = IntType(choose(a.low, b.low), choose(a.high, b.high))
        return (TensorType(inputs[0].shape, element),)

    def evaluate(
        self, inputs: tuple[TensorType, ...], values: tuple[IntArray, ...]
    ) -> tuple[IntArray, ...]:
        """Compare in int64."""
        choose = np.maximum if self.kind == "max" else np.minimum
        return (choose(values[0], values[1]),)


@dataclass(frozen=True, eq=False)
class PairTable(Op):
    """`z = values[position of x_0, position of x_1]`: any function of two narrow elements.

    Attributes:
        values: int64 [levels of input 0, levels of input 1], at most 65536 entries.
        element: Encoding of the output, and an interval that holds all values.
    """

    values: IntArray
    element: IntType

    family: ClassVar[str] = "elementwise"

    def problems(self, inputs: tuple[TensorType, ...]) -> list[str]:
        """Shapes, size of the table, values outside the element."""
        found = shape_problems(inputs, (2,))
        if found:
            return found
        levels = tuple(kind.element.levels for kind in inputs)
        if self.values.shape != levels:
            found.append(f"a table of {self.values.shape} for inputs of {levels} values")
        if self.values.size > MOST_PAIRS:
            found.append(f"{self.values.size} pairs of values are too many (at most {MOST_PAIRS})")
        if not self.element.contains(self.values):
            found.append(f"values outside {self.element}")
        return found

    def narrowed(self, old: tuple[TensorType, ...], new: tuple[TensorType, ...]) -> PairTable:
        """Without the rows and columns of values that never come."""
        values = self.values
        for axis, (before, now) in enumerate(zip(old, new, strict=True)):
            if tighter(before, now):
                values = values.take(columns_of(before.element, now.element), axis)
        return self if values is self.values else PairTable(values, self.element)

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        """The interval of the values; bipolar stays bipolar."""
        if self.element.encoding is Encoding.BIPOLAR:
            return (TensorType(inputs[0].shape, BIPOLAR),)
        element = IntType(int(self.values.min()), int(self.values.max()))
        return (TensorType(inputs[0].shape, element),)

    def evaluate(
        self, inputs: tuple[TensorType, ...], values: tuple[IntArray, ...]
    ) -> tuple[IntArray, ...]:
        """Index the table."""
        first, second = (position(kind.element, x) for kind, x in zip(inputs, values, strict=True))
        return (self.values[first, second],)
