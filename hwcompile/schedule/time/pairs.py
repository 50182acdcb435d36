"""Shows from two processes alone that a network does not keep an interval.

Whatever the others do, they only hold the two back: without them, both are never later. So where
two processes and the channels between them repeat with more cycles than the interval, a network
with them does, too, provided that every process waits for some word of each frame on each of its
channels, as all kernels do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hwcompile.ops.contract.timing import Actor
from hwcompile.schedule.time.network import Network
from hwcompile.schedule.time.process import PartedProcess, Process
from hwcompile.schedule.time.settling import first_trial, span
from hwcompile.schedule.time.simulation import run_network


def has_slow_pair(
    network: Network, interval: int, channels: Iterable[str], most_firings: int
) -> bool:
    """Whether two neighbours alone take more cycles per frame than `interval`, for ever.

    Args:
        network: With its depths.
        interval: Cycles of a frame.
        channels: Those whose two ends are looked at.
        most_firings: Pairs beyond so many simulated firings are left out.
    """
    for pair in _pairs(network, channels):
        frames = first_trial(pair)
        most_firings -= frames * sum(process.phases for process in pair.processes)
        if most_firings < 0:
            return False
        if _pace(pair, frames) > interval:
            return True
    return False


def _pairs(network: Network, channels: Iterable[str]) -> Iterator[Network]:
    """The two ends of each channel, without all others."""
    ends = ((network.writer(name), network.reader(name)) for name in channels)
    for both in dict.fromkeys(ends):
        names = {
            name for name in network.channels
            if {network.writer(name), network.reader(name)} <= {*both}
        }  # fmt: skip
        processes = tuple(_alone(network.processes[index], names) for index in both)
        yield Network({name: network.channels[name] for name in names}, processes, (), ())


def _alone(process: Process, channels: Iterable[str]) -> Process:
    """A process that waits for these channels only."""

    def part(actor: Actor) -> Actor:
        reads = {name: access for name, access in actor.reads.items() if name in channels}
        writes = {name: total for name, total in actor.writes.items() if name in channels}
        return Actor(actor.duration, reads, writes)

    parts = tuple((part(actor), times) for actor, times in process.parts)
    return PartedProcess(process.name, parts, process.rows)


def _pace(pair: Network, frames: int) -> int:
    """Cycles per frame, for ever; 0 where that does not show in so many frames."""
    found = run_network(pair, frames)
    if found.waits:
        return 0
    traces = found.channels.values()
    later = max(
        int(trace.frame_ends(frames)[-1] - trace.frame_ends(frames)[-2]) for trace in traces
    )
    same = (trace.repeats(frames, span(pair) + 1, 1, later) for trace in traces)
    return later if all(same) else 0
