"""Constants per row of a table, cut into the order in which a pipe's words need them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hwcompile.ir.types import IntArray
from hwcompile.ops.contract.memory_image import LanePart, MemoryImage


@dataclass(frozen=True)
class Field:
    """Numbers that every row has: signed or unsigned codes of `bits` bits each.

    Attributes:
        values: int64 [R, k]; taken modulo 2**bits.
        bits: At most 63.
    """

    values: IntArray
    bits: int

    def planes(self) -> npt.NDArray[np.uint8]:
        """Bits of each row, least significant first, uint8 [R, k * bits]."""
        rows, count = self.values.shape
        codes = self.values[:, :, None] >> np.arange(self.bits, dtype=np.int64)
        return (codes & 1).astype(np.uint8).reshape(rows, count * self.bits)

    @property
    def parts(self) -> tuple[LanePart, ...]:
        """The numbers of a row as parts of a lane in a memory."""
        part = LanePart(self.bits, signed=bool(self.values.min() < 0))
        return tuple(part for _ in range(self.values.shape[1]))


def merged(fields: Sequence[Field]) -> tuple[Field, ...]:
    """The fields of one row when all rows are alike, which all lanes can share."""
    if all(np.all(field.values == field.values[0]) for field in fields):
        return tuple(Field(field.values[:1], field.bits) for field in fields)
    return tuple(fields)


@dataclass(frozen=True)
class RowTable:
    """The memory of `hw_row_rom`: one word of constants for each word of the stream, cyclically.

    Attributes:
        fields: Constants of every row; the first field is least significant.
        shape: (height, width, channels) of the feature map.
        parallel: Lanes of the stream.
    """

    fields: tuple[Field, ...]
    shape: tuple[int, int, int]
    parallel: int

    @property
    def rows(self) -> int:
        """R."""
        return int(self.fields[0].values.shape[0])

    @property
    def shared(self) -> bool:
        """All lanes use the same constants, which stand there once."""
        return self.rows == 1

    @property
    def groups(self) -> int:
        """Words before the constants repeat; the depth."""
        return row_period(self.rows, self.shape, self.parallel)

    @property
    def width(self) -> int:
        """Bits of a word."""
        lane: int = sum(field.values.shape[1] * field.bits for field in self.fields)
        return lane if self.shared else lane * self.parallel

    def image(self) -> MemoryImage:
        """Contents; lane 0 is least significant."""
        planes = np.concatenate([field.planes() for field in self.fields], axis=1)
        layout = row_layout(self.rows, self.shape, self.parallel)
        flat = planes[layout].reshape(layout.shape[0], -1)
        parts = tuple(part for field in self.fields for part in field.parts)
        return MemoryImage(flat.shape[1], np.packbits(flat, axis=1, bitorder="little"), parts)


def row_period(rows: int, shape: tuple[int, int, int], parallel: int) -> int:
    """How many words pass before the rows repeat: the first dimension of `row_layout`."""
    if rows == 1 or (rows == shape[2] and parallel > rows):
        return 1
    size = _vector(shape, parallel)
    return rows // size * -(-size // parallel)


def row_layout(rows: int, shape: tuple[int, int, int], parallel: int) -> IntArray:
    """Which row each lane of each word needs.

    Args:
        rows: 1, the number of channels, or the number of elements of a frame.
        shape: (height, width, channels).
        parallel: Lanes; more than there are channels are those of several pixels of a row.

    Returns:
        int64 [groups, lanes]. For one row: [1, 1]. Lanes beyond the end of a vector repeat the
        vector's last row; their result is masked.
    """
    if rows == 1:
        return np.zeros((1, 1), dtype=np.int64)
    if rows == shape[2] and parallel > rows:
        return np.arange(parallel, dtype=np.int64)[None, :] % rows
    size = _vector(shape, parallel)
    words = -(-size // parallel)
    place = np.minimum(np.arange(words * parallel, dtype=np.int64), size - 1)
    vectors = np.arange(0, rows, size, dtype=np.int64)
    return (vectors[:, None] + place).reshape(-1, parallel)


def _vector(shape: tuple[int, int, int], parallel: int) -> int:
    """Elements of a vector: a pixel, or a row of pixels when a word holds several of them."""
    return shape[2] if parallel <= shape[2] else shape[1] * shape[2]
