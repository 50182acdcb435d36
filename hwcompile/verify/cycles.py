"""Compares the cycles of a simulation with the predicted ones."""

from __future__ import annotations

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.verify.simulator import SimulationResult


def frame_ends(run: SimulationResult, frames: int) -> IntArray:
    """Cycle in which each frame's last word left, counted from the first accepted word."""
    first = min(int(cycles[0]) for cycles in run.input_cycles.values())
    words = [cycles.reshape(frames, -1)[:, -1] for cycles in run.output_cycles.values()]
    ends: IntArray = np.max(words, axis=0) - first
    return ends


def measured_interval(ends: IntArray, period: int) -> int | None:
    """Cycles per frame at the end of a run, of frames that take turns on average and rounded up."""
    if ends.size < 2:
        return None
    frames = min(period, ends.size - 1)
    return -int((ends[-1 - frames] - ends[-1]) // frames)


def later_ends(predicted: list[int], interval: int, period: int, frames: int) -> list[int]:
    """The ends of as many frames: the last `period` predicted ones repeat.

    Args:
        predicted: Ends of the first frames.
        interval: Cycles per frame.
        period: Frames that take turns; with one, each comes an interval after the one before.
        frames: How many ends are wanted.
    """
    ends = list(predicted)
    later = interval if period == 1 else predicted[-1] - predicted[-1 - period]
    while len(ends) < frames:
        ends.append(ends[-period] + later)
    return ends[:frames]


def first_late(
    predicted: list[int], measured: IntArray, early: bool, starved: int = 0
) -> tuple[int, int, int] | None:
    """The first frame whose end differs from the predicted one.

    With `early` a frame may end before its time: the prediction is for the slowest data. It may end
    after its time by the cycles in which stages waited for external memory.
    """
    for frame, got in enumerate(measured.tolist()):
        want = predicted[frame]
        if got > want + starved or (got < want and not early):
            return frame, want, got
    return None
