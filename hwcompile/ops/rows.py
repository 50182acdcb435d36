"""Constants per row of a table, cut into the order in which a pipe's words need them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hwcompile.ir.types import IntArray
from hwcompile.ops.kernel import MemoryImage


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


def merged(fields: list[Field]) -> list[Field]:
    """The fields of one row when all rows are alike, which all lanes can share."""
    if all(np.all(field.values == field.values[0]) for field in fields):
        return [Field(field.values[:1], field.bits) for field in fields]
    return fields


@dataclass(frozen=True)
class RowTable:
    """The memory of `hw_row_rom`: one word of constants for each word of the stream, cyclically.

    Attributes:
        groups: Words before the constants repeat; its depth.
        shared: All lanes use the same constants, which stand there once.
        width: Bits of one lane's constants.
        image: Contents; lane 0 is least significant.
    """

    groups: int
    shared: bool
    width: int
    image: MemoryImage

    @staticmethod
    def build(fields: list[Field], shape: tuple[int, int, int], parallel: int) -> RowTable:
        """Lay out the rows of `fields` (the first field is least significant)."""
        planes = np.concatenate([field.planes() for field in fields], axis=1)
        index = row_layout(planes.shape[0], shape, parallel)
        flat = planes[index].reshape(index.shape[0], -1)
        packed = np.packbits(flat, axis=1, bitorder="little")
        width = planes.shape[1]
        return RowTable(
            index.shape[0], planes.shape[0] == 1, width, MemoryImage(flat.shape[1], packed)
        )


def row_layout(rows: int, shape: tuple[int, int, int], parallel: int) -> IntArray:
    """Which row each lane of each word needs.

    Args:
        rows: 1, the number of channels, or the number of elements of a frame.
        shape: (height, width, channels).
        parallel: Lanes.

    Returns:
        int64 [groups, lanes]. For one row: [1, 1]. Lanes beyond the end of a vector repeat the
        vector's last row; their result is masked.
    """
    if rows == 1:
        return np.zeros((1, 1), dtype=np.int64)
    channels = shape[2]
    words = -(-channels // parallel)
    channel = np.minimum(np.arange(words * parallel, dtype=np.int64), channels - 1)
    vectors = np.arange(0, rows, channels, dtype=np.int64)
    return (vectors[:, None] + channel).reshape(-1, parallel)
