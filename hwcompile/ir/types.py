"""Types of IR values: an integer interval with an encoding, and a feature-map shape.

A tensor holds integers. Its element type is the interval its elements can reach; bit widths follow
from the interval. What the integers mean as real numbers (`scale * (q - zero_point)`) is kept
beside the element type and never influences the arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

import numpy as np
import numpy.typing as npt

from hwcompile.packing import decode, encode

IntArray = npt.NDArray[np.int64]


class Encoding(Enum):
    """How an integer is represented in bits."""

    INTEGER = "int"  # unsigned when the interval has no negative number, else two's complement
    BIPOLAR = "bipolar"  # one bit: 0 means -1, 1 means +1


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
        if self.low < 0:
            return max((-self.low - 1).bit_length(), max(self.high, 0).bit_length()) + 1
        return max(self.high.bit_length(), 1)

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


@dataclass(frozen=True)
class TensorType:
    """A feature map of integers, channel fastest: shape (height, width, channels), no batch axis.

    A vector of n elements is (1, 1, n); a 1-D signal of length l with c channels is (1, l, c).

    Attributes:
        shape: (height, width, channels), each at least 1.
        element: The interval and encoding of every element.
        scale: Real-world step; one number, or one per channel.
        zero_point: The integer that means 0.0; one number, or one per channel.
    """

    shape: tuple[int, int, int]
    element: IntType
    scale: tuple[float, ...] = field(default=(1.0,))
    zero_point: tuple[int, ...] = field(default=(0,))

    def __post_init__(self) -> None:
        if len(self.shape) != 3 or min(self.shape) < 1:
            raise ValueError(f"a tensor shape is (height, width, channels), not {self.shape}")
        for name, values in (("scale", self.scale), ("zero_point", self.zero_point)):
            if len(values) not in (1, self.channels):
                raise ValueError(f"{name} has {len(values)} values for {self.channels} channels")

    @property
    def pixels(self) -> int:
        """Pixels of one frame: height * width."""
        return self.shape[0] * self.shape[1]

    @property
    def channels(self) -> int:
        """Size of the fastest axis."""
        return self.shape[2]

    @property
    def size(self) -> int:
        """Elements of one frame."""
        return self.pixels * self.channels

    def with_element(self, element: IntType) -> TensorType:
        """The same tensor with another element type."""
        return TensorType(self.shape, element, self.scale, self.zero_point)

    def __str__(self) -> str:
        shape = "x".join(str(n) for n in self.shape)
        return f"{shape} {self.element}"
