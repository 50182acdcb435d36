"""Compares the cycles of a simulation with the predicted ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from hwcompile.emit.interface import MemoryPort
from hwcompile.ir.types import IntArray
from hwcompile.schedule.time.frame_ends import FrameEnds
from hwcompile.verify.result import SimulationResult


@dataclass(frozen=True)
class Late:
    """A frame that did not end when it should have.

    Attributes:
        frame: Its number, from 0.
        predicted: Cycle in which it should have ended, from the first accepted word.
        measured: Cycle in which it did.
    """

    frame: int
    predicted: int
    measured: int


@dataclass(frozen=True)
class RunCycles:
    """Predicted and measured cycles of a run without stalls.

    Attributes:
        predicted: Cycle in which each frame should end, from the first accepted word.
        measured: Cycle in which it did, int64 [frames].
        period: Frames that take turns.
        exact: So many of the predicted ends are exact; those after follow the average pace.
        early: Frames may end before their time: a kernel's speed depends on the data, and the
            prediction is for the slowest data.
        starved: Cycles by which frames may end after their time: stages waited for external memory.
        load: Cycles from reset until the first word was accepted, predicted and measured, where
            weights are loaded; those in which memory was waited for are part of both.
    """

    predicted: IntArray
    measured: IntArray
    period: int
    exact: int
    early: bool = False
    starved: int = 0
    load: tuple[int, int] | None = None

    @staticmethod
    def of(
        ends: FrameEnds,
        run: SimulationResult,
        frames: int,
        early: bool,
        memories: Sequence[MemoryPort] = (),
    ) -> RunCycles:
        """The timing of a run of so many frames of a design with these ports to memory."""
        exact = frames if ends.exact is None else min(ends.exact, frames)
        predicted, measured = ends.first(frames), measured_frame_ends(run, frames)
        loaders = {port.name: port.load_cycles for port in memories if port.load_cycles}
        starved = sum(cycles for name, cycles in run.starved.items() if name not in loaders)
        load = None
        if loaders:
            ready = max(cycles + run.starved[name] for name, cycles in loaders.items())
            load = ready, first_accepted(run)
        return RunCycles(predicted, measured, ends.period, exact, early, starved, load)

    def known(self, ends: IntArray, pace: int) -> RunCycles:
        """The same run, of which other ends are known: its frames took one of two ways.

        Args:
            ends: Cycle in which each of the first frames should end, int64 [at most all frames].
            pace: Cycles per frame that are assumed of the frames behind.
        """
        behind = ends[-1] + pace * np.arange(1, self.measured.size - ends.size + 1)
        predicted = np.concatenate((ends, behind))
        return replace(self, predicted=predicted, period=1, exact=ends.size)

    @property
    def interval(self) -> tuple[int, int] | None:
        """(predicted, measured) cycles per frame at the end of this run; None for one frame."""
        predicted = last_interval(self.predicted, self.period)
        measured = last_interval(self.measured, self.period)
        return None if predicted is None or measured is None else (predicted, measured)

    @property
    def latency(self) -> tuple[int, int]:
        """(predicted, measured) cycles of the first frame."""
        return int(self.predicted[0]) + 1, int(self.measured[0]) + 1

    @property
    def late(self) -> Late | None:
        """The first frame whose end is not the predicted one."""
        ends = zip(self.predicted[: self.exact].tolist(), self.measured.tolist(), strict=False)
        for frame, (want, got) in enumerate(ends):
            if not self._allowed(want, got):
                return Late(frame, want, got)
        return None

    @property
    def agrees(self) -> bool:
        """True when loading, frame ends, interval and latency are the predicted ones."""
        loads = self.load is None or self.load[0] == self.load[1]
        ends = self.late is None and self._allowed(*self.latency)
        return loads and ends and self._interval_agrees

    @property
    def _interval_agrees(self) -> bool:
        """Single ends may move by themselves where early or starved, and gaps then grow, too."""
        if self.interval is None or self.early or self.exact < self.measured.size:
            return True
        return self._allowed(*self.interval)

    def _allowed(self, predicted: int, measured: int) -> bool:
        if measured < predicted:
            return self.early
        return measured <= predicted + self.starved

    def lines(self, settled: int) -> list[str]:
        """What a person should read: interval, latency, and the frames' ends.

        Args:
            settled: Predicted cycles per frame after all transients.
        """
        text = []
        if self.load is not None:
            text.append("loading: {:,} cycles predicted, {:,} measured".format(*self.load))
        if self.interval is not None:
            predicted, measured = self.interval
            later = f"; {settled:,} once settled" if predicted != settled else ""
            text.append(f"interval: {predicted:,} cycles predicted, {measured:,} measured{later}")
        text.append("latency: {:,} cycles predicted, {:,} measured".format(*self.latency))
        return [*text, *self._end_lines()]

    def _end_lines(self) -> list[str]:
        late, frames = self.late, self.measured.size
        if late is not None:
            ended = f"frame {late.frame} ended in cycle {late.measured:,}"
            return [f"{ended}, not in the predicted {late.predicted:,}"]
        last, how = self.exact - 1, "as predicted"
        if self.measured[last] != self.predicted[last]:
            limit = "without waiting for memory" if self.starved else "at the latest"
            how = f"predicted for {int(self.predicted[last]):,} {limit}"
        text = [f"frame {last} ended in cycle {int(self.measured[last]):,}, {how}"]
        if self.exact < frames:
            text.append(f"frames {self.exact} to {frames - 1} have no exact prediction")
        return text


def measured_frame_ends(run: SimulationResult, frames: int) -> IntArray:
    """Cycle in which each frame's last word left, counted from the first accepted word."""
    first = first_accepted(run)
    words = [cycles.reshape(frames, -1)[:, -1] for cycles in run.output_cycles.values()]
    ends: IntArray = np.max(words, axis=0) - first
    return ends


def first_accepted(run: SimulationResult) -> int:
    """Cycle in which the first word was accepted, from 0 in the first one after reset."""
    return min(int(cycles[0]) for cycles in run.input_cycles.values())


def last_interval(ends: IntArray, period: int) -> int | None:
    """Cycles per frame at the end of a run, of frames that take turns on average and rounded up."""
    if ends.size < 2:
        return None
    frames = min(period, ends.size - 1)
    return -int((ends[-1 - frames] - ends[-1]) // frames)
