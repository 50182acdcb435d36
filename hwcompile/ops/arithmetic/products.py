"""Numbers by numbers: products in look-up tables, or in multipliers."""

from __future__ import annotations

from typing import ClassVar

from hwcompile.ir.types import IntType
from hwcompile.ops.arithmetic.encoding import (
    WeightEncoding,
    adder_bits,
    format_words,
    is_bipolar,
)
from hwcompile.ops.contract.needs import Multiplications
from hwcompile.ops.contract.paths import Path

LUT_PRODUCT_BITS = 16
"""A product of w x b bits with w * b up to this is left to look-up tables."""

DIRECT_BITS = 6
"""Up to so many bits of both factors, every bit of a product is a table."""


class IntegerEncoding(WeightEncoding):
    """Products of two's complement or unsigned numbers. Dot product: the sum."""

    multiplies: ClassVar[bool] = True

    def interval(self) -> tuple[int, int]:
        """Of the products."""
        w, x = self.weight, self.input
        corners = [a * b for a in (w.low, w.high) for b in (x.low, x.high)]
        return min(corners), max(corners)

    def _formats(self) -> str:
        return f"{format_words(self.weight)} weights x {format_words(self.input)} inputs"


class InTables(IntegerEncoding):
    """Products kept out of DSP blocks, the narrow ones for choice."""

    word: ClassVar[str] = "lut"
    module: ClassVar[str] = "lut"
    label: ClassVar[str] = "Lut"
    group: ClassVar[int] = 4

    @classmethod
    def preference(cls, weight: IntType, element: IntType) -> int | None:
        """Better than multipliers for single bits and narrow products."""
        if is_bipolar(weight) or is_bipolar(element):
            return None
        narrow = weight.bits * element.bits <= LUT_PRODUCT_BITS
        ternary = (weight.low, weight.high) == (-1, 1)
        return 1 if ternary or narrow or weight.bits == 1 or element.bits == 1 else 3

    def first_level(self, terms: int, groups: int, group: int) -> tuple[float, float]:
        """A single bit selects; up to six inputs in all, every bit of the product is one table.

        Beyond, two bits of one factor are a digit that chooses a multiple of the other one.
        """
        bits = self.product_bits
        if self._by_digits:
            table: float = min(digits * other for digits, other in self._digits())
        else:
            single = min(self.weight.bits, self.input.bits) == 1
            table = bits / 2 if single and group > 1 else bits
        return terms * table, groups * adder_bits(group, bits)

    def first_path(self, group: int) -> Path:
        """Tables, or a choice and an addition for every digit; sums of them."""
        sums = self.first_sums(group)
        if not self._by_digits:
            single = min(self.weight.bits, self.input.bits) == 1
            return Path("first sums", 1 if single else 2, sums)
        digits, other = min(self._digits(), key=lambda way: way[0] * way[1])
        return Path("products and first sums", digits, (other,) * digits + sums)

    @property
    def circuit(self) -> str:
        """Tables or digits, which take different amounts."""
        return "digits" if self._by_digits else self.module

    @property
    def _by_digits(self) -> bool:
        """See `hw_products_lut`."""
        w, x = self.weight.bits, self.input.bits
        return min(w, x) > 1 and w + x > DIRECT_BITS

    def _digits(self) -> tuple[tuple[int, int], ...]:
        """Digits of one factor and bits of a multiple of the other one, in both ways."""
        w, x = (kind.bits + (not kind.signed) for kind in (self.weight, self.input))
        return ((w + 1) // 2, x + 1), ((x + 1) // 2, w + 1)

    def describe(self) -> str:
        """A few words for comments and reports."""
        return f"products in look-up tables, {self._formats()}"


class Multiply(IntegerEncoding):
    """Products registered on their own, so that DSP blocks can take them."""

    word: ClassVar[str] = "multiply"
    module: ClassVar[str] = "multiply"
    label: ClassVar[str] = "Multiply"
    group: ClassVar[int] = 1

    @classmethod
    def preference(cls, weight: IntType, element: IntType) -> int | None:
        """For everything that is a number."""
        return None if is_bipolar(weight) or is_bipolar(element) else 2

    def first_path(self, group: int) -> Path:
        """A product."""
        return Path("product", product=self.products(1)[0])

    def first_level(self, terms: int, groups: int, group: int) -> tuple[float, float]:
        """Nothing but the products."""
        return 0.0, 0.0

    def products(self, count: int) -> tuple[Multiplications, ...]:
        """One per lane."""
        return (Multiplications(self.weight.bits, self.input.bits, count),)

    def describe(self) -> str:
        """A few words for comments and reports."""
        return f"multipliers, {self._formats()}"
