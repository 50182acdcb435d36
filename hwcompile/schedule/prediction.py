"""Predicts interval and latency of a plan by simulating it until it provably repeats."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.schedule.network import UNBOUNDED, Network
from hwcompile.schedule.tokens import TokenTrace, simulate_network

MOST_FRAMES = 64
"""Frames after which a network that still does not repeat is taken as it is."""

_SHOWN_FRAMES = 4
_MOST_PERIOD = 8
"""Frames that may take turns in a pattern that is recognised."""


@dataclass(frozen=True)
class Prediction:
    """What a design will do, source and sink always ready.

    Attributes:
        interval: Cycles between the last words of consecutive frames in steady state; the average,
            rounded up, where FIFOs that are too small make frames take turns.
        latency: Cycles from the first accepted to the last delivered word of frame 0, both
            included.
        bound: Cycles per frame of the slowest process; the interval is not smaller. A larger
            interval means that FIFOs or internal buffers are too small.
        bottleneck: The slowest process: a stage, an actor of one, an input or an output.
        trace: The simulated cycles of all words of the first frames; the last `period` of them
            repeat for ever.
        period: Frames after which everything repeats: more than one where frames take turns.
    """

    interval: int
    latency: int
    bound: int
    bottleneck: str
    trace: TokenTrace
    period: int = 1


def predict(network: Network, *, proved: bool = False) -> Prediction:
    """Find the steady interval.

    Args:
        network: With its final depths.
        proved: That it reaches its bound for ever has been shown already (see `settle`).

    Raises:
        CompileError: HW0403 when the network gets stuck.
    """
    trace = simulate_network(network, _SHOWN_FRAMES)
    reached = proved or settle(network, network.bound) is not None
    interval, period = network.bound, 1
    if not reached:
        interval, period, longer = _measured(network)
        trace = longer if period > 1 else trace
    return Prediction(interval, trace.latency, network.bound, network.bottleneck, trace, period)


def settle(network: Network, interval: int, most_frames: int = MOST_FRAMES) -> TokenTrace | None:
    """Show that a network keeps up with input that is offered evenly, a frame every `interval`.

    If so, it also keeps up with a source that is always ready, which offers every word earlier,
    because the recurrences are monotone.

    Returns:
        A simulation whose last frames repeat for ever, or None.

    Raises:
        CompileError: HW0403 when the network gets stuck.
    """
    frames = first_trial(network)
    while frames <= most_frames:
        offered = even_input(network, interval, frames)
        trace = simulate_network(network, frames, input_cycles=offered)
        if repeats(network, trace, interval):
            return trace
        gaps = np.diff(trace.frame_ends)
        if gaps[-1] > interval and gaps[-1] >= gaps[-2]:
            return None
        frames *= 2
    return None


def first_trial(network: Network) -> int:
    """Frames of the first simulation that may show that the network repeats."""
    return span(network) + 3


def span(network: Network) -> int:
    """How many frames back a firing can depend on: those whose tokens still fill a channel."""
    bounded = [c for c in network.channels.values() if c.capacity < UNBOUNDED]
    return max((-(-c.capacity // c.tokens) for c in bounded), default=1)


def repeats(network: Network, trace: TokenTrace, cycles_later: int, period: int = 1) -> bool:
    """True when every word moves `cycles_later` after that of `period` frames before, for ever.

    Everything that happens follows from the last `span` frames, so if each of them is the one
    `period` frames before, shifted by so many cycles, then the next one is, too.
    """
    frames = span(network) + period
    if trace.frames < frames:
        return False
    for channel in (*trace.links.values(), *trace.buffers.values()):
        for cycles in (channel.started, channel.freed):
            last = cycles.reshape(trace.frames, -1)[-frames:]
            if not np.all(last[period:] - last[:-period] == cycles_later):
                return False
    return True


def even_input(network: Network, interval: int, frames: int) -> dict[str, IntArray]:
    """Cycles that spread the words of each graph input over the interval."""
    offered = {}
    for process in network.processes:
        if process.name in network.inputs:
            words = process.duration.size
            offered[process.name] = np.arange(frames * words, dtype=np.int64) * interval // words
    return offered


def _measured(network: Network) -> tuple[int, int, TokenTrace]:
    """Interval and period of a network that does not reach its bound, and a simulation of it."""
    frames = first_trial(network)
    while True:
        trace = simulate_network(network, frames)
        ends = trace.frame_ends
        for period in range(1, min(_MOST_PERIOD, frames - 1) + 1):
            later = int(ends[-1] - ends[-1 - period])
            if repeats(network, trace, later, period):
                return -(-later // period), period, trace
        if frames >= MOST_FRAMES:
            half = frames // 2
            return -int((ends[half] - ends[-1]) // (frames - 1 - half)), 1, trace
        frames *= 2
