"""Predicts when every frame of a plan ends, and from that interval and latency."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hwcompile.schedule.time.frame_ends import FrameEnds, Stretch
from hwcompile.schedule.time.laps import laps_of
from hwcompile.schedule.time.network import Network
from hwcompile.schedule.time.offers import Even, Offer
from hwcompile.schedule.time.settling import first_trial, frame_ends, span
from hwcompile.schedule.time.tokens import TokenTrace, simulate_network

MOST_FRAMES = 64
"""Frames after which a network that still does not repeat is taken as it is."""


@dataclass(frozen=True)
class Prediction:
    """What a design will do, source and sink always ready.

    Attributes:
        interval: Cycles between the last words of consecutive frames once everything has settled:
            of the slowest part, where a design has parts that share no stream; the average,
            rounded up, where FIFOs that are too small make frames take turns.
        latency: Cycles from the first accepted to the last delivered word of frame 0, both
            included.
        bound: Cycles per frame of the slowest process; the interval is not smaller. A larger
            interval means that FIFOs or internal buffers are too small.
        bottleneck: The slowest process: a stage, an actor of one, an input or an output.
        ends: When every frame ends, those before the design has settled, too.
    """

    interval: int
    latency: int
    bound: int
    bottleneck: str
    ends: FrameEnds

    @property
    def period(self) -> int:
        """Frames after which the slowest part repeats: more than one where frames take turns."""
        return self.ends.period


def predict(network: Network) -> Prediction:
    """Find out when frames end.

    Args:
        network: With its final depths.

    Raises:
        CompileError: HW0403 when the network gets stuck.
    """
    found: dict[str, tuple[Stretch, ...]] = {}
    limits: list[int] = []
    for part in network.parts():
        ends = _part_ends(part)
        found.update(zip(part.outputs, ends.outputs, strict=True))
        limits += [ends.exact] if ends.exact is not None else []
    ends = FrameEnds(tuple(found[name] for name in network.outputs), min(limits, default=None))
    latency = int(ends.first(1)[0]) + 1
    return Prediction(ends.interval, latency, network.bound, network.bottleneck, ends)


def _part_ends(part: Network) -> FrameEnds:
    laps = laps_of(part)
    if laps is not None:
        ends = frame_ends(laps.network)
        if ends.exact is None:
            return ends.every(laps.count)
    ends = frame_ends(part)
    if ends.exact is None or settle(part, part.bound) is None:
        return ends
    return ends.paced(part.bound)


@dataclass(frozen=True)
class Settled:
    """A simulation with evenly offered input whose last frames repeat for ever.

    Attributes:
        network: What was simulated: the network, or a lap of it.
        interval: Cycles per frame of that.
        trace: What happened.
    """

    network: Network
    interval: int
    trace: TokenTrace


def settle(network: Network, interval: int, most_frames: int = MOST_FRAMES) -> Settled | None:
    """Show that a network keeps up with input that is offered evenly, a frame every `interval`.

    If so, it also keeps up with a source that is always ready, which offers every word earlier,
    because the recurrences are monotone.

    Raises:
        CompileError: HW0403 when the network gets stuck.
    """
    laps = laps_of(network)
    if laps is not None and interval % laps.count == 0:
        # So many laps show what the first trial of whole frames would.
        most_laps = laps.count + first_trial(laps.network) - 1
        lap = interval // laps.count
        trace = _settle(laps.network, lap, most_laps)
        if trace is not None:
            return Settled(laps.network, lap, trace)
    trace = _settle(network, interval, most_frames)
    return None if trace is None else Settled(network, interval, trace)


def _settle(network: Network, interval: int, most_frames: int) -> TokenTrace | None:
    frames = first_trial(network)
    while frames <= most_frames:
        offered = even_input(network, interval)
        trace = simulate_network(network, frames, input_cycles=offered)
        if repeats(network, trace, interval):
            return trace
        gaps = np.diff(trace.frame_ends)
        if gaps[-1] > interval and gaps[-1] >= gaps[-2]:
            return None
        frames *= 2
    return None


def repeats(network: Network, trace: TokenTrace, cycles_later: int, period: int = 1) -> bool:
    """True when every word moves `cycles_later` after that of `period` frames before, for ever.

    Everything that happens follows from the last `span` frames, so if each of them is the one
    `period` frames before, shifted by so many cycles, then the next one is, too.
    """
    frames = span(network) + period
    if trace.frames < frames:
        return False
    channels = (*trace.links.values(), *trace.buffers.values())
    return all(c.repeats(trace.frames, frames, period, cycles_later) for c in channels)


def even_input(network: Network, interval: int) -> dict[str, Offer]:
    """Offers that spread the words of each graph input over the interval."""
    sources = (process for process in network.processes if process.name in network.inputs)
    return {process.name: Even(process.phases, interval) for process in sources}
