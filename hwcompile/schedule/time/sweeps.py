"""Evaluates the timing recurrences of a network by sweeping over whole processes with numpy.

The recurrences have one least solution. Starting below it, every process in turn computes all its
firings from what is known of its tokens and places (a cumulative maximum), and whoever reads or
writes a channel that changed computes again, until nothing changes: then the least solution is
reached, because every step only raises cycles and never beyond it (Kleene's fixed point theorem).

Networks whose FIFOs hold every stream at its full rate settle after a few sweeps. Where small FIFOs
slow a stream down, a sweep only carries the delay on by the FIFO's depth; then the word-by-word
simulation of `hwcompile.schedule.time.engine` is faster, and deadlocks never settle. So the sweeps
stop after a number of evaluations.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.schedule.time.engine import NEVER, ChannelTrace, Run
from hwcompile.schedule.time.network import Network, Process

EVALUATIONS = 12
"""Evaluations of each process, on average, after which sweeping is given up."""


@dataclass(frozen=True)
class _Read:
    """One process's view of a channel it reads, over all frames.

    Attributes:
        channel: Its name.
        token: For each firing the last token it needs, 1-based; 0 when it needs none.
        delay: Of the channel.
        frees: For each token the firing that frees it.
    """

    channel: str
    token: IntArray
    delay: int
    frees: IntArray


@dataclass(frozen=True)
class _Write:
    """One process's view of a channel it writes, over all frames.

    Attributes:
        channel: Its name.
        place: For each firing the last token that must have been freed, 1-based; 0 for none.
        gives: For each token the firing that writes it.
    """

    channel: str
    place: IntArray
    gives: IntArray


class Sweeper:
    """A process with everything that does not change from sweep to sweep."""

    def __init__(
        self, process: Process, network: Network, frames: int, offered: IntArray | None
    ) -> None:
        phases = process.duration.size
        frame = np.arange(frames, dtype=np.int64)[:, None]
        self.elapsed = (process.elapsed[:-1] + frame * process.cycles).ravel()
        self.earliest = (0 if offered is None else np.maximum(offered, 0)) - self.elapsed
        self.reads = []
        for name, access in process.reads.items():
            spec = network.channels[name]
            token = np.where(access.need > 0, access.need + frame * spec.tokens, 0).ravel()
            frees = np.searchsorted(access.free, np.arange(spec.tokens), "right") + frame * phases
            self.reads.append(_Read(name, token, spec.delay, frees.ravel()))
        self.writes = []
        for name, total in process.writes.items():
            spec = network.channels[name]
            place = np.maximum(total + (frame * spec.tokens - spec.capacity), 0).ravel()
            gives = np.searchsorted(total, np.arange(spec.tokens), "right") + frame * phases
            self.writes.append(_Write(name, place, gives.ravel()))

    def cycles(self, started: Mapping[str, IntArray], freed: Mapping[str, IntArray]) -> IntArray:
        """Cycle of every firing, given those of the tokens: int64 [frames * phases]."""
        slack: IntArray = self.earliest.copy()
        for read in self.reads:
            arrived = started[read.channel][read.token] + read.delay
            np.maximum(slack, arrived - self.elapsed, out=slack)
        for write in self.writes:
            room = freed[write.channel][write.place] + 1
            np.maximum(slack, room - self.elapsed, out=slack)
        np.maximum.accumulate(slack, out=slack)
        slack += self.elapsed
        return slack


def run_sweeps(
    network: Network, frames: int, offered: Mapping[str, IntArray] | None = None
) -> Run | None:
    """Simulate like the engine's `run`; None when the sweeps do not settle soon."""
    sweepers = [
        Sweeper(process, network, frames, (offered or {}).get(process.name))
        for process in network.processes
    ]
    readers = {read.channel: i for i, s in enumerate(sweepers) for read in s.reads}
    writers = {write.channel: i for i, s in enumerate(sweepers) for write in s.writes}
    started, freed = (
        {
            name: np.full(frames * spec.tokens + 1, NEVER, dtype=np.int64)
            for name, spec in network.channels.items()
        }
        for _ in range(2)
    )
    waiting = set(range(len(sweepers)))
    order = list(waiting)
    evaluations = EVALUATIONS * len(sweepers)
    while waiting and evaluations > 0:
        for index in order:
            if index not in waiting:
                continue
            evaluations -= 1
            waiting.discard(index)
            sweeper = sweepers[index]
            cycles = sweeper.cycles(started, freed)
            for read in sweeper.reads:
                if _update(freed[read.channel], cycles[read.frees]):
                    waiting.add(writers[read.channel])
            for write in sweeper.writes:
                if _update(started[write.channel], cycles[write.gives]):
                    waiting.add(readers[write.channel])
        # Tokens travel forward, places backward.
        order.reverse()
    if waiting:
        return None
    traces = {n: ChannelTrace(started[n][1:], freed[n][1:]) for n in network.channels}
    return Run(traces, ())


def _update(cycles: IntArray, new: IntArray) -> bool:
    """Store the tokens' cycles; True when one changed."""
    if np.array_equal(cycles[1:], new):
        return False
    cycles[1:] = new
    return True
