"""When every frame of a design ends, for ever, as data.

A design's outputs may settle at different paces: parts that share no stream run at their own
interval, and a part may fill a deep FIFO for many frames before it slows down. So each output has a
list of *stretches*, and a frame ends when the last output has it: the latest of all outputs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from math import gcd, lcm
from typing import Any

import numpy as np

from hwcompile.ir.types import IntArray


@dataclass(frozen=True)
class Stretch:
    """Frames of one output from `first` on, until the next stretch begins.

    Attributes:
        first: The first frame it tells about.
        ends: Cycle in which the output's last word leaves, for frames `first`, `first + 1`, ...
        period: So many frames take turns: the last `period` of `ends` repeat ...
        later: ... each time so many cycles later.
    """

    first: int
    ends: tuple[int, ...]
    period: int
    later: int

    def until(self, stop: int) -> IntArray:
        """The ends of frames `first` to `stop - 1`, int64."""
        return self.at(np.arange(self.first, stop, dtype=np.int64))

    def at(self, frames: IntArray) -> IntArray:
        """The ends of these frames, none before `first`, int64."""
        index = frames - self.first
        turns = np.maximum(index - len(self.ends), -self.period) // self.period + 1
        known = np.array(self.ends, dtype=np.int64)
        ends: IntArray = known[index - turns * self.period] + turns * self.later
        return ends

    def every(self, count: int, stop: int | None) -> Stretch | None:
        """The last of each `count` frames before `stop` as frames; None if there is none."""
        first = max(-((count - 1 - self.first) // count), 0)
        if stop is not None and (first + 1) * count > stop:
            return None
        period = self.period // gcd(self.period, count)
        known = -(-len(self.ends) // count) + period
        last = (first + np.arange(known, dtype=np.int64) + 1) * count - 1
        later = self.later * (period * count // self.period)
        return Stretch(first, tuple(self.at(last).tolist()), period, later).trimmed()

    def trimmed(self) -> Stretch:
        """The same stretch without ends that follow from those before."""
        ends = list(self.ends)
        while len(ends) > self.period and ends[-1] == ends[-1 - self.period] + self.later:
            ends.pop()
        return Stretch(self.first, tuple(ends), self.period, self.later)


@dataclass(frozen=True)
class FrameEnds:
    """When frames end, source and sink always ready; cycle 0 accepts the first word.

    Attributes:
        outputs: For each graph output its stretches, in ascending order; the first begins with
            frame 0.
        exact: So many frames end exactly then; None for all. Beyond them only the interval is
            known.
    """

    outputs: tuple[tuple[Stretch, ...], ...]
    exact: int | None = None

    def first(self, frames: int) -> IntArray:
        """Cycle in which the last word of each of the first frames leaves, int64 [frames]."""
        ends: IntArray = np.max([_ends(stretches, frames) for stretches in self.outputs], axis=0)
        return ends

    @property
    def interval(self) -> int:
        """Cycles per frame once everything has settled, on average, rounded up."""
        return max(-(-line[-1].later // line[-1].period) for line in self.outputs)

    @property
    def period(self) -> int:
        """Frames that take turns at the slowest outputs."""
        paces = self._paces
        last = [line[-1].period for line in self.outputs]
        return lcm(*(n for n, pace in zip(last, paces, strict=True) if pace == max(paces)))

    @property
    def together(self) -> bool:
        """Whether all outputs keep the same pace once they have settled."""
        return len(set(self._paces)) == 1

    @property
    def _paces(self) -> list[Fraction]:
        return [Fraction(line[-1].later, line[-1].period) for line in self.outputs]

    @property
    def settled(self) -> int:
        """Frames after which the ends of every output repeat themselves."""
        return max(line[-1].first + len(line[-1].ends) for line in self.outputs)

    def every(self, count: int) -> FrameEnds:
        """The ends of frames of which each is `count` of these; all ends must be exact."""
        return FrameEnds(tuple(_every(line, count) for line in self.outputs))

    def paced(self, interval: int) -> FrameEnds:
        """The same ends as far as they are exact, and then a frame every `interval` cycles."""
        lines = tuple(
            (*line[:-1], replace(line[-1], period=1, later=interval)) for line in self.outputs
        )
        return FrameEnds(lines, self.exact)

    def to_json(self) -> dict[str, Any]:
        """Plain data for `report.json`."""
        lines = [[asdict(stretch) for stretch in line] for line in self.outputs]
        return {"outputs": lines, "exact_frames": self.exact}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> FrameEnds:
        """The inverse of `to_json`."""
        return FrameEnds(
            tuple(tuple(_stretch(item) for item in line) for line in data["outputs"]),
            data["exact_frames"],
        )


def _stretch(data: Mapping[str, Any]) -> Stretch:
    return Stretch(data["first"], tuple(data["ends"]), data["period"], data["later"])


def _ends(stretches: Sequence[Stretch], frames: int) -> IntArray:
    stops = [stretch.first for stretch in stretches[1:]] + [frames]
    parts = [s.until(min(stop, frames)) for s, stop in zip(stretches, stops, strict=True)]
    ends: IntArray = np.concatenate(parts)
    return ends


def _every(line: Sequence[Stretch], count: int) -> tuple[Stretch, ...]:
    stops = [*(stretch.first for stretch in line[1:]), None]
    parts = (stretch.every(count, stop) for stretch, stop in zip(line, stops, strict=True))
    return tuple(part for part in parts if part is not None)
