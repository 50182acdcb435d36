"""Arithmetic of dot products with constant weights: what the number formats allow, and its cost.

The Python side of the library module `hw_dot`, shared by every kernel that instantiates it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from hwcompile.ir.types import BIPOLAR, Encoding, IntArray, IntType
from hwcompile.ops.contract.instance import Value
from hwcompile.ops.memory_image import MemoryImage
from hwcompile.ops.needs import Product, Resources

TREE_RADIX = 4  # numbers that one level of hw_sum_tree adds
LUT_PRODUCT_BITS = 16  # a product of w x b bits with w * b up to this is left to look-up tables


class Style(IntEnum):
    """How a lane multiplies; the value is the parameter `Style` of `hw_dot`."""

    AGREE = 0
    SELECT_WEIGHT = 1
    SELECT_INPUT = 2
    LUT = 3
    MULTIPLY = 4


WISHES: Mapping[str, tuple[Style, ...]] = {
    "xnor": (Style.AGREE,),
    "select": (Style.SELECT_WEIGHT, Style.SELECT_INPUT),
    "lut": (Style.LUT,),
    "multiply": (Style.MULTIPLY,),
}
"""Values of a kernel's parameter `style` besides `auto`, and what they ask for."""

_DESCRIPTIONS = {
    Style.AGREE: "xnor and population count",
    Style.SELECT_WEIGHT: "inputs added or subtracted by {weight} weights",
    Style.SELECT_INPUT: "weights added or subtracted by {input} inputs",
    Style.LUT: "products in look-up tables",
    Style.MULTIPLY: "multipliers",
}


def weight_type(weights: IntArray) -> IntType:
    """The narrowest type of some weights: bipolar, ternary as int[-1,1], or their interval."""
    if np.all(np.abs(weights) == 1):
        return BIPOLAR
    low, high = int(weights.min()), int(weights.max())
    if low == -1 and high <= 1:
        return IntType(-1, 1)
    return IntType(low, high)


def styles(weight: IntType, element: IntType) -> tuple[Style, ...]:
    """The arithmetics that fit the types of weights and inputs, the best first."""
    bipolar = (weight.encoding is Encoding.BIPOLAR, element.encoding is Encoding.BIPOLAR)
    if all(bipolar):
        return (Style.AGREE,)
    if any(bipolar):
        return (Style.SELECT_WEIGHT if bipolar[0] else Style.SELECT_INPUT,)
    if (weight.low, weight.high) == (-1, 1):
        return (Style.SELECT_WEIGHT, Style.LUT, Style.MULTIPLY)
    if weight.bits == 1 or element.bits == 1 or weight.bits * element.bits <= LUT_PRODUCT_BITS:
        return (Style.LUT, Style.MULTIPLY)
    return (Style.MULTIPLY, Style.LUT)


_GROUPS = {
    Style.AGREE: 16,
    Style.SELECT_WEIGHT: 4,
    Style.SELECT_INPUT: 4,
    Style.LUT: 4,
    Style.MULTIPLY: 1,
}
"""Pairs that the first register stage of `hw_dot` sums."""


