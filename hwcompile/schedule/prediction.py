"""Predicts interval and latency of a plan by simulating it until it is periodic."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hwcompile.schedule.network import Network
from hwcompile.schedule.tokens import TokenTrace, simulate_network

MOST_FRAMES = 64
"""Frames after which a network that is still not periodic is taken as it is."""


@dataclass(frozen=True)
class Prediction:
    """What a design will do, source and sink always ready.

    Attributes:
        interval: Cycles between the last words of consecutive frames in steady state.
        latency: Cycles from the first accepted to the last delivered word of frame 0, both
            included.
        bound: Cycles per frame of the slowest process; the interval is not smaller. A larger
            interval means that FIFOs or internal buffers are too small.
        bottleneck: The slowest process: a stage, an actor of one, an input or an output.
        trace: The simulated cycles of all words of the first frames.
    """

    interval: int
    latency: int
    bound: int
    bottleneck: str
    trace: TokenTrace


def predict(network: Network) -> Prediction:
    """Simulate until the interval is steady.

    Two equal differences settle it when they are the bound, for it can not get faster and FIFOs
    that fill up later only slow down a network whose FIFOs are too small. Otherwise every word of
    the network must move with the same period.

    Raises:
        CompileError: HW0403 when the network gets stuck.
    """
    frames = 4
    while True:
        trace = simulate_network(network, frames)
        gaps = np.diff(trace.frame_ends)
        interval = int(gaps[-1])
        steady = interval == gaps[-2] and (interval == network.bound or periodic(trace, interval))
        if steady or frames >= MOST_FRAMES:
            return Prediction(interval, trace.latency, network.bound, network.bottleneck, trace)
        frames *= 2


def periodic(trace: TokenTrace, interval: int) -> bool:
    """True when every word of the last frames moved `interval` cycles after its predecessor.

    The last frame is compared with the one before, and that with its own predecessor.
    """
    for channel in (*trace.links.values(), *trace.buffers.values()):
        for cycles in (channel.started, channel.freed):
            last = cycles.reshape(trace.frames, -1)[-3:]
            if not np.all(np.diff(last, axis=0) == interval):
                return False
    return True
