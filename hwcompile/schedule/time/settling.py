"""Follows a network from its first frame to the frames that repeat for ever, exactly.

Word by word simulation of the first frames shows in time that every process moves by its own number
of cycles per turn, all its phases alike: the network has found a *course*. Let process p move by
L(p) cycles per turn. A constraint between firings, T(q) + d <= T(p), has the slack
T(p) - T(q) - d, which changes by L(p) - L(q) each turn. So as long as no slack becomes negative,
and every firing keeps a constraint without slack (it fires as early as it can), all later cycles
are known without simulating them. If slacks never shrink, the course holds for ever. If one does,
the course ends after slack / (L(q) - L(p)) turns: the simulation goes on from there.

That is what happens where one path is slower than another and a FIFO between them fills by one word
every few hundred frames, and where parts of a network have their own pace.

    two chains behind one input, of 44 and 45 cycles per frame: the source follows the faster one
    (L = 44) while the FIFO before the slower one fills (L = 45), then all have L = 45.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.schedule.time.critical import SimulatedFrames, steady_firings
from hwcompile.schedule.time.engine import NEVER, Run, run
from hwcompile.schedule.time.frame_ends import FrameEnds, Stretch
from hwcompile.schedule.time.network import UNBOUNDED, Network
from hwcompile.schedule.time.sweeps import Sweeper, run_sweeps
from hwcompile.schedule.time.tokens import deadlock

_EFFORT = 24_000_000
"""Firings that may be simulated, in units of a sweep's; bounds the time, deterministically."""

_WORD_BY_WORD = 12
"""What a firing costs where sweeps do not settle."""

_MOST_PERIOD = 8
"""Frames that may take turns in a pattern that is recognised."""


