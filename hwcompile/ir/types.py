"""Types of IR values: an integer interval with an encoding, and a feature-map shape.

A tensor holds integers. Its element type is the interval its elements can reach; bit widths follow
from the interval. What the integers mean as real numbers (`scale * (q - zero_point)`) is kept
beside the element type and never influences the arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hwcompile_runtime.integers import BIPOLAR, Encoding, IntArray, IntType, bits_of

__all__ = ["BIPOLAR", "Encoding", "IntArray", "IntType", "TensorType", "bits_of"]


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
