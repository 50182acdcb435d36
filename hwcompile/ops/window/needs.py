"""Which words of a frame a sliding window needs, and when it is done with them.

The window's reader visits words in the order (oh, ow, group, tap, word of the group). Word
numbers count the words of a frame as they arrive.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.ops.window.geometry import Geometry


@dataclass(frozen=True)
class WindowLayout:
    """A map as a stream of words, and the windows over it.

    Attributes:
        geometry: Where the taps lie.
        shape: (height, width, channels) of the map.
        groups: Groups of channels.
        group_words: Words of one pixel of one group.
        taps: Places in the kernel of the taps that are given, ascending; all where empty.
    """

    geometry: Geometry
    shape: tuple[int, int, int]
    groups: int
    group_words: int
    taps: tuple[int, ...] = ()

    @property
    def pixel_words(self) -> int:
        """Words of a pixel."""
        return self.groups * self.group_words

    @property
    def words(self) -> int:
        """Words of a frame at the input."""
        return self.shape[0] * self.shape[1] * self.pixel_words

    @property
    def window_words(self) -> int:
        """Words of one window at the output."""
        return self.tap_rows.size * self.pixel_words

    @property
    def tap_rows(self) -> IntArray:
        """The row of the kernel of every tap, in order."""
        return self._places // self.geometry.kernel[1]

    @property
    def tap_columns(self) -> IntArray:
        """The column of the kernel of every tap, in order."""
        return self._places % self.geometry.kernel[1]

    @property
    def _places(self) -> IntArray:
        rows, columns = self.geometry.kernel
        return np.array(self.taps or range(rows * columns), dtype=np.int64)

    @property
    def reads(self) -> int:
        """Words of a frame at the output."""
        height, width = self.geometry.output(self.shape)
        return height * width * self.window_words

    def need(self) -> IntArray:
        """Words that must have arrived before each read, int64 [reads]; never falls.

        A tap in the padding needs nothing of its own, but a frame does not start before its first
        word has arrived: otherwise the padding of a frame that may never come would leave early.
        """
        rows = self.geometry.positions(0, self.shape)[:, None, None, self.tap_rows, None]
        columns = self.geometry.positions(1, self.shape)[None, :, None, self.tap_columns, None]
        groups = np.arange(self.groups)[None, None, :, None, None]
        words = np.arange(self.group_words)[None, None, None, None, :]
        offset = groups * self.group_words + words + 1
        number = (rows * self.shape[1] + columns) * self.pixel_words + offset
        inside = (rows >= 0) & (rows < self.shape[0]) & (columns >= 0) & (columns < self.shape[1])
        need: IntArray = np.maximum.accumulate(np.where(inside, number, 1).ravel())
        return need

    def free(self) -> IntArray:
        """Words released once each read has fired, int64 [reads]; never falls.

        After the last read of a window everything before the next window's first tap is released.
        Where that tap lies left of the map this keeps a few words longer than necessary; where it
        lies above, right of or below the map, nothing is released. After the last read of a frame
        all of the frame is released, words that no window looks at included: they may even be
        released before they arrive, which drops them on arrival.
        """
        first_row = self.geometry.positions(0, self.shape)[:, :1]
        first_column = self.geometry.positions(1, self.shape)[None, :, 0]
        tap = (first_row * self.shape[1] + first_column) * self.pixel_words
        useful = (first_row < self.shape[0]) & (first_column < self.shape[1])
        starts = np.maximum.accumulate(np.where(useful, tap, 0).clip(min=0).ravel())
        done = np.append(starts[1:], self.words)
        free = np.repeat(np.append(0, starts[1:]), self.window_words)
        free[self.window_words - 1 :: self.window_words] = done
        return free


def least_depth(need: IntArray, free: IntArray) -> int:
    """Words a buffer must hold so that the reader never waits for a word that has no place."""
    return int((need - np.append(0, free[:-1])).max())


def sustains(need: IntArray, free: IntArray, depth: int) -> bool:
    """True when a buffer of `depth` words slows neither the writer nor the reader down.

    That is: frames can follow each other every max(words, reads) cycles. The busier of the two is
    then never idle, so its cycles are known; the other one runs as early as it can; what remains is
    to check that the busier one never has to wait. Exact for the recurrences of
    `ops/contract/timing.py`.
    """
    words, reads = int(free[-1]), free.size
    # Word k (of a periodic stream of words) finds room once the read `phase` of `frame` has fired.
    token = np.arange(3 * words, dtype=np.int64) + 1 - depth
    frame = (token - 1) // words
    phase = np.searchsorted(free, token - frame * words)
    if reads >= words:
        room = phase + frame * reads + 1
        written = _as_early_as_possible(room)[2 * words :]
        fired = np.arange(2 * reads, 3 * reads)
        # A read that needs nothing, as of a memory that is only kept, waits for nobody.
        return bool(np.all((need == 0) | (fired >= written[need - 1] + 1)))
    fired = _as_early_as_possible(np.concatenate([need + f * words for f in range(3)]))
    room = fired[2 * reads :][phase] + (frame - 2) * words + 1
    return bool(np.all(np.arange(3 * words) >= room))


def _as_early_as_possible(earliest: IntArray) -> IntArray:
    """Cycles of firings, one cycle apart at least, none before its earliest cycle."""
    count = np.arange(earliest.size)
    cycles: IntArray = np.maximum.accumulate(earliest - count) + count
    return cycles