def span(network: Network) -> int:
    """How many frames back a firing can depend on: those whose tokens still fill a channel."""
    bounded = [c for c in network.channels.values() if c.capacity < UNBOUNDED]
    return max((-(-c.capacity // c.tokens) for c in bounded), default=1)


def first_trial(network: Network) -> int:
    """Frames of the first simulation that may show that the network repeats."""
    return span(network) + 3


def frame_ends(network: Network) -> FrameEnds:
    """When the frames of a network end whose sources and sinks are always ready.

    Where it does not settle within the effort, the result is exact for the frames that were
    simulated, and goes on with their average pace.

    Raises:
        CompileError: HW0403 when the network gets stuck.
    """
    return _Follower(network).run()


Offered = Mapping[str, IntArray]
"""The earliest cycle of every firing of some processes, by name."""


@dataclass(frozen=True)
class _Course:
    """How a network goes on.

    Attributes:
        period: Frames of a turn.
        later: Cycles that each process moves by per turn.
        turns: Turns that it holds for; None for ever.
    """

    period: int
    later: tuple[int, ...]
    turns: int | None


class _Follower:
    """One network on its way."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.span = span(network)
        self.effort = _EFFORT
        self.per_frame = sum(process.phases for process in network.processes)
        self.outputs = [_sink(network, name) for name in network.outputs]
        self.stretches: list[list[Stretch]] = [[] for _ in network.outputs]

    def run(self) -> FrameEnds:
        """Follow it to its last course."""
        start, frames = 0, first_trial(self.network)
        known: Offered = {}
        while True:
            seen = self._simulate(frames, known)
            course = self._course(seen)
            if course is not None and course.turns is None:
                self._record(start, seen, course)
                return self._result(None)
            if course is not None and course.turns:
                self._record(start, seen, course)
                held = self.span + 2 * course.period
                start += seen.count - held + course.turns * course.period
                frames = held + first_trial(self.network)
                known = self._later(seen, held, course)
                continue
            if self._exhausted(2 * frames):
                self._record(start, seen, self._pace(seen))
                return self._result(start + seen.count)
            frames *= 2

    def _exhausted(self, frames: int) -> bool:
        return frames * self.per_frame > self.effort

    def _simulate(self, frames: int, known: Offered) -> SimulatedFrames:
        offered = {name: _padded(cycles, frames) for name, cycles in known.items()}
        found = run_sweeps(self.network, frames, offered)
        self.effort -= frames * self.per_frame * (1 if found else _WORD_BY_WORD)
        found = found or run(self.network, frames, offered)
        if found.waits:
            raise deadlock(self.network, found)
        return _frames(self.network, found, frames, offered)

    def _course(self, seen: SimulatedFrames) -> _Course | None:
        """The course that the last frames are on, with the shortest turn; None without one."""
        for period in range(1, _MOST_PERIOD + 1):
            if seen.count < self.span + 2 * period:
                return None
            steady = self._steady(seen, period)
            if steady is not None:
                return steady
            later = _shifts(seen, self.span + period, period)
            if later is not None:
                return _held(self.network, seen, period, later)
        return None

    def _steady(self, seen: SimulatedFrames, period: int) -> _Course | None:
        """The course of the outputs, if all of them keep the pace of the slowest firings."""
        found = steady_firings(self.network, seen, self.span + period, period)
        if found is None:
            return None
        pace, kept = found
        for index, phase in self.outputs:
            if not kept[index].reshape(period, -1)[:, phase].all():
                return None
        return _Course(period, (pace,) * len(kept), None)

    def _pace(self, seen: SimulatedFrames) -> _Course:
        """The average pace of the later half, where no course was found."""
        half = max(seen.count // 2, 1)
        later = tuple(
            -int((cycles[-1 - half, -1] - cycles[-1, -1]) // half) for cycles in seen.firings
        )
        return _Course(1, later, None)

    def _later(self, seen: SimulatedFrames, held: int, course: _Course) -> Offered:
        """Firings at the end of a course, as the first `held` frames of another simulation.

        A firing is never earlier than it is offered, and these would be no later by themselves,
        so they are simulated as they are here; what comes after depends on nothing before them.
        """
        turns = course.turns or 0
        processes = zip(self.network.processes, seen.firings, course.later, strict=True)
        return {p.name: cycles[-held:] + turns * later for p, cycles, later in processes}

    def _record(self, start: int, seen: SimulatedFrames, course: _Course) -> None:
        for (index, phase), line in zip(self.outputs, self.stretches, strict=True):
            ends = tuple(seen.firings[index][:, phase].tolist())
            line.append(Stretch(start, ends, course.period, course.later[index]).trimmed())

    def _result(self, exact: int | None) -> FrameEnds:
        return FrameEnds(tuple(tuple(line) for line in self.stretches), exact)


def _frames(network: Network, found: Run, frames: int, offered: Offered) -> SimulatedFrames:
    """The cycles of all firings, from those of the tokens."""
    none = np.array([NEVER])
    started = {n: np.concatenate([none, t.started]) for n, t in found.channels.items()}
    freed = {n: np.concatenate([none, t.freed]) for n, t in found.channels.items()}
    sweepers = tuple(Sweeper(p, network, frames, offered.get(p.name)) for p in network.processes)
    firings = tuple(s.cycles(started, freed).reshape(frames, -1) for s in sweepers)
    return SimulatedFrames(frames, sweepers, firings, started, freed)


def _padded(cycles: IntArray, frames: int) -> IntArray:
    """Cycles of the first frames [known, phases], and zeros for the others: [frames * phases]."""
    padded = np.zeros((frames, cycles.shape[1]), dtype=np.int64)
    padded[: cycles.shape[0]] = cycles
    return padded.ravel()


def _sink(network: Network, channel: str) -> tuple[int, int]:
    """Index of the process that reads a channel, and the phase that frees its last token."""
    index = network.reader(channel)
    free = network.processes[index].reads[channel].free
    return index, int(np.searchsorted(free, network.channels[channel].tokens, "left"))


def _shifts(seen: SimulatedFrames, frames: int, period: int) -> tuple[int, ...] | None:
    """Cycles that each process moved by per turn, if it did so alike in all of the last frames."""
    shifts = []
    for cycles in seen.firings:
        moved = cycles[-frames:] - cycles[-frames - period : -period]
        if np.any(moved != moved[0, 0]):
            return None
        shifts.append(int(moved[0, 0]))
    return tuple(shifts)


def _held(
    network: Network, seen: SimulatedFrames, period: int, later: tuple[int, ...]
) -> _Course | None:
    """How long the course holds; None when a firing does not keep what it waits for."""
    turns: int | None = None
    for index, sweeper in enumerate(seen.sweepers):
        cycles = seen.firings[index]
        last = period * cycles.shape[1]
        flat = cycles.ravel()
        limits = [(index, np.diff(flat - sweeper.elapsed)[-last:])]
        for read in sweeper.reads:
            ready = seen.started[read.channel] + read.delay
            limits.append((network.writer(read.channel), _slack(flat, ready, read.token, last)))
        for write in sweeper.writes:
            ready = seen.freed[write.channel] + 1
            limits.append((network.reader(write.channel), _slack(flat, ready, write.place, last)))
        kept = np.zeros(last, dtype=bool)
        for other, slack in limits:
            gain = later[other] - later[index]
            if gain == 0:
                kept |= slack == 0
            elif gain > 0 and slack.min() < UNBOUNDED:
                holds = int(slack.min()) // gain
                turns = holds if turns is None else min(turns, holds)
        if not kept.all():
            return None
    return _Course(period, later, turns)


def _slack(cycles: IntArray, ready: IntArray, token: IntArray, last: int) -> IntArray:
    """Cycles from when each of the last firings could use its token to when it fires."""
    index = token[-last:]
    slack: IntArray = np.where(index > 0, cycles[-last:] - ready[index], UNBOUNDED)
    return slack
