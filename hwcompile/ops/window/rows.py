"""What a sliding window reads, row by row of its output; rows that do the same are kept once.

The same numbers as `WindowLayout.need` and `WindowLayout.free`, in the memory of a few rows: away
from the map's edges a row of windows differs from the one before in a distance only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.ops.contract.timing import Access, Actor, Repeated
from hwcompile.ops.window.needs import WindowLayout


@dataclass(frozen=True, eq=False)
class _Row:
    """A row of windows; counts begin with it.

    Attributes:
        need: Words that must have arrived before each read, int64 [reads of a row].
        free: Words released once each read has fired, int64 [reads of a row].
    """

    need: IntArray
    free: IntArray

    @cached_property
    def news(self) -> IntArray:
        """The reads that need a new word."""
        return np.flatnonzero(np.diff(self.need, prepend=0))

    @cached_property
    def gone(self) -> IntArray:
        """For each word that is released the read that releases it."""
        return np.repeat(np.arange(self.free.size), np.diff(self.free, prepend=0))


class WindowReads:
    """The reads of a frame of windows."""

    def __init__(self, layout: WindowLayout) -> None:
        self.layout = layout
        self._down = layout.geometry.positions(0, layout.shape)
        self._across = layout.geometry.positions(1, layout.shape)
        groups = groupby(self._every_row())
        found = ((same, len(list(rest))) for same, rest in groups)
        self.rows = tuple((self._kept[key], times) for key, times in found)

    def actor(self, buffer: str) -> Actor:
        """The reader: a word of `out` in every cycle, from the words of `buffer`."""
        size = self._across.shape[0] * self.layout.window_words
        ones, count = np.ones(size, dtype=np.int64), np.arange(1, size + 1)
        rows = (
            (Actor(ones, {buffer: Access(row.need, row.free)}, {"out": count}), times)
            for row, times in self.rows
        )
        return Repeated(tuple(rows))

    @cached_property
    def least_depth(self) -> int:
        """Words a buffer must hold so that the reader never waits for a word without a place."""
        held = most = 0
        for row, times in self.rows:
            grows = int(row.need[-1] - row.free[-1])
            peak = int((row.need - np.append(0, row.free[:-1])).max())
            most = max(most, held + peak, held + peak + grows * (times - 1))
            held += grows * times
        return most

    def sustains(self, depth: int) -> bool:
        """True when a buffer of `depth` words slows neither the writer nor the reader down.

        That is: frames can follow each other every max(words, reads) cycles. The busier side is
        never idle then, so its cycles are known; the other one runs as early as it can, and the
        busier one must not have to wait for it. Exact for the recurrences of
        `ops/contract/timing.py`, for frames that follow each other for ever.
        """
        layout, (reads, needs) = self.layout, self._news
        if layout.words > layout.reads:
            return depth >= self._enough
        # Word k is written k + 1 - depth cycles, and the latest delay of a place before it, into
        # its frame; the read that waits for it fires a cycle later at least.
        before, place = np.divmod(needs - 1 - depth, layout.words)
        delay = before * (layout.reads - layout.words) + self._delays[place]
        return bool(np.all(reads >= needs + 1 - depth + delay))

    @cached_property
    def _enough(self) -> int:
        """`sustains` for maps with more words than reads: so many words at least."""
        reads, needs = self._news
        leads = _latest(needs - reads, self.layout.words - self.layout.reads)
        last = np.searchsorted(reads, self._releases, "right") - 1
        words = np.arange(self.layout.words)
        return int((self._releases + leads[last] + 1 - words).max())

    @cached_property
    def _delays(self) -> IntArray:
        """How much later than word by word places become free, by word of the frame."""
        words = np.arange(self.layout.words)
        return _latest(self._releases - words, self.layout.reads - self.layout.words)

    @cached_property
    def _releases(self) -> IntArray:
        """The read that releases each word of a frame, int64 [words]."""
        found, first = [], 0
        for row, times in self.rows:
            starts = first + row.need.size * np.arange(times)[:, None]
            found.append((starts + row.gone).ravel())
            first += row.need.size * times
        return np.concatenate(found)

    @cached_property
    def _news(self) -> tuple[IntArray, IntArray]:
        """The reads of a frame that need a new word, and how many words each of them needs."""
        reads, needs, first, base = [], [], 0, 0
        for row, times in self.rows:
            count = np.arange(times)[:, None]
            reads.append((first + row.need.size * count + row.news).ravel())
            needs.append((base + int(row.need[-1]) * count + row.need[row.news]).ravel())
            first += row.need.size * times
            base += int(row.need[-1]) * times
        return np.concatenate(reads), np.concatenate(needs)

    @cached_property
    def _kept(self) -> dict[int, _Row]:
        """All rows that differ, by identity."""
        return {}

    def _every_row(self) -> Iterator[int]:
        """Each row of the frame, as a key of `_kept`.

        A row follows from the taps on the map, from the words needed and released before it, and
        from where the next row starts: all relative to its first tap.
        """
        known: dict[object, tuple[_Row, int, int]] = {}
        line = self.layout.shape[1] * self.layout.pixel_words
        needed = released = 0
        for index, rows in enumerate(self._down):
            base = int(rows[0]) * line
            following = self._next_start(index) - base
            inside = (rows >= 0) & (rows < self.layout.shape[0])
            useful = bool(rows[0] < self.layout.shape[0])
            key = (index == 0, inside.tobytes(), useful, needed - base, released - base, following)
            if key not in known:
                made = self._row(index, needed, released)
                known[key] = (made[0], made[1] - base, made[2] - base)
                self._kept[id(made[0])] = made[0]
            row, more, gone = known[key]
            needed, released = base + more, base + gone
            yield id(row)

    def _next_start(self, index: int) -> int:
        """What the first window of the next row lets go: words before its first tap."""
        if index + 1 == self._down.shape[0]:
            return self.layout.words
        row, column = int(self._down[index + 1, 0]), int(self._across[0, 0])
        if row >= self.layout.shape[0] or column >= self.layout.shape[1]:
            return 0
        return max((row * self.layout.shape[1] + column) * self.layout.pixel_words, 0)

    def _row(self, index: int, needed: int, released: int) -> tuple[_Row, int, int]:
        """A row after so many words needed and released; and how many those are behind it."""
        layout, top, left = self.layout, int(self._down[index, 0]), self._across[:, 0]
        height, width, _ = layout.shape
        rows, columns = self._down[index, layout.tap_rows], self._across[:, layout.tap_columns]
        inside = ((rows >= 0) & (rows < height)) & ((columns >= 0) & (columns < width))
        pixel = (rows * width + columns) * layout.pixel_words
        word = np.arange(1, layout.pixel_words + 1).reshape(layout.groups, -1)
        number = pixel[:, None, :, None] + word[None, :, None, :]
        taken = np.where(inside[:, None, :, None], number, max(needed, 1)).ravel()
        need = np.maximum.accumulate(np.maximum(taken, max(needed, 1)))
        tap = (top * width + left) * layout.pixel_words
        useful = (left < width) & (top < height)
        starts = np.maximum.accumulate(np.maximum(np.where(useful, tap, 0), released))
        after = max(int(starts[-1]), self._next_start(index))
        free = np.repeat(starts, layout.window_words)
        free[layout.window_words - 1 :: layout.window_words] = np.append(starts[1:], after)
        return _Row(need - needed, free - released), int(need[-1]), after


def _latest(values: IntArray, gain: int) -> IntArray:
    """The largest value up to each place, those behind it counted a turn before: `gain` less."""
    until = np.maximum.accumulate(values)
    behind = np.maximum.accumulate(values[::-1])[::-1]
    latest: IntArray = np.maximum(until, np.append(behind[1:], until[-1]) - gain)
    return latest
