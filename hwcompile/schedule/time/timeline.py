"""What every process of a network does while the first frames pass: work, wait, or stand still.

Between two firings a process works for the duration of the first. What is left until the second it
waits: *starved*, when the word or the buffer entry that comes last is one it needs, or *blocked*,
when it is room in a FIFO that comes last. The cycles of all firings follow from those of the tokens
(`hwcompile.schedule.time.sweeps.Sweeper`), so this is the prediction itself, cut into slices.

    >>> from hwcompile.ops.contract.timing import Access
    >>> from hwcompile.schedule.time.network import Channel, Network, Process
    >>> ones = np.ones(4, dtype=np.int64)
    >>> fifo = Channel("fifo", capacity=2, delay=1, tokens=4, link=True)
    >>> x = Process("x", ones, {}, {"fifo": np.cumsum(ones)})
    >>> y = Process("y", 3 * ones, {"fifo": Access.stream(ones)}, {})
    >>> network = Network({"fifo": fifo}, (x, y), inputs=("x",), outputs=("fifo",))
    >>> found = timeline(network, frames=1, slices=11)
    >>> found.activities[0].work  # words leave x in cycles 0, 1, 2 and 5: the FIFO holds two
    (1, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0)
    >>> found.activities[0].blocked
    (0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0)
    >>> found.activities[1].starved, found.activities[1].first, found.activities[1].last
    ((1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 1, 13)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hwcompile.ir.types import IntArray
from hwcompile.schedule.time.engine import NEVER, ChannelTrace
from hwcompile.schedule.time.network import Network
from hwcompile.schedule.time.simulation import run_network
from hwcompile.schedule.time.sweeps import Sweeper
from hwcompile.schedule.time.tracks import PieceTrace

MOST_FIRINGS = 1_000_000
"""More firings are not followed: it would take seconds."""

SLICES = 80
"""Slices that the time of the first frame is cut into."""


@dataclass(frozen=True)
class Activity:
    """One process over the slices of a timeline.

    Attributes:
        process: A graph input, `<stage>`, `<stage>.<actor>`, or `output <value>`.
        first: Cycle of its first firing of frame 0.
        last: Cycle in which it has done its part of frame 0.
        work: Of each slice the cycles in which it works, on frame 0 or a later one.
        starved: Those in which it waits for a word.
        blocked: Those in which it waits for room.
    """

    process: str
    first: int
    last: int
    work: tuple[int, ...]
    starved: tuple[int, ...]
    blocked: tuple[int, ...]


@dataclass(frozen=True)
class Timeline:
    """The time from the first accepted to the last delivered word of frame 0.

    Attributes:
        edges: Where slices begin, and where the last one ends. Cycles.
        activities: One for each process: sources, stages in stream order, sinks.
        held: Link name to the most words that its FIFO held in the simulated frames.
    """

    edges: tuple[int, ...]
    activities: tuple[Activity, ...]
    held: Mapping[str, int]


def timeline(network: Network, frames: int, slices: int = SLICES) -> Timeline | None:
    """Follow the first frames, source and sink always ready.

    Args:
        network: With its final depths; it must not get stuck.
        frames: How many are simulated, if there are not too many firings in them; the timeline ends
            with the first.
        slices: How many the time is cut into, or fewer where a frame has fewer cycles.

    Returns:
        None where one frame has more than `MOST_FIRINGS` firings.
    """
    frames = min(frames, MOST_FIRINGS // sum(p.phases for p in network.processes))
    if not frames:
        return None
    channels = run_network(network, frames).channels
    started, freed = _cycles(channels, "started"), _cycles(channels, "freed")
    sweepers = [Sweeper(process, network, frames, None) for process in network.processes]
    firings = [sweeper.cycles(started, freed) for sweeper in sweepers]
    end = max(
        int(cycles[cycles.size // frames - 1]) + 1
        for process, cycles in zip(network.processes, firings, strict=True)
        if not process.writes
    )
    edges = np.unique(np.linspace(0, end, slices + 1).round().astype(np.int64))
    activities = []
    for process, sweeper, cycles in zip(network.processes, sweepers, firings, strict=True):
        room = _blocked(sweeper, freed, cycles)
        done = cycles + np.tile(process.duration, frames)
        last = done[cycles.size // frames - 1]
        work = _within(edges, cycles, done)
        before = np.concatenate(([0], done[:-1]))
        starved = _within(edges, before[~room], cycles[~room])
        blocked = _within(edges, before[room], cycles[room])
        activity = Activity(process.name, int(cycles[0]), int(last), work, starved, blocked)
        activities.append(activity)
    held = {n: t.occupancy for n, t in channels.items() if network.channels[n].link}
    return Timeline(tuple(edges.tolist()), tuple(activities), held)


def _cycles(channels: Mapping[str, ChannelTrace | PieceTrace], which: str) -> dict[str, IntArray]:
    """Cycles of all tokens by channel; index 0 is a token that nobody waits for."""
    none = np.array([NEVER])
    return {name: np.concatenate((none, getattr(t, which))) for name, t in channels.items()}


def _blocked(
    sweeper: Sweeper, freed: Mapping[str, IntArray], cycles: IntArray
) -> NDArray[np.bool_]:
    """For each firing whether room in a channel was the last thing that it waited for."""
    blocked = np.zeros(cycles.size, dtype=bool)
    for write in sweeper.writes:
        blocked |= freed[write.channel][write.place] + 1 == cycles
    return blocked


def _within(edges: IntArray, begin: IntArray, end: IntArray) -> tuple[int, ...]:
    """Cycles of disjoint stretches, ascending, that lie in each slice."""
    # Cycles until a moment: whole stretches before it, and what has passed of the one around it.
    total = np.concatenate(([0], np.cumsum(end - begin)))
    whole = np.searchsorted(end, edges, side="right")
    at = np.minimum(whole, max(begin.size - 1, 0))
    part = np.clip(edges - begin[at], 0, end[at] - begin[at]) if begin.size else 0
    until = total[whole] + np.where(whole < begin.size, part, 0)
    return tuple(np.diff(until).tolist())
