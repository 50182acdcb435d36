"""Evaluates the timing recurrences of a network exactly, for a number of frames.

All recurrences are monotone (Kahn-style: a firing depends only on tokens and places whose cycles
are already known), so the order in which processes advance does not matter. Every process advances
as far as it can see, then wakes its neighbours. Long runs are computed with numpy (a cumulative
maximum), short ones by a plain loop, because with small FIFOs most runs are a few phases long.

A worked example. A source `x` writes four words per frame, one per cycle if there is room, into a
FIFO of two places; a word can be taken in the cycle after it was written. A process `y` takes one
word at a time and is busy for three cycles with each.

    >>> from hwcompile.ops.contract.timing import Access
    >>> ones = np.ones(4, dtype=np.int64)
    >>> fifo = Channel("fifo", capacity=2, delay=1, tokens=4, link=True)
    >>> x = Process("x", ones, {}, {"fifo": np.cumsum(ones)})
    >>> y = Process("y", 3 * ones, {"fifo": Access.stream(ones)}, {})
    >>> network = Network({"fifo": fifo}, (x, y), inputs=("x",), outputs=("fifo",))
    >>> trace = run(network, frames=1).channels["fifo"]

With S[k] the cycle that writes word k and F[k] the one that takes it, counted from 1,

    S[k] = max(S[k-1] + 1, F[k-2] + 1)      one per cycle; a place freed in t is there in t + 1
    F[k] = max(F[k-1] + 3, S[k] + 1)        three cycles each; written in t, usable in t + 1

so S[1] = 0, F[1] = 1, S[2] = 1, F[2] = max(4, 2) = 4, S[3] = max(2, F[1] + 1) = 2 and so on: `x` is
held back for the first time by its fourth word, which waits for the second to leave.

    >>> trace.started.tolist(), trace.freed.tolist()
    ([0, 1, 2, 5], [1, 4, 7, 10])

On a run of phases none of which waits for the process itself (here `y`'s, once all S are known),
F[k] - 3k = max(F[k-1] - 3(k-1), S[k] + 1 - 3k) is a cumulative maximum: `_fire_many`.

    >>> elapsed = np.array([0, 3, 6, 9])
    >>> (np.maximum.accumulate(trace.started + 1 - elapsed) + elapsed).tolist()
    [1, 4, 7, 10]
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.schedule.time.network import Channel, Network, Process

NEVER = -(1 << 40)  # "before the first cycle": index 0 of every list of token cycles
_ASLEEP = 1 << 62  # more tokens than there will ever be
_VECTOR = 96  # phases from which numpy is faster than the loop
_FEW = 64  # phases to try by the loop before looking whether there are that many


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

    @property
    def longest_stay(self) -> int:
        """Most cycles from the start of a token to its release."""
        return int((self.freed - self.started).max())

    def repeats(self, all_frames: int, frames: int, period: int, later: int) -> bool:
        """Whether each of the last `frames` is the one `period` before, so many cycles later."""
        for cycles in (self.started, self.freed):
            last = cycles.reshape(all_frames, -1)[-frames:]
            if not np.all(last[period:] - last[:-period] == later):
                return False
        return True

    def frame_starts(self, frames: int) -> IntArray:
        """The cycle that writes the first token of each frame, int64 [frames]."""
        starts: IntArray = self.started.reshape(frames, -1)[:, 0]
        return starts

    def frame_ends(self, frames: int) -> IntArray:
        """The cycle that frees the last token of each frame, int64 [frames]."""
        ends: IntArray = self.freed.reshape(frames, -1)[:, -1]
        return ends


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
    """Cycles of the tokens of one channel, 1-based; index 0 means a token that needs no waiting.

    Counters run over all frames: tokens written, needed by the reader so far, and released by it.
    `written_wanted` tokens written wake the reader, `released_wanted` released ones the writer; at
    `_ASLEEP` it does not wait for this channel.
    """

    __slots__ = (
        "capacity",
        "delay",
        "freed",
        "freed_view",
        "needed",
        "reader",
        "released",
        "released_wanted",
        "spec",
        "started",
        "started_view",
        "tokens",
        "writer",
        "written",
        "written_wanted",
    )

    def __init__(self, spec: Channel, frames: int) -> None:
        self.spec = spec
        self.capacity = spec.capacity
        self.delay = spec.delay
        self.tokens = spec.tokens
        size = frames * spec.tokens + 1
        self.started = array("q", [NEVER]) * size
        self.freed = array("q", [NEVER]) * size
        self.started_view: IntArray = np.frombuffer(self.started, dtype=np.int64)
        self.freed_view: IntArray = np.frombuffer(self.freed, dtype=np.int64)
        self.written = 0
        self.needed = 0
        self.released = 0
        self.written_wanted = _ASLEEP
        self.released_wanted = _ASLEEP
        self.writer: _Process
        self.reader: _Process

    def trace(self) -> ChannelTrace:
        return ChannelTrace(
            self.started_view[1 : self.written + 1], self.freed_view[1 : self.released + 1]
        )


_Step = tuple[int, list[tuple[_Channel, int, int]], list[tuple[_Channel, int]]]
"""A phase: its duration, (channel, needs, frees) and (channel, gives), unchanged ones left out."""


class _Process:
    """State of one process."""

    __slots__ = ("frame", "offered", "phase", "reads", "ready", "spec", "steps", "writes")

    def __init__(
        self, spec: Process, channels: Mapping[str, _Channel], offered: IntArray | None
    ) -> None:
        self.spec = spec
        self.reads = [(channels[name], access) for name, access in spec.reads.items()]
        self.writes = [(channels[name], total) for name, total in spec.writes.items()]
        self.steps: list[_Step] = []
        self.offered = offered
        self.frame = 0
        self.phase = 0
        self.ready = 0
        for channel, _ in self.reads:
            channel.reader = self
        for channel, _ in self.writes:
            channel.writer = self

    def prepare(self) -> None:
        """Make the list of steps; phases that do the same share one."""
        kinds: list[_Step] = []
        reads = len(self.reads)
        for duration, *counts in self.spec.pattern.kinds:
            needs = zip(self.reads, counts[:reads], counts[reads : 2 * reads], strict=True)
            gives = zip(self.writes, counts[2 * reads :], strict=True)
            kinds.append(
                (
                    duration,
                    [(end[0], need, free) for end, need, free in needs if need or free],
                    [(end[0], give) for end, give in gives if give],
                )
            )
        self.steps = [kinds[index] for index in self.spec.pattern.order]

    def start_frame(self) -> None:
        """Count needs from the frame's first token, even if the frame before left some unneeded."""
        for channel, _ in self.reads:
            channel.needed = self.frame * channel.tokens

    def limit(self) -> int:
        """First phase of the current frame whose tokens or places are not known yet."""
        limit = self.spec.duration.size
        for channel, access in self.reads:
            known = max(channel.written - self.frame * channel.tokens, 0)
            limit = min(limit, int(np.searchsorted(access.need, known, "right")))
        for channel, total in self.writes:
            known = channel.released + channel.capacity - self.frame * channel.tokens
            limit = min(limit, int(np.searchsorted(total, known, "right")))
        return limit

    def waits(self) -> list[Wait]:
        """What the current phase lacks."""
        found = []
        name = self.spec.name
        for channel, access in self.reads:
            known = max(channel.written - self.frame * channel.tokens, 0)
            if access.need[self.phase] > known:
                found.append(Wait(name, channel.spec.name, False, channel.writer.spec.name))
        for channel, total in self.writes:
            room = channel.released + channel.capacity - self.frame * channel.tokens
            if total[self.phase] > room:
                found.append(Wait(name, channel.spec.name, True, channel.reader.spec.name))
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
        _advance(queue.popleft(), frames, queue)
    stuck = [p for p in processes if p.frame < frames]
    waits = tuple(wait for p in stuck for wait in p.waits())
    return Run({name: channel.trace() for name, channel in channels.items()}, waits)


