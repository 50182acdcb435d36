"""Where a kernel is used: the op with the types around it, and the stream formats it speaks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic

import numpy as np
from typing_extensions import TypeVar

from hwcompile.ir.op import Op
from hwcompile.ir.types import IntArray, IntType, TensorType

Parameters = Mapping[str, int | str]
"""A kernel's folding and style, by name: `{"pe": 16, "simd": 49}`. What `schedule.toml` holds."""

REGISTERS = "registers"
"""The parameter that all kernels have (`Kernel.most_registers`)."""


O = TypeVar("O", bound=Op, default=Op)  # noqa: E741
O_co = TypeVar("O_co", bound=Op, covariant=True, default=Op)


@dataclass(frozen=True)
class Site(Generic[O_co]):
    """An op with the types of its inputs and outputs; `Site[Matmul]` is one of a `Matmul`."""

    op: O_co
    inputs: tuple[TensorType, ...]
    outputs: tuple[TensorType, ...]

    @staticmethod
    def of(op: O, *inputs: TensorType) -> Site[O]:
        """The site of `op` on `inputs`, with inferred output types."""
        return Site(op, inputs, op.infer(inputs))


@dataclass(frozen=True)
class Blocks:
    """Another order of a vector of (tap, channel): all taps of one block of channels at a time.

    Element (block, tap, lane) of the stream is element (tap, block * lanes + lane) of the vector.

    Attributes:
        taps: Taps of a vector.
        lanes: Channels of a block; they divide the channels.
    """

    taps: int
    lanes: int

    def positions(self, size: int) -> IntArray:
        """The place in the vector of every element of the stream, int64 [size]."""
        places = np.arange(size, dtype=np.int64).reshape(self.taps, -1, self.lanes)
        return places.transpose(1, 0, 2).ravel()

    @staticmethod
    def of(taps: int, lanes: int, channels: int) -> Blocks | None:
        """The order of such blocks; None where it is the vector's own."""
        return None if taps == 1 or lanes == channels else Blocks(taps, lanes)


@dataclass(frozen=True)
class StreamFormat:
    """How a frame travels: `vectors` vectors of `size` elements, `parallel` elements per word.

    A vector takes ceil(size / parallel) words; element 0 is in the least significant bits; lanes
    beyond the vector's end are zero. The flat order of a frame's elements is that of the tensor
    (height, width, channel; channel fastest) whatever the vectors are; only with `order` are the
    elements of each vector in another one.
    """

    vectors: int
    size: int
    parallel: int
    element: IntType
    order: Blocks | None = None

    @staticmethod
    def of_rows(kind: TensorType, pixels: int) -> StreamFormat:
        """Words of `pixels` neighbours in a row of a map, with all channels; rows are vectors."""
        height, width, channels = kind.shape
        return StreamFormat(height, width * channels, pixels * channels, kind.element)

    @property
    def words_per_vector(self) -> int:
        """ceil(size / parallel)."""
        return -(-self.size // self.parallel)

    @property
    def words(self) -> int:
        """Words of one frame."""
        return self.vectors * self.words_per_vector

    @property
    def bits(self) -> int:
        """Width of a word in bits."""
        return self.parallel * self.element.bits

    def same_order(self, other: StreamFormat) -> bool:
        """True when a frame's elements come in the same order, whatever the words are."""
        if self.order != other.order:
            return False
        return self.order is None or self.size == other.size

    def in_tensor_order(self, vectors: IntArray) -> IntArray:
        """Vectors [n, size] as the tensor has them, of vectors as they travel."""
        if self.order is None:
            return vectors
        found = np.empty_like(vectors)
        found[:, self.order.positions(self.size)] = vectors
        return found

    def same_words(self, other: StreamFormat) -> bool:
        """True when both formats cut a frame into identical words, so a wire joins them."""
        if (self.parallel, self.element) != (other.parallel, other.element):
            return False
        if not self.same_order(other):
            return False
        if self.vectors * self.size != other.vectors * other.size:
            return False
        return self.size == other.size or (
            self.size % self.parallel == 0 and other.size % self.parallel == 0
        )


@dataclass(frozen=True)
class Ports:
    """Stream formats at a kernel's inputs and at its output."""

    inputs: tuple[StreamFormat, ...]
    output: StreamFormat
