"""Integer types: an interval with an encoding, of which bit widths follow."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt

from hwcompile_runtime.packing import decode, encode

IntArray = npt.NDArray[np.int64]


class Encoding(Enum):
    """How an integer is represented in bits."""

    INTEGER = "int"  # unsigned when the interval has no negative number, else two's complement
    BIPOLAR = "bipolar"  # one bit: 0 means -1, 1 means +1


def bits_of(low: int, high: int) -> int:
    """Bits of integers from `low` to `high`, at least 1: two's complement below zero."""
    if low < 0:
        return max((-low - 1).bit_length(), max(high, 0).bit_length()) + 1
    return max(high.bit_length(), 1)


@dataclass(frozen=True)
class IntType:
    """Integers from `low` to `high`, both reachable as far as is known.

    Raises:
        ValueError: If the interval is empty, or a bipolar type is not [-1, 1].
    """

    low: int
    high: int
    encoding: Encoding = Encoding.INTEGER

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError(f"empty interval [{self.low}, {self.high}]")
        if self.encoding is Encoding.BIPOLAR and (self.low, self.high) != (-1, 1):
            raise ValueError(f"a bipolar type has the interval [-1, 1], not {self}")

    @property
    def signed(self) -> bool:
        """True when the bits are two's complement."""
        return self.encoding is Encoding.INTEGER and self.low < 0

    @property
    def kind(self) -> str:
        """What the bits mean: "bipolar", "signed" or "unsigned"."""
        if self.encoding is Encoding.BIPOLAR:
            return "bipolar"
        return "signed" if self.signed else "unsigned"

    @property
    def bits(self) -> int:
        """Width in bits, at least 1."""
        if self.encoding is Encoding.BIPOLAR:
            return 1
        return bits_of(self.low, self.high)

    @property
    def levels(self) -> int:
        """How many integers the interval holds (a bipolar type holds two)."""
        return 2 if self.encoding is Encoding.BIPOLAR else self.high - self.low + 1

    def values(self) -> IntArray:
        """All integers of the type in ascending order, as int64 [levels]."""
        if self.encoding is Encoding.BIPOLAR:
            return np.array([-1, 1], dtype=np.int64)
        return np.arange(self.low, self.high + 1, dtype=np.int64)

    def contains(self, values: IntArray) -> bool:
        """True when every element of `values` belongs to the type."""
        if values.size == 0:
            return True
        if self.encoding is Encoding.BIPOLAR:
            return bool(np.all(np.abs(values) == 1))
        return bool(values.min() >= self.low and values.max() <= self.high)

    def encode(self, values: IntArray) -> IntArray:
        """Return the unsigned bit patterns (each below 2**bits) of `values`; same shape."""
        return encode(values, self.bits, self.kind)

    def decode(self, codes: IntArray) -> IntArray:
        """Inverse of `encode`; same shape."""
        return decode(codes, self.bits, self.kind)

    def __str__(self) -> str:
        if self.encoding is Encoding.BIPOLAR:
            return "bipolar"
        return f"int[{self.low},{self.high}]"


BIPOLAR = IntType(-1, 1, Encoding.BIPOLAR)