def _advance(process: _Process, frames: int, queue: deque[_Process]) -> None:
    """Fire as many phases as the known tokens and places allow; wake whoever can use them."""
    while process.frame < frames:
        limit = process.limit() if not process.steps else 0
        if limit - process.phase >= _VECTOR:
            _fire_many(process, limit)
            continue
        if not process.steps:
            process.prepare()
        if not _fire_few(process, frames):
            break
        if process.limit() - process.phase >= _VECTOR:
            _fire_many(process, process.limit())
    for channel, _ in process.writes:
        if channel.written >= channel.written_wanted:
            channel.written_wanted = _ASLEEP
            queue.append(channel.reader)
    for channel, _ in process.reads:
        if channel.released >= channel.released_wanted:
            channel.released_wanted = _ASLEEP
            queue.append(channel.writer)


def _fire_few(process: _Process, frames: int) -> bool:
    """Fire phase by phase; False when blocked or done, True after `_FEW` phases."""
    steps, ready, phase = process.steps, process.ready, process.phase
    last = len(steps)
    going = True
    for _ in range(_FEW):
        duration, takes, gives = steps[phase]
        cycle = ready
        if process.offered is not None:
            cycle = max(cycle, int(process.offered[process.frame * last + phase]))
        for channel, need, _ in takes:
            if not need:
                continue
            token = channel.needed + need
            if token > channel.written:
                channel.written_wanted = token
                going = False
                break
            arrival = channel.started[token] + channel.delay
            if arrival > cycle:
                cycle = arrival
        if not going:
            break
        for channel, give in gives:
            token = channel.written + give - channel.capacity
            if token > 0:
                if token > channel.released:
                    channel.released_wanted = token
                    going = False
                    break
                room = channel.freed[token] + 1
                if room > cycle:
                    cycle = room
        if not going:
            break
        for channel, need, free in takes:
            channel.needed += need
            for _ in range(free):
                channel.released += 1
                channel.freed[channel.released] = cycle
        for channel, give in gives:
            for _ in range(give):
                channel.written += 1
                channel.started[channel.written] = cycle
        ready = cycle + duration
        phase += 1
        if phase == last:
            phase = 0
            process.frame += 1
            process.start_frame()
            if process.frame == frames:
                going = False
                break
    process.ready, process.phase = ready, phase
    return going


