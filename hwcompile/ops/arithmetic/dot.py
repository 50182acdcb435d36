"""Dot products with constant weights: an encoding and the tree that sums what its lanes add.

The Python side of the library module `hw_dot`, shared by every kernel that instantiates it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hwcompile.ir.types import BIPOLAR, IntArray, IntType
from hwcompile.ops.arithmetic import encodings
from hwcompile.ops.arithmetic.encoding import (
    TREE_RADIX,
    WeightEncoding,
    adder_bits,
    bits_between,
)
from hwcompile.ops.contract.instance import Value
from hwcompile.ops.contract.memory_image import MemoryImage
from hwcompile.ops.contract.needs import Resources


def weight_type(weights: IntArray) -> IntType:
    """The narrowest type of some weights: bipolar, ternary as int[-1,1], or their interval."""
    if np.all(np.abs(weights) == 1):
        return BIPOLAR
    low, high = int(weights.min()), int(weights.max())
    if low == -1 and high <= 1:
        return IntType(-1, 1)
    return IntType(low, high)


@dataclass(frozen=True)
class Dot:
    """Sums of the products of an encoding."""

    encoding: WeightEncoding

    @staticmethod
    def choose(weight: IntType, element: IntType, wish: str = "auto") -> Dot | None:
        """The best encoding that grants `wish` ("auto" or an encoding's word), if there is one."""
        for encoding in encodings(weight, element):
            if wish in ("auto", encoding.word):
                return Dot(encoding)
        return None

    def sum_bits(self, terms: int, out_bits: int) -> int:
        """Width of a sum of `terms` products; wider than the output would be of no use."""
        low, high = self.encoding.interval()
        return min(bits_between(terms * low, terms * high), out_bits)

    def start_parameters(self, starts: IntArray | None, fan_in: int) -> dict[str, Value]:
        """Parameters, a memory among them, for the constant parts of sums over `fan_in` pairs.

        Args:
            starts: Rows of the start memory, int64 [depth, lanes], or None without one.
            fan_in: Pairs of a whole sum.
        """
        if starts is None:
            return {"Start": self.encoding.start(fan_in)}
        bits = start_bits(starts)
        codes = starts & ((1 << bits) - 1)
        return {"StartBits": bits, "StartFile": MemoryImage.pack(codes, bits, signed=True)}

    def image(self, codes: IntArray) -> MemoryImage:
        """A memory of stored weights, int64 [depth, lanes]."""
        encoding = self.encoding
        return MemoryImage.pack(codes, encoding.stored_bits, signed=encoding.weight.signed)

    def stages(self, terms: int) -> int:
        """Register stages of `hw_dot`: products and first sums, then a stage per tree level."""
        numbers, stages = -(-terms // self.encoding.group), 1
        while numbers > 1:
            numbers, stages = -(-numbers // TREE_RADIX), stages + 1
        return stages

    def parameters(self) -> dict[str, Value]:
        """Parameters of `hw_dot`, by name, without Rows, Terms, Group and SumBits."""
        encoding = self.encoding
        return {
            "Encoding": encoding.name,
            "WBits": encoding.stored_bits,
            "WSigned": encoding.weight.signed,
            "XBits": encoding.input.bits,
            "XSigned": encoding.input.signed,
            "ProductBits": encoding.product_bits,
        }

    def resources(self, rows: int, terms: int, out_bits: int) -> Resources:
        """Estimated use of `hw_dot` with these many rows and terms.

        The formulas follow the structure of the circuit.
        """
        encoding = self.encoding
        group = min(encoding.group, terms)
        limit = self.sum_bits(terms, out_bits)
        bits = min(limit, encoding.product_bits + (group - 1).bit_length())
        numbers = -(-terms // group)
        lut, adders = encoding.first_level(terms, numbers, group)
        ff = numbers * bits
        while numbers > 1:
            adders += adder_bits(numbers, bits)
            growth = (min(numbers, TREE_RADIX) - 1).bit_length()
            numbers, bits = -(-numbers // TREE_RADIX), min(limit, bits + growth)
            ff += numbers * bits
        products = encoding.products(rows * terms)
        return Resources(rows * lut, rows * adders, rows * ff, (), products)


def start_bits(starts: IntArray) -> int:
    """Width of the constant parts of sums in two's complement."""
    return bits_between(int(starts.min()), int(starts.max()))
