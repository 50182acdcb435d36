"""How a parallel window walks over a map: which words a phase needs, and which ones it frees.

Every row of windows walks over all columns of the map. A phase is a word of a column of a row of
windows, in the order (oh, column, word of the pixel). The windows of a row may reach past the right
edge, by `tail` words: then they leave with the phases that bring words of the next row, and the
last phases of a frame need nothing. Numbered by the windows that leave, phase i needs the word that
is read `tail` places after it, or the frame's last one.

A word may hold several pixels of a row, all of their channels. Then a column of the walk is a word,
and as many windows leave together as begin within it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.ops.window.geometry import Geometry


@dataclass(frozen=True)
class Walk:
    """A map as a stream of words, and the walk of windows over it.

    Attributes:
        geometry: Where the taps lie.
        shape: (height, width, channels) of the map.
        pixel_words: Words of a pixel; 1 where a word holds several.
        pixels: Pixels of a word; a multiple of the stride, or 1.
    """

    geometry: Geometry
    shape: tuple[int, int, int]
    pixel_words: int
    pixels: int = 1

    @property
    def columns(self) -> int:
        """Columns of the walk: pixels of a row, or words that hold several."""
        return -(-self.shape[1] // self.pixels)

    @property
    def abreast(self) -> int:
        """Windows that leave together."""
        if self.pixels == 1:
            return 1
        return min(self.pixels // self.geometry.strides[1], self.windows[1])

    @property
    def count(self) -> int:
        """Times that windows leave in a row."""
        return -(-self.windows[1] // self.abreast)

    @property
    def _step(self) -> int:
        """Columns from windows to the next."""
        return self.geometry.strides[1] if self.pixels == 1 else 1

    @property
    def row_words(self) -> int:
        """Words of a row of the map."""
        return self.columns * self.pixel_words

    @property
    def words(self) -> int:
        """Words of a frame at the input."""
        return self.shape[0] * self.row_words

    @property
    def windows(self) -> tuple[int, int]:
        """Windows (vertical, horizontal)."""
        return self.geometry.output(self.shape)

    @property
    def phases(self) -> int:
        """Phases of a frame."""
        return self.windows[0] * self.row_words

    @property
    def reach(self) -> tuple[int, int]:
        """Distance of a window's last tap from its first (vertical, horizontal)."""
        g = self.geometry
        return (g.kernel[0] - 1) * g.dilations[0], (g.kernel[1] - 1) * g.dilations[1]

    @property
    def lead(self) -> int:
        """The column of the last tap of the first windows of a row."""
        g = self.geometry
        last = (self.abreast - 1) * g.strides[1] + self.reach[1] - g.pads[1]
        return last // self.pixels

    @property
    def places(self) -> int:
        """Words of a row from the first tap of the windows that leave together to the last."""
        first = -self.geometry.pads[1] // self.pixels
        return (self.lead - first) * self.pixel_words + 1

    @property
    def _last_column(self) -> int:
        """The column of the last tap of the last windows of a row, right of the map or on it."""
        return (self.count - 1) * self._step + self.lead

    @property
    def tail_columns(self) -> int:
        """Columns that the last windows of a row reach past the right edge."""
        return max(0, self._last_column - self.columns + 1)

    @property
    def tail(self) -> int:
        """The same in words."""
        return self.tail_columns * self.pixel_words

    @property
    def offset(self) -> int:
        """The column of the phase with which the first windows of a row leave."""
        return self.lead - self.tail_columns

    @property
    def is_ring(self) -> bool:
        """Windows of one row, row after row: words are used in the order in which they come."""
        g = self.geometry
        flat = g.kernel[0] == 1 and g.strides[0] == 1 and g.pads[0] == 0
        return flat and self.windows[0] == self.shape[0]

    def problem(self) -> str | None:
        """Why windows can not leave in the order of the walk; None when they do."""
        if (self.count - 1) * self._step >= self.columns or self.offset < 0:
            return "its windows begin or end more than a kernel outside of the map"
        if self.tail_columns > self.columns or self.tail >= self.phases:
            return "its kernel reaches more than a row past the map"
        if self.tail_columns == self.columns and not np.diff(self._last_rows()[:2]).all():
            # The first windows of a frame wait for a read of the second row. Without a word of its
            # own that read would follow the one before, and be a cycle late.
            return "its kernel reaches a row past the map, and two rows of windows end in one row"
        return None

    def emits(self) -> IntArray:
        """1 for every phase that completes windows, else 0; int64 [phases]."""
        columns = np.arange(self.columns) - self.offset
        step, count = self._step, self.count
        hits = (columns >= 0) & (columns % step == 0) & (columns < count * step)
        return np.tile(np.repeat(hits, self.pixel_words), self.windows[0]).astype(np.int64)

    def need(self) -> IntArray:
        """Words that must have arrived before each phase, int64 [phases]; never falls."""
        last = self._last_rows()
        number = last[:, None] * self.row_words + np.arange(self.row_words) + 1
        ahead = np.minimum(np.arange(self.phases) + self.tail, self.phases - 1)
        need: IntArray = np.maximum.accumulate(number.ravel()[ahead])
        return need

    def free(self) -> IntArray:
        """Words released once each phase has fired, int64 [phases]; never falls."""
        first = self._first_rows()[:, None]
        height, place = self.shape[0], np.arange(self.row_words)[None, :]
        kept = np.clip(first, 0, height) * self.row_words
        kept = kept + np.where((first >= 0) & (first < height), place, 0)
        free: IntArray = np.append(kept.ravel()[1:], self.words)
        return free

    def _last_rows(self) -> IntArray:
        """The row of the last tap of every row of windows, or the nearest one of the map."""
        last: IntArray = np.clip(self._first_rows() + self.reach[0], 0, self.shape[0] - 1)
        return last

    def _first_rows(self) -> IntArray:
        """The row of the first tap of every row of windows, int64 [windows down]."""
        g = self.geometry
        rows = np.arange(self.windows[0], dtype=np.int64)
        return rows * g.strides[0] - g.pads[0]
