"""Evaluates the timing recurrences of a network exactly, for a number of frames.

All recurrences are monotone (Kahn-style: a firing depends only on tokens and places whose cycles
are already known), so the order in which processes advance does not matter. Every process advances
as far as it can see, then wakes its neighbours. Long runs are computed with numpy (a cumulative
maximum), short ones by a plain loop, because with small FIFOs most runs are a few phases long.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.schedule.network import Channel, Network, Process

_NEVER = -(1 << 40)  # "before the first cycle": index 0 of every list of token cycles
_VECTOR = 96  # phases from which numpy is faster than the loop


@dataclass(frozen=True)
class ChannelTrace:
    """When the tokens of a channel were written and freed.

    Attributes:
        started: Cycle of the firing that writes each token, int64 [frames * tokens].
        freed: Cycle of the firing that frees each token, int64 [frames * tokens].
    """

    started: IntArray
    freed: IntArray

    @property
    def occupancy(self) -> int:
        """Largest number of tokens held at once, from the start of each to its release."""
        gone = np.searchsorted(self.freed, self.started, side="left")
        return int((np.arange(1, self.started.size + 1) - gone).max(initial=0))


@dataclass(frozen=True)
class Wait:
    """Why a process can not go on: it waits for `process` to fill or to empty `channel`."""

    process: str
    channel: str
    full: bool
    other: str


@dataclass(frozen=True)
class Run:
    """Result of a simulation: token cycles per channel, and who waits for whom if it got stuck."""

    channels: Mapping[str, ChannelTrace]
    waits: tuple[Wait, ...]


class _Channel:
    """Cycles of the tokens of one channel, 1-based; index 0 means a token that needs no waiting."""

    __slots__ = (
        "capacity",
        "delay",
        "freed",
        "freed_view",
        "reader",
        "released",
        "spec",
        "started",
        "started_view",
        "tokens",
        "writer",
        "written",
    )  # fmt: skip

    def __init__(self, spec: Channel, frames: int) -> None:
        self.spec = spec
        self.capacity = spec.capacity
        self.delay = spec.delay
        self.tokens = spec.tokens
        size = frames * spec.tokens + 1
        self.started = array("q", [_NEVER]) * size
        self.freed = array("q", [_NEVER]) * size
        self.started_view: IntArray = np.frombuffer(self.started, dtype=np.int64)
        self.freed_view: IntArray = np.frombuffer(self.freed, dtype=np.int64)
        self.written = 0
        self.released = 0
        self.writer: _Process
        self.reader: _Process

    def trace(self) -> ChannelTrace:
        return ChannelTrace(
            self.started_view[1 : self.written + 1], self.freed_view[1 : self.released + 1]
        )


class _End:
    """One end of a channel at a process: cumulative counts per phase, and their inverse."""

    __slots__ = ("array", "channel", "counts", "gives", "phase_array", "phases")

    def __init__(self, channel: _Channel, counts: IntArray, gives: IntArray) -> None:
        self.channel = channel
        self.array = counts
        self.counts: list[int] = counts.tolist()
        self.gives: list[int] = gives.tolist()
        # Phase (of the frame) that writes or frees each token of a frame.
        self.phase_array = np.searchsorted(gives, np.arange(1, channel.tokens + 1))
        self.phases: list[int] = self.phase_array.tolist()


class _Process:
    """State of one process."""

    __slots__ = (
        "duration",
        "elapsed",
        "frame",
        "name",
        "offered",
        "phase",
        "phases",
        "queued",
        "reads",
        "ready",
        "writes",
    )  # fmt: skip

    def __init__(
        self, spec: Process, channels: Mapping[str, _Channel], offered: IntArray | None
    ) -> None:
        self.name = spec.name
        self.phases = int(spec.duration.size)
        self.duration: list[int] = spec.duration.tolist()
        self.elapsed: IntArray = np.concatenate(([0], np.cumsum(spec.duration)))
        self.reads = [_End(channels[n], a.need, a.free) for n, a in spec.reads.items()]
        self.writes = [_End(channels[n], total, total) for n, total in spec.writes.items()]
        self.offered = offered
        self.frame = 0
        self.phase = 0
        self.ready = 0
        self.queued = True
        for end in self.reads:
            end.channel.reader = self
        for end in self.writes:
            end.channel.writer = self

    def limit(self) -> int:
        """First phase of the current frame whose tokens or places are not known yet."""
        phase, limit = self.phase, self.phases
        for end in self.reads:
            channel = end.channel
            known = channel.written - self.frame * channel.tokens
            if known < end.counts[limit - 1]:
                limit = bisect_right(end.counts, known, phase, limit)
                if limit == phase:
                    return limit
        for end in self.writes:
            channel = end.channel
            known = channel.released + channel.capacity - self.frame * channel.tokens
            if known < end.counts[limit - 1]:
                limit = bisect_right(end.counts, known, phase, limit)
                if limit == phase:
                    return limit
        return limit

    def waits(self) -> list[Wait]:
        """What the current phase lacks."""
        found = []
        for end in self.reads:
            channel = end.channel
            if end.counts[self.phase] > channel.written - self.frame * channel.tokens:
                found.append(Wait(self.name, channel.spec.name, False, channel.writer.name))
        for end in self.writes:
            channel = end.channel
            room = channel.released + channel.capacity - self.frame * channel.tokens
            if end.counts[self.phase] > room:
                found.append(Wait(self.name, channel.spec.name, True, channel.reader.name))
        return found


def run(network: Network, frames: int, offered: Mapping[str, IntArray] | None = None) -> Run:
    """Simulate `frames` frames; every process fires as early as it may.

    Args:
        network: What to simulate.
        frames: How many frames the sources offer.
        offered: For some processes (usually sources) the earliest cycle of every firing, int64
            [frames * phases], ascending.
    """
    channels = {name: _Channel(spec, frames) for name, spec in network.channels.items()}
    processes = [
        _Process(spec, channels, (offered or {}).get(spec.name)) for spec in network.processes
    ]
    queue = deque(processes)
    while queue:
        process = queue.popleft()
        process.queued = False
        _advance(process, frames, queue)
    stuck = [p for p in processes if p.frame < frames]
    waits = tuple(wait for p in stuck for wait in p.waits())
    return Run({name: channel.trace() for name, channel in channels.items()}, waits)


def _advance(process: _Process, frames: int, queue: deque[_Process]) -> None:
    """Fire as many phases as the known tokens and places allow; wake whoever can use them."""
    moved = False
    while process.frame < frames:
        limit = process.limit()
        if limit == process.phase:
            break
        moved = True
        if limit - process.phase < _VECTOR:
            _publish(process, limit, _fire_few(process, limit))
        else:
            _publish_many(process, limit, _fire_many(process, limit))
        process.phase = limit
        if limit < process.phases:
            break
        process.frame += 1
        process.phase = 0
    if not moved:
        return
    for end in process.writes:
        _wake(end.channel.reader, queue)
    for end in process.reads:
        _wake(end.channel.writer, queue)


def _wake(process: _Process, queue: deque[_Process]) -> None:
    if not process.queued:
        process.queued = True
        queue.append(process)


def _fire_few(process: _Process, limit: int) -> list[int]:
    """Cycles of the phases up to `limit`, by a loop over phases and ends."""
    frame, phase = process.frame, process.phase
    if process.offered is None:
        cycles = [0] * (limit - phase)
    else:
        first = frame * process.phases
        cycles = process.offered[first + phase : first + limit].tolist()
    for end in process.reads:
        channel = end.channel
        times, base, delay = channel.started, frame * channel.tokens, channel.delay
        for index, count in enumerate(end.counts[phase:limit]):
            cycle = times[base + count] + delay
            if cycle > cycles[index]:
                cycles[index] = cycle
    for end in process.writes:
        channel = end.channel
        times, base = channel.freed, frame * channel.tokens - channel.capacity
        for index, count in enumerate(end.counts[phase:limit]):
            if base + count > 0:
                cycle = times[base + count] + 1
                if cycle > cycles[index]:
                    cycles[index] = cycle
    ready = process.ready
    for index, duration in enumerate(process.duration[phase:limit]):
        if ready > cycles[index]:
            cycles[index] = ready
        ready = cycles[index] + duration
    process.ready = ready
    return cycles


def _fire_many(process: _Process, limit: int) -> IntArray:
    """The same as `_fire_few`, by whole arrays: T - elapsed is a cumulative maximum."""
    frame, phase = process.frame, process.phase
    elapsed = process.elapsed[phase:limit] - process.elapsed[phase]
    cycles: IntArray = np.full(limit - phase, process.ready, dtype=np.int64)
    if process.offered is not None:
        first = frame * process.phases
        np.maximum(cycles, process.offered[first + phase : first + limit], out=cycles)
    for end in process.reads:
        channel = end.channel
        index = end.array[phase:limit] + frame * channel.tokens
        np.maximum(cycles, channel.started_view[index] + channel.delay, out=cycles)
    for end in process.writes:
        channel = end.channel
        index = end.array[phase:limit] + (frame * channel.tokens - channel.capacity)
        np.maximum(cycles, channel.freed_view[np.maximum(index, 0)] + 1, out=cycles)
    cycles = np.maximum.accumulate(cycles - elapsed) + elapsed
    process.ready = int(cycles[-1]) + process.duration[limit - 1]
    return cycles


def _publish(process: _Process, limit: int, cycles: Sequence[int]) -> None:
    """Tell the channels which tokens the phases up to `limit` wrote and freed."""
    phase = process.phase
    for end in process.reads:
        channel = end.channel
        base = process.frame * channel.tokens
        for token in range(channel.released, base + end.gives[limit - 1]):
            channel.freed[token + 1] = cycles[end.phases[token - base] - phase]
        channel.released = base + end.gives[limit - 1]
    for end in process.writes:
        channel = end.channel
        base = process.frame * channel.tokens
        for token in range(channel.written, base + end.gives[limit - 1]):
            channel.started[token + 1] = cycles[end.phases[token - base] - phase]
        channel.written = base + end.gives[limit - 1]


def _publish_many(process: _Process, limit: int, cycles: IntArray) -> None:
    """The same as `_publish`, by whole arrays."""
    phase = process.phase
    for end in process.reads:
        channel = end.channel
        base = process.frame * channel.tokens
        stop = base + end.gives[limit - 1]
        moved = cycles[end.phase_array[channel.released - base : stop - base] - phase]
        channel.freed_view[channel.released + 1 : stop + 1] = moved
        channel.released = stop
    for end in process.writes:
        channel = end.channel
        base = process.frame * channel.tokens
        stop = base + end.gives[limit - 1]
        moved = cycles[end.phase_array[channel.written - base : stop - base] - phase]
        channel.started_view[channel.written + 1 : stop + 1] = moved
        channel.written = stop
