"""Initial contents of memories."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hwcompile.ir.types import IntArray


@dataclass(frozen=True)
class LanePart:
    """A number in a lane of a row: `bits` bits, in two's complement if `signed`."""

    bits: int
    signed: bool = False


@dataclass(frozen=True)
class MemoryImage:
    """Initial contents of a memory.

    Attributes:
        width: Bits per row.
        rows: uint8 [depth, ceil(width / 8)], little-endian bytes of each row.
        parts: The numbers of a lane, from the least significant bits up; a row is so many lanes one
            beside the other. Circuits see bits; this is for languages that see numbers. Empty when
            a row is nothing but bits.
        numbers: The same contents for languages that see numbers, where a circuit stores what is
            handy for its gates; None where that is the same.
    """

    width: int
    rows: npt.NDArray[np.uint8]
    parts: tuple[LanePart, ...] = ()
    numbers: MemoryImage | None = None

    @staticmethod
    def pack(
        codes: IntArray, bits: int, *, signed: bool = False, parts: tuple[LanePart, ...] = ()
    ) -> MemoryImage:
        """Pack unsigned codes [depth, lanes], each below 2**bits; lane 0 is least significant.

        Args:
            codes: One for every lane.
            bits: Of a code.
            signed: A code is a number in two's complement.
            parts: What a code is made of, when that is more than one number.
        """
        depth, lanes = codes.shape
        narrow = codes.astype(np.min_scalar_type(2**bits - 1))
        planes = (narrow[:, :, None] >> np.arange(bits, dtype=narrow.dtype)) & 1
        flat = planes.reshape(depth, lanes * bits).astype(np.uint8, copy=False)
        rows = np.packbits(flat, axis=1, bitorder="little")
        return MemoryImage(lanes * bits, rows, parts or (LanePart(bits, signed),))

    @property
    def depth(self) -> int:
        """Number of rows."""
        return int(self.rows.shape[0])
