"""Rows that stand in external memory: an image that a core reads row by row, over and over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hwcompile.limits import MEMORY_BITS
from hwcompile.ops.contract.memory_image import MemoryImage

LEAST_BITS, MOST_BITS = MEMORY_BITS
"""Data widths of an AXI4 port that interconnects take."""

BOUNDARY = 4096
"""No burst crosses a multiple of so many bytes (AXI4 specification, A3.4.1)."""

BURST = 32
"""Beats of a burst, where the other limits allow it."""

PREFETCH = 128
"""Rows that have a place in the prefetch FIFO, unless a schedule says otherwise."""


@dataclass(frozen=True)
class ExternalMemory:
    """A row per beat of the narrowest data bus that holds it.

    Attributes:
        image: The rows; the core takes them on its port `weights`.
        passes: How often a frame takes all rows.
        prefetch: Rows that can be asked for ahead of their use.
    """

    image: MemoryImage
    passes: int
    prefetch: int = PREFETCH

    @property
    def data_bits(self) -> int:
        """Width of the data bus: a power of two."""
        return bus_bits(self.image.width)

    @property
    def burst_beats(self) -> int:
        """Beats of a burst: a power of two, a quarter of the places at most."""
        most = min(BURST, BOUNDARY * 8 // self.data_bits, max(self.prefetch // 4, 1))
        return 1 << (most.bit_length() - 1)

    @property
    def size(self) -> int:
        """Bytes of the image."""
        return self.image.depth * self.data_bits // 8

    def contents(self) -> bytes:
        """The image as it stands in memory: little-endian, rows padded to whole beats."""
        beats = np.zeros((self.image.depth, self.data_bits // 8), dtype=np.uint8)
        beats[:, : self.image.rows.shape[1]] = self.image.rows
        return beats.tobytes()


def bus_bits(row_bits: int) -> int:
    """The narrowest data bus that holds a row; may be wider than `MOST_BITS`."""
    return max(LEAST_BITS, 1 << (row_bits - 1).bit_length())
