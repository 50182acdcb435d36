"""Cycles of a channel's tokens, or of a process's firings, over some frames, piece by piece."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.schedule.time.engine import NEVER
from hwcompile.schedule.time.pieces import Shape

Span = tuple[int, int, int, int]
"""Tokens of a track: the piece of the first and its place there, that of the last and its place."""


class Track:
    """Cycles in pieces, each frame cut alike.

    Attributes:
        sizes: Entries of each piece of a frame; pieces without any are left out.
        tokens: Entries of a frame.
        shapes: Of each piece of all frames; None where nothing is known yet.
        firsts: The first cycle of each piece.
    """

    def __init__(self, sizes: Sequence[int], frames: int) -> None:
        self.sizes = tuple(size for size in sizes if size)
        self.tokens = sum(self.sizes)
        self.shapes: list[Shape | None] = [None] * (frames * len(self.sizes))
        self.firsts = [NEVER] * len(self.shapes)
        self._starts = np.cumsum((0, *self.sizes[:-1])).tolist()

    @property
    def step(self) -> int:
        """Pieces of a frame."""
        return len(self.sizes)

    @property
    def frames(self) -> int:
        """How many there are."""
        return len(self.shapes) // self.step

    def place(self, entry: int) -> tuple[int, int]:
        """The piece of an entry, counted from 0, and its place there; both before frame 0, too."""
        frame, rest = divmod(entry, self.tokens)
        piece = bisect_right(self._starts, rest) - 1
        return frame * self.step + piece, rest - self._starts[piece]

    def span(self, first: int, last: int) -> Span:
        """The places of two entries."""
        return (*self.place(first), *self.place(last))

    def at(self, entry: int) -> int:
        """The cycle of an entry."""
        piece, place = self.place(entry)
        shape = self.shapes[piece]
        return NEVER if shape is None else self.firsts[piece] + int(shape.cycles[place])

    def cycles(self, piece: int, stop: int, origin: int = 0) -> IntArray:
        """The cycles of some pieces, less `origin`; `NEVER` before the first frame."""
        found = []
        for number in range(piece, stop):
            shape = self.shapes[number] if number >= 0 else None
            if shape is None:
                found.append(np.full(self.sizes[number % self.step], NEVER, dtype=np.int64))
            else:
                found.append(shape.cycles.astype(np.int64) + (self.firsts[number] - origin))
        return found[0] if len(found) == 1 else np.concatenate(found)

    def moved(self, piece: int, back: int) -> int | None:
        """How much later a piece is than one before, where it has the same shape."""
        if self.shapes[piece] is not self.shapes[piece - back]:
            return None
        return self.firsts[piece] - self.firsts[piece - back]

    def repeats(self, frames: int, period: int, later: int) -> bool:
        """Whether each of the last frames is the one `period` before, so much later."""
        back, end = period * self.step, len(self.shapes)
        pieces = range(end - (frames - period) * self.step, end)
        return all(self.moved(piece, back) == later for piece in pieces)


class PieceTrace:
    """When the tokens of a channel were written and freed, as `engine.ChannelTrace`, by pieces."""

    def __init__(self, started: Track, freed: Track, known: dict[object, int]) -> None:
        self._started = started
        self._freed = freed
        self._known = known

    @property
    def started(self) -> IntArray:
        """Cycle of the firing that writes each token, int64 [frames * tokens]."""
        return self._started.cycles(0, len(self._started.shapes))

    @property
    def freed(self) -> IntArray:
        """Cycle of the firing that frees each token, int64 [frames * tokens]."""
        return self._freed.cycles(0, len(self._freed.shapes))

    def frame_starts(self, frames: int) -> IntArray:
        """The cycle that writes the first token of each frame, int64 [frames]."""
        return np.array(self._started.firsts[:: self._started.step], dtype=np.int64)

    def frame_ends(self, frames: int) -> IntArray:
        """The cycle that frees the last token of each frame, int64 [frames]."""
        last = range(self._freed.tokens - 1, frames * self._freed.tokens, self._freed.tokens)
        return np.array([self._freed.at(entry) for entry in last], dtype=np.int64)

    def repeats(self, all_frames: int, frames: int, period: int, later: int) -> bool:
        """Whether each of the last `frames` is the one `period` before, so many cycles later."""
        tracks = (self._started, self._freed)
        return all(track.repeats(frames, period, later) for track in tracks)

    @property
    def occupancy(self) -> int:
        """Largest number of tokens held at once, from the start of each to its release."""
        started, freed = self._started, self._freed
        begins, ends, gone = freed.firsts, [], [0]
        for shape, first in zip(freed.shapes, freed.firsts, strict=True):
            assert shape is not None
            ends.append(first + shape.last)
            gone.append(gone[-1] + shape.size)
        most = written = 0
        for shape, first in zip(started.shapes, started.firsts, strict=True):
            assert shape is not None
            early, late = bisect_left(ends, first), bisect_left(begins, first + shape.last)
            key = (
                "held", shape, *freed.shapes[early:late], *(b - first for b in begins[early:late])
            )  # fmt: skip
            held = self._known.get(key)
            if held is None:
                held = self._held(shape, first, early, late)
                self._known[key] = held
            most = max(most, written - gone[early] + held)
            written += shape.size
        return most

    def _held(self, shape: Shape, first: int, early: int, late: int) -> int:
        """Most tokens of a piece that are held, if those of a few pieces are freed meanwhile."""
        count = np.arange(1, shape.size + 1)
        if late > early:
            freed = self._freed.cycles(early, late, first)
            count -= np.searchsorted(freed, shape.cycles, side="left")
        return int(count.max())

    @property
    def longest_stay(self) -> int:
        """Most cycles from the start of a token to its release."""
        started, freed = self._started, self._freed
        most, entry = NEVER, 0
        for shape, first in zip(started.shapes, started.firsts, strict=True):
            assert shape is not None
            piece, place, last, _ = freed.span(entry, entry + shape.size - 1)
            pieces = slice(piece, last + 1)
            key = (
                "stay", shape, place, *freed.shapes[pieces],
                *(b - first for b in freed.firsts[pieces]),
            )  # fmt: skip
            stay = self._known.get(key)
            if stay is None:
                until = freed.cycles(piece, last + 1, first)[place:][: shape.size]
                stay = int((until - shape.cycles).max())
                self._known[key] = stay
            most = max(most, stay)
            entry += shape.size
        return most
