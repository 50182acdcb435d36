"""Look-up of a value by the whole range of its input: any function of one element."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hwcompile.ir.op import Op
from hwcompile.ir.types import BIPOLAR, Encoding, IntArray, IntType, TensorType


@dataclass(frozen=True, eq=False)
class Table(Op):
    """`y = values[row, position of x]`, where the position counts the input type's values from 0.

    Attributes:
        values: int64 [R, levels]; R is 1 (one row for all elements), C (a row per channel) or
            H*W*C (a row per element, in flat order); levels is that of the input's element type.
        element: Encoding of the output, and an interval that holds all values.
    """

    values: IntArray
    element: IntType

    family: ClassVar[str] = "table"

    def problems(self, inputs: tuple[TensorType, ...]) -> list[str]:
        """Shapes, and values outside the element."""
        if len(inputs) != 1:
            return [f"takes one input, not {len(inputs)}"]
        kind = inputs[0]
        if self.values.ndim != 2:
            return [f"values must be [rows, levels], not {self.values.shape}"]
        rows, levels = self.values.shape
        found = []
        if rows not in (1, kind.channels, kind.size):
            found.append(
                f"{rows} rows fit neither 1, {kind.channels} channels nor {kind.size} elements"
            )
        if levels != kind.element.levels:
            found.append(f"{levels} columns for an input of {kind.element.levels} values")
        if not self.element.contains(self.values):
            found.append(f"values outside {self.element}")
        return found

    def narrowed(self, old: tuple[TensorType, ...], new: tuple[TensorType, ...]) -> Table:
        """Without the columns of values that never come."""
        if not tighter(old[0], new[0]):
            return self
        return Table(self.values[:, columns_of(old[0].element, new[0].element)], self.element)

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
        rows, levels = self.values.shape
        index = position(inputs[0].element, values[0]).reshape(-1, rows)
        index += levels * np.arange(rows)
        return (self.values.reshape(-1)[index].reshape(values[0].shape),)


def position(element: IntType, values: IntArray) -> IntArray:
    """How many values of `element` are smaller, for each of `values`; a new array, same shape."""
    if element.encoding is Encoding.BIPOLAR:
        return (values + 1) >> 1
    return values - element.low


def columns_of(old: IntType, new: IntType) -> IntArray:
    """For every value of `new` its column in a table for `old`, int64 [levels of new].

    What `old` does not have never comes, and has the column of the nearest value.
    """
    if old.encoding is Encoding.BIPOLAR or new.encoding is Encoding.BIPOLAR:
        return np.arange(old.levels)
    return np.clip(np.arange(new.low, new.high + 1), old.low, old.high) - old.low


def tighter(old: TensorType, new: TensorType) -> bool:
    """Whether the interval of `new` lies within that of `old`, and is another one."""
    outer, inner = old.element, new.element
    if Encoding.BIPOLAR in (outer.encoding, inner.encoding) or outer == inner:
        return False
    return outer.low <= inner.low and inner.high <= outer.high