@dataclass(frozen=True)
class Dot:
    """An arithmetic chosen for weights and inputs of certain types."""

    style: Style
    weight: IntType
    input: IntType

    @staticmethod
    def choose(weight: IntType, element: IntType, wish: str = "auto") -> Dot | None:
        """The best arithmetic that grants `wish` ("auto" or a key of `WISHES`), if there is one."""
        for style in styles(weight, element):
            if wish == "auto" or style in WISHES.get(wish, ()):
                return Dot(style, weight, element)
        return None

    @property
    def padding(self) -> int:
        """The weight of a lane without an input: its product with zero bits must not count."""
        return 1 if self.weight.encoding is Encoding.BIPOLAR else 0

    @property
    def product_bits(self) -> int:
        """Width in two's complement of what one pair of weight and input adds."""
        return _signed_bits(*self._product_interval)

    def sum_bits(self, terms: int, out_bits: int) -> int:
        """Width of a sum of `terms` products; wider than the output would be of no use."""
        low, high = self._product_interval
        return min(_signed_bits(terms * low, terms * high), out_bits)

    def starts(self, weights: IntArray, axis: int) -> IntArray | None:
        """The constant parts of sums along `axis` (see `hw_dot`), when they differ by weights."""
        if self.style is Style.SELECT_WEIGHT:
            return np.asarray((weights == -1).sum(axis=axis), dtype=np.int64)
        if self.style is Style.SELECT_INPUT:
            return np.asarray(-weights.sum(axis=axis), dtype=np.int64)
        return None

    def start_parameters(self, starts: IntArray | None, fan_in: int) -> dict[str, Value]:
        """Parameters, a memory among them, for the constant parts of sums over `fan_in` pairs.

        Args:
            starts: Rows of the start memory, int64 [depth, lanes], or None without one.
            fan_in: Pairs of a whole sum.
        """
        if starts is None:
            return {"Start": -fan_in if self.style is Style.AGREE else 0}
        bits = start_bits(starts)
        codes = starts & ((1 << bits) - 1)
        return {"StartBits": bits, "StartFile": MemoryImage.pack(codes, bits)}

    def stages(self, terms: int) -> int:
        """Register stages of `hw_dot`."""
        numbers, stages = -(-terms // _GROUPS[self.style]), 1
        while numbers > 1:
            numbers, stages = -(-numbers // TREE_RADIX), stages + 1
        return stages

    def parameters(self, terms: int, out_bits: int) -> dict[str, Value]:
        """Parameters of `hw_dot`, by name, without Rows and Terms."""
        return {
            "Style": self.style,
            "WBits": self.weight.bits,
            "WSigned": self.weight.signed,
            "XBits": self.input.bits,
            "XSigned": self.input.signed,
            "ProductBits": self.product_bits,
            "SumBits": self.sum_bits(terms, out_bits),
        }

    def describe(self) -> str:
        """A few words for comments and reports."""
        words = _DESCRIPTIONS[self.style].format(
            weight=_sign_word(self.weight), input=_sign_word(self.input)
        )
        return f"{words}, {_format_word(self.weight)} weights x {_format_word(self.input)} inputs"

    def resources(self, rows: int, terms: int, out_bits: int) -> Resources:
        """Estimated use of `hw_dot` with these many rows and terms.

        The formulas follow the structure of the circuit.
        """
        group = min(_GROUPS[self.style], terms)
        limit = self.sum_bits(terms, out_bits)
        bits = min(limit, self.product_bits + (group - 1).bit_length())
        numbers = -(-terms // group)
        lut, adders = self._first_level(terms, numbers, group)
        ff = numbers * bits
        while numbers > 1:
            adders += _adder_bits(numbers, bits)
            growth = (min(numbers, TREE_RADIX) - 1).bit_length()
            numbers, bits = -(-numbers // TREE_RADIX), min(limit, bits + growth)
            ff += numbers * bits
        products: tuple[Product, ...] = ()
        if self.style is Style.MULTIPLY:
            products = (Product(self.weight.bits, self.input.bits, rows * terms),)
        return Resources(rows * lut, rows * adders, rows * ff, (), products)

    def _first_level(self, terms: int, groups: int, group: int) -> tuple[float, float]:
        """Tables and adder bits of a row's products and of the sums over groups of them."""
        if self.style is Style.MULTIPLY:
            return 0.0, 0.0
        if self.style is Style.AGREE:
            # n - log2(n) - 1 full adders of two outputs each; the first ones absorb the xnor.
            return max(2.0 * terms - 4 * groups, 1.5 * terms), 0.0
        adders = groups * _adder_bits(group, self.product_bits)
        return terms * self._lut_of_product(alone=group == 1), adders

    def _lut_of_product(self, *, alone: bool) -> float:
        w, x, p = self.weight.bits, self.input.bits, self.product_bits
        if self.style is not Style.LUT or min(w, x) == 1:
            # One table per bit; an adder's own table absorbs it for one of its two operands.
            return p if alone else p / 2
        # Up to six inputs in all, every bit of the product is a single table.
        return p if w + x <= 6 else 1.5 * w * x

    @property
    def _product_interval(self) -> tuple[int, int]:
        """Between which numbers lies what one pair adds."""
        w, x = self.weight, self.input
        if self.style is Style.AGREE:
            return 0, 1
        if self.style is Style.SELECT_WEIGHT:
            return min(x.low, -x.high - 1), max(x.high, -x.low - 1)
        if self.style is Style.SELECT_INPUT:
            return min(w.low, 0), max(w.high, 0)
        corners = [a * b for a in (w.low, w.high) for b in (x.low, x.high)]
        return min(corners), max(corners)


def start_bits(starts: IntArray) -> int:
    """Width of the constant parts of sums in two's complement."""
    return _signed_bits(int(starts.min()), int(starts.max()))


def _adder_bits(numbers: int, bits: int) -> int:
    """Sums of up to `TREE_RADIX` of `numbers` neighbours, in bits of two-input adders."""
    pairs, left = divmod(numbers, 2)
    return pairs * bits + (pairs + left) // 2 * (bits + 1)


def _signed_bits(low: int, high: int) -> int:
    return IntType(min(low, -1), max(high, 0)).bits


def _sign_word(element: IntType) -> str:
    return "bipolar" if element.encoding is Encoding.BIPOLAR else "ternary"


def _format_word(element: IntType) -> str:
    if element.encoding is Encoding.BIPOLAR:
        return "bipolar"
    return f"{element.bits}-bit {'signed' if element.signed else 'unsigned'}"
