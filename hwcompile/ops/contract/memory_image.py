"""Initial contents of memories."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hwcompile.ir.types import IntArray


@dataclass(frozen=True)
class MemoryImage:
    """Initial contents of a memory.

    Attributes:
        width: Bits per row.
        rows: uint8 [depth, ceil(width / 8)], little-endian bytes of each row.
    """

    width: int
    rows: npt.NDArray[np.uint8]

    @staticmethod
    def pack(codes: IntArray, bits: int) -> MemoryImage:
        """Pack unsigned codes [depth, lanes], each below 2**bits; lane 0 is least significant."""
        depth, lanes = codes.shape
        narrow = codes.astype(np.min_scalar_type(2**bits - 1))
        planes = (narrow[:, :, None] >> np.arange(bits, dtype=narrow.dtype)) & 1
        flat = planes.reshape(depth, lanes * bits).astype(np.uint8, copy=False)
        return MemoryImage(lanes * bits, np.packbits(flat, axis=1, bitorder="little"))

    @property
    def depth(self) -> int:
        """Number of rows."""
        return int(self.rows.shape[0])
