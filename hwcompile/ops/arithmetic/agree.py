"""Bipolar weights by bipolar inputs: a pair counts when its bits agree."""

from __future__ import annotations

from typing import ClassVar

from hwcompile.ir.types import IntType
from hwcompile.ops.arithmetic.encoding import WeightEncoding, format_words, is_bipolar


class Agree(WeightEncoding):
    """A pair adds 1 when the bits agree. Dot product: 2 * sum - (number of pairs).

    For example (-1, +1, +1) . (-1, -1, +1): two of three agree, 2 * 2 - 3 = 1.
    """

    word: ClassVar[str] = "xnor"
    module: ClassVar[str] = "agree"
    label: ClassVar[str] = "Agree"
    group: ClassVar[int] = 16
    doubled: ClassVar[bool] = True

    @classmethod
    def preference(cls, weight: IntType, element: IntType) -> int | None:
        """Only this fits two bipolar operands."""
        return 0 if is_bipolar(weight) and is_bipolar(element) else None

    def interval(self) -> tuple[int, int]:
        """Nothing or one."""
        return 0, 1

    @property
    def padding(self) -> int:
        """A bit that disagrees with zero."""
        return 1

    @property
    def neutral(self) -> bool:
        """Bits of other inputs agree with padding."""
        return False

    def start(self, fan_in: int) -> int:
        """Minus the number of pairs."""
        return -fan_in

    def first_level(self, terms: int, groups: int, group: int) -> tuple[float, float]:
        """N - log2(n) - 1 full adders of two outputs each; the first ones absorb the xnor."""
        return max(2.0 * terms - 4 * groups, 1.5 * terms), 0.0

    def describe(self) -> str:
        """A few words for comments and reports."""
        formats = f"{format_words(self.weight)} weights x {format_words(self.input)} inputs"
        return f"xnor and population count, {formats}"
