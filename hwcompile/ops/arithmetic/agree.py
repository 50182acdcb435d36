"""Bipolar weights by bipolar inputs: a pair counts when its bits agree."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from hwcompile.ir.types import IntArray, IntType
from hwcompile.ops.arithmetic.encoding import WeightEncoding, format_words, is_bipolar
from hwcompile.ops.contract.paths import Path


class Agree(WeightEncoding):
    """A pair adds 1 when the bits agree. Dot product: 2 * sum - (number of pairs).

    For example (-1, +1, +1) . (-1, -1, +1): two of three agree, 2 * 2 - 3 = 1.
    """

    word: ClassVar[str] = "xnor"
    module: ClassVar[str] = "agree"
    label: ClassVar[str] = "Agree"
    group: ClassVar[int] = 16
    fast_group: ClassVar[int] = 4
    doubled: ClassVar[bool] = True

    @classmethod
    def preference(cls, weight: IntType, element: IntType) -> int | None:
        """Only this fits two bipolar operands."""
        return 0 if is_bipolar(weight) and is_bipolar(element) else None

    def interval(self) -> tuple[int, int]:
        """Nothing or one."""
        return 0, 1

    def stored(self, codes: IntArray, group: int) -> IntArray:
        """Parities of three weights in place of the first of them; see `hw_products_agree`."""
        kept = codes.copy()
        terms = codes.shape[-1]
        for first in range(0, terms, group):
            part = kept[..., first : first + group]
            edge = [(0, 0)] * (codes.ndim - 1) + [(0, min(group, terms) - part.shape[-1])]
            kept[..., first : first + group] = _parities(np.pad(part, edge, constant_values=1))[
                ..., : part.shape[-1]
            ]
        return kept

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
        """Carries of a third of the pairs, and two counters of six bits for a group of sixteen."""
        return 1.25 * terms, 0.0

    def first_path(self, group: int) -> Path:
        """Full adders and counters of six bits in tables, or for a few pairs a full adder."""
        return Path("population count", 5 if group > 4 else 2)

    def describe(self) -> str:
        """A few words for comments and reports."""
        formats = f"{format_words(self.weight)} weights x {format_words(self.input)} inputs"
        return f"xnor and population count, {formats}"


def _parities(bits: IntArray) -> IntArray:
    """In place of the first bits, as many as there are adders, their parities in thirds."""
    adders = bits.shape[-1] // 3
    first, second, third = (bits[..., n * adders : (n + 1) * adders] for n in range(3))
    return np.concatenate([first ^ second ^ third, bits[..., adders:]], axis=-1)
