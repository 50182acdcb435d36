"""Operands of one sign bit: the other operand is added or subtracted."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from hwcompile.ir.types import IntArray, IntType
from hwcompile.ops.arithmetic.encoding import (
    WeightEncoding,
    adder_bits,
    format_words,
    is_bipolar,
)


class SelectWeight(WeightEncoding):
    """Weights -1 and +1, or -1, 0 and +1. Instead of -x, which is ~x + 1, a pair adds ~x.

    Dot product: sum + (number of weights -1). For example weights (-1, +1) by (3, 5): ~3 + 5 = 1,
    and 1 + 1 = 2.
    """

    word: ClassVar[str] = "select"
    module: ClassVar[str] = "select_weight"
    label: ClassVar[str] = "SelectWeight"
    group: ClassVar[int] = 4
    starts_stored: ClassVar[bool] = True

    @classmethod
    def preference(cls, weight: IntType, element: IntType) -> int | None:
        """For bipolar and ternary weights by numbers."""
        if is_bipolar(element):
            return None
        return 0 if is_bipolar(weight) or (weight.low, weight.high) == (-1, 1) else None

    def interval(self) -> tuple[int, int]:
        """Inputs and their complements."""
        x = self.input
        return min(x.low, -x.high - 1), max(x.high, -x.low - 1)

    @property
    def padding(self) -> int:
        """+1 where there is no zero."""
        return 1 if is_bipolar(self.weight) else 0

    @property
    def neutral(self) -> bool:
        """+1 by an input of another lane counts."""
        return not is_bipolar(self.weight)

    def starts(self, weights: IntArray, axis: int) -> IntArray | None:
        """The number of weights -1."""
        return np.asarray((weights == -1).sum(axis=axis), dtype=np.int64)

    def first_level(self, terms: int, groups: int, group: int) -> tuple[float, float]:
        """One table per bit; an adder's own table absorbs it for one of its two operands."""
        return _selected(self, terms, groups, group)

    def describe(self) -> str:
        """A few words for comments and reports."""
        kind = "bipolar" if is_bipolar(self.weight) else "ternary"
        formats = f"{format_words(self.weight)} weights x {format_words(self.input)} inputs"
        return f"inputs added or subtracted by {kind} weights, {formats}"


class SelectInput(WeightEncoding):
    """Inputs -1 and +1: a pair adds its weight when the input is +1.

    Dot product: 2 * sum - (sum of the weights).
    """

    word: ClassVar[str] = "select"
    module: ClassVar[str] = "select_input"
    label: ClassVar[str] = "SelectInput"
    group: ClassVar[int] = 4
    doubled: ClassVar[bool] = True
    starts_stored: ClassVar[bool] = True

    @classmethod
    def preference(cls, weight: IntType, element: IntType) -> int | None:
        """For numbers by bipolar inputs."""
        return 0 if is_bipolar(element) and not is_bipolar(weight) else None

    def interval(self) -> tuple[int, int]:
        """Weights and zero."""
        return min(self.weight.low, 0), max(self.weight.high, 0)

    def starts(self, weights: IntArray, axis: int) -> IntArray | None:
        """Minus the sum of the weights."""
        return np.asarray(-weights.sum(axis=axis), dtype=np.int64)

    def first_level(self, terms: int, groups: int, group: int) -> tuple[float, float]:
        """One table per bit; an adder's own table absorbs it for one of its two operands."""
        return _selected(self, terms, groups, group)

    def describe(self) -> str:
        """A few words for comments and reports."""
        formats = f"{format_words(self.weight)} weights x {format_words(self.input)} inputs"
        return f"weights added or subtracted by bipolar inputs, {formats}"


def _selected(encoding: WeightEncoding, terms: int, groups: int, group: int) -> tuple[float, float]:
    bits = encoding.product_bits
    return terms * (bits if group == 1 else bits / 2), groups * adder_bits(group, bits)
