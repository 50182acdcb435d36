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


def first_late(
    predicted: list[int], interval: int, measured: IntArray, early: bool, starved: int = 0
) -> tuple[int, int, int] | None:
    """The first frame whose end differs; beyond the predicted ones the interval continues.

    With `early` a frame may end before its time: the prediction is for the slowest data. It may end
    after its time by the cycles in which stages waited for external memory.
    """
    for frame, got in enumerate(measured.tolist()):
        extra = max(0, frame - len(predicted) + 1)
        want = predicted[frame - extra] + extra * interval
        if got > want + starved or (got < want and not early):
            return frame, want, got
    return None
