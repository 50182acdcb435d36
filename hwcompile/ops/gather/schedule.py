"""When a buffered gather can read and release its words, and how large the buffer must be."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.ops.gather.op import Gather
from hwcompile.ops.gather.words import all_divisors, word_sequence


@dataclass(frozen=True)
class ReadSchedule:
    """The reads of a frame: one per output word, and the program that makes them.

    The program repeats after `period` reads, every time `stride` words further on.

    Attributes:
        arriving: Input words of a frame.
        words: Input word that each read wants, -1 for none, int64 [reads].
        need: Input words that must have been written before each read, int64 [reads].
        free: Input words released after each read, cumulative, int64 [reads].
        period: Divides the number of reads.
        stride: See above.
        capacity: Words of the buffer, a power of two, at least 2.
    """

    arriving: int
    words: IntArray
    need: IntArray
    free: IntArray
    period: int
    stride: int
    capacity: int

    @property
    def releases(self) -> IntArray:
        """Words released by each read of a period, int64 [period].

        The last read of the frame releases all that remain instead, see `final_release`.
        """
        counts = np.diff(self.free, prepend=0)
        if self.period == self.words.size:
            counts[-1] = 0
        return counts[: self.period]

    @property
    def final_release(self) -> int:
        """Words released by the last read of the frame."""
        return int(np.diff(self.free, prepend=0)[-1])


@lru_cache(maxsize=64)
def schedule(op: Gather, parallel: int, arriving: int) -> ReadSchedule:
    """The schedule of a gather whose input frames have `arriving` words of `parallel` elements."""
    words = word_sequence(op, parallel)
    need = np.maximum(np.maximum.accumulate(words + 1), 1)
    need[-1] = arriving  # so that words after the last wanted one can be released
    latest = np.minimum(_later(words, arriving), need)
    period, stride = _period(words)
    free = _periodic(latest, period, stride) if period < words.size else None
    if free is None:
        period, stride, free = words.size, 0, latest
    free[-1] = arriving
    capacity = 1 << max((_capacity(need, free, arriving) - 1).bit_length(), 1)
    return ReadSchedule(arriving, words, need, free, period, stride, capacity)


def _later(words: IntArray, arriving: int) -> IntArray:
    """The lowest word wanted after each read; `arriving` when there is none."""
    wanted = np.where(words < 0, arriving, words)
    after = np.append(wanted[1:], arriving)
    return np.minimum.accumulate(after[::-1])[::-1].copy()


def _period(words: IntArray) -> tuple[int, int]:
    """The shortest period after which the reads repeat a constant, not negative stride further."""
    length = words.size
    blank = words < 0
    for period in all_divisors(length)[:-1]:
        if not np.array_equal(blank[period:], blank[:-period]):
            continue
        steps = (words[period:] - words[:-period])[~blank[period:]]
        if steps[0] >= 0 and np.all(steps == steps[0]):
            return period, int(steps[0])
    return length, 0


def _periodic(latest: IntArray, period: int, stride: int) -> IntArray | None:
    """The latest releases that are the same in every period and never exceed `latest`.

    Args:
        latest: Words that may be released after each read at most, cumulative, int64 [reads].
        period: Reads in a period.
        stride: Words released in a period.

    Returns:
        Cumulative releases, int64 [reads]; None when a period cannot release `stride` words.
    """
    bound = latest.copy()
    bound[-1] = bound.max() + stride  # the last read of the frame releases whatever remains
    offsets = stride * np.arange(bound.size // period)[:, None]
    within = (bound.reshape(-1, period) - offsets).min(axis=0)
    if within[0] < 0 or within[-1] < stride:
        return None
    free: IntArray = (np.minimum(within, stride) + offsets).reshape(-1)
    return free


def _capacity(need: IntArray, free: IntArray, arriving: int) -> int:
    """Words that let frames follow each other as fast as the busier side allows.

    Any schedule with one frame per `pace` cycles shows a sufficient capacity, because the hardware,
    which does everything as early as it can, is then at least as fast. Two are tried: writes as
    early, and writes as late as possible, both with reads in one go.
    """
    reads = np.arange(need.size) + int(np.max(need - np.arange(need.size)))
    pace = max(arriving, need.size)
    early = np.arange(arriving)
    due = reads[np.searchsorted(need, np.arange(1, arriving + 1))] - 1
    late = np.minimum.accumulate((due - early)[::-1])[::-1] + early
    plans = [early] if late[-1] - late[0] >= pace else [early, late]
    return min(_peak(writes, reads, free, pace) for writes in plans)


def _peak(writes: IntArray, reads: IntArray, free: IntArray, pace: int) -> int:
    """Most words in the buffer when frames are written and read every `pace` cycles.

    Args:
        writes: Cycle in which each word of frame 0 is written, int64 [words].
        reads: Cycle of each read of frame 0, int64 [reads].
        free: Words released after each read, cumulative, int64 [reads].
        pace: Cycles per frame.
    """
    released = np.append(0, free)
    total = int(free[-1])
    span = int(reads[-1] - writes[0]) // pace + 2
    held = np.arange(1, writes.size + 1)
    for frame in range(-span, span + 1):
        gone = released[np.searchsorted(reads, writes - frame * pace, side="left")]
        held = held + (total - gone if frame < 0 else -gone)
    return int(held.max())