def _fire_many(process: _Process, limit: int) -> None:
    """Fire all phases up to `limit` of the current frame; T - elapsed is a cumulative maximum."""
    frame, phase, spec = process.frame, process.phase, process.spec
    elapsed = spec.elapsed[phase:limit] - spec.elapsed[phase]
    cycles: IntArray = np.full(limit - phase, process.ready, dtype=np.int64)
    if process.offered is not None:
        first = frame * spec.duration.size
        np.maximum(cycles, process.offered[first + phase : first + limit], out=cycles)
    for channel, access in process.reads:
        need = access.need[phase:limit]
        # A phase that needs nothing of its frame does not wait for the frame before either.
        index = np.where(need > 0, need + frame * channel.tokens, 0)
        np.maximum(cycles, channel.started_view[index] + channel.delay, out=cycles)
    for channel, total in process.writes:
        index = total[phase:limit] + (frame * channel.tokens - channel.capacity)
        np.maximum(cycles, channel.freed_view[np.maximum(index, 0)] + 1, out=cycles)
    cycles = np.maximum.accumulate(cycles - elapsed) + elapsed
    process.ready = int(cycles[-1]) + int(spec.duration[limit - 1])
    for channel, access in process.reads:
        base = frame * channel.tokens
        released, stop = channel.released, base + int(access.free[limit - 1])
        who = np.searchsorted(access.free, np.arange(released, stop) - base, "right")
        channel.freed_view[released + 1 : stop + 1] = cycles[who - phase]
        channel.released = stop
        channel.needed = base + int(access.need[limit - 1])
    for channel, total in process.writes:
        base = frame * channel.tokens
        written, stop = channel.written, base + int(total[limit - 1])
        who = np.searchsorted(total, np.arange(written, stop) - base, "right")
        channel.started_view[written + 1 : stop + 1] = cycles[who - phase]
        channel.written = stop
    process.phase = limit
    if limit == spec.duration.size:
        process.phase = 0
        process.frame += 1
        process.start_frame()
