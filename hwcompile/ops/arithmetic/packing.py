"""Several rows in one multiplication: the Python side of the library module `hw_dot_packed`.

Weights of rows that share an input are digits of one factor, so far apart that their products do
not spoil each other, or overlap by bits that are cheap to know.
"""

from __future__ import annotations

from dataclasses import dataclass

from hwcompile.ir.types import IntArray, IntType
from hwcompile.ops.arithmetic.encoding import bits_between
from hwcompile.ops.contract.instance import Value
from hwcompile.ops.contract.needs import Multiplications

_FACTORS = (16, 18, 25, 27)
"""Widths of the wide factor of multipliers: iCE40; ECP5 and Gowin; 7 series; UltraScale."""

_OVERLAPS = (0, 1, 2)


@dataclass(frozen=True)
class RowPacking:
    """How the weights of rows share a factor.

    Attributes:
        rows: In a factor.
        overlap: Bits that a product reaches into the field above.
        digit: Of the factor: a weight, or one less.
        product_bits: Of a product with what it borrows for the fields below.
        input_bits: Of an input as a number with a sign.
    """

    rows: int
    overlap: int
    digit: IntType
    product_bits: int
    input_bits: int

    @staticmethod
    def of(weight: IntType, element: IntType, rows: int) -> RowPacking | None:
        """The one with the narrowest multiplier, and with the least overlap of several.

        Args:
            weight: Of the weights.
            element: Of the inputs.
            rows: In a factor.

        Returns:
            None when no multiplier is wide enough.
        """
        found = [p for n in _OVERLAPS if (p := _spaced(weight, element, rows, n))]
        return min(found, key=lambda p: (_width(p.factor_bits), p.overlap), default=None)

    @property
    def stored_bits(self) -> int:
        """Of a digit."""
        return bits_between(self.digit.low, self.digit.high)

    @property
    def shift(self) -> int:
        """Bits from one digit to the next."""
        return self.product_bits - self.overlap

    @property
    def factor_bits(self) -> int:
        """Of the weights of a multiplication."""
        return (self.rows - 1) * self.shift + self.stored_bits

    def digits(self, weights: IntArray) -> IntArray:
        """Codes of the digits: a negative one takes one from the next row of its factor.

        Args:
            weights: int64 [depth, rows, pairs of a row].
        """
        found = weights.copy()
        for row in range(weights.shape[1]):
            if row % self.rows:
                found[:, row] -= found[:, row - 1] < 0
        codes: IntArray = found & ((1 << self.stored_bits) - 1)
        return codes

    def parameters(self) -> dict[str, Value]:
        """Parameters of `hw_dot` that are others than without; see `Dot.plan`."""
        return {
            "WBits": self.stored_bits,
            "ProductBits": self.product_bits,
        }

    def products(self, rows: int, terms: int) -> Multiplications:
        """Multiplications of so many rows of pairs."""
        count = -(-rows // self.rows) * terms
        return Multiplications(self.factor_bits, self.input_bits, count)

    def beside(self, rows: int, terms: int) -> tuple[float, float]:
        """Tables and flip-flops for the least bits of products, where fields overlap."""
        above = rows - -(-rows // self.rows)
        return 2.0 * above * terms * self.overlap, float(above * terms * self.overlap)


def _spaced(weight: IntType, element: IntType, rows: int, overlap: int) -> RowPacking | None:
    digit = IntType(weight.low - (weight.low < 0), weight.high)
    corners = [w * x for w in (weight.low, weight.high) for x in (element.low, element.high)]
    bits = bits_between(min(corners), max(corners))
    while not _fits(min(corners), max(corners), rows, bits, bits - overlap):
        bits += 1
    found = RowPacking(rows, overlap, digit, bits, element.bits + (not element.signed))
    fitting = found.shift >= found.stored_bits and found.stored_bits > 1
    return found if fitting and _width(found.factor_bits) else None


def _fits(low: int, high: int, rows: int, bits: int, shift: int) -> bool:
    """Whether every field holds a product and what the fields below borrow from it."""
    if shift < 1:
        return False
    least, most = low, high
    for _ in range(rows):
        if bits_between(least, most) > bits:
            return False
        least, most = low + (least >> shift), high + (most >> shift)
    return True


def _width(bits: int) -> int:
    """Of the narrowest multiplier that takes a factor of so many bits, 0 if none does."""
    return next((width for width in _FACTORS if bits <= width), 0)
