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

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from hwcompile.schedule.time.frame_ends import FrameEnds, Stretch
from hwcompile.schedule.time.network import UNBOUNDED, Network
from hwcompile.schedule.time.offers import Offer, as_cycles
from hwcompile.schedule.time.piece_turns import TurnsInPieces
from hwcompile.schedule.time.simulation import run_network
from hwcompile.schedule.time.tokens import deadlock
from hwcompile.schedule.time.walks import Walked
from hwcompile.schedule.time.whole_turns import WholeTurns

Turns = WholeTurns | TurnsInPieces
"""Simulated frames."""

_EFFORT = 24_000_000
"""What may be simulated, in units of `Simulated.effort`; bounds the time, deterministically."""

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


def _nothing(frames: int) -> Mapping[str, Offer]:
    """No firing is held back."""
    return {}


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
        known: Callable[[int], Mapping[str, Offer]] = _nothing
        while True:
            seen = self._simulate(frames, known(frames))
            course = self._course(seen)
            if course is not None and course.turns is None:
                self._record(start, seen, course)
                return self._result(None)
            if course is not None and course.turns:
                self._record(start, seen, course)
                held = self.span + 2 * course.period
                start += seen.count - held + course.turns * course.period
                frames = held + first_trial(self.network)
                later = tuple(course.turns * cycles for cycles in course.later)
                # A firing is never earlier than it is offered, and these would be no later by
                # themselves; what comes after depends on nothing before them.
                known = partial(seen.later, held, later)
                continue
            if self._exhausted(2 * frames):
                self._record(start, seen, self._pace(seen))
                return self._result(start + seen.count)
            frames *= 2

    def _exhausted(self, frames: int) -> bool:
        return frames * self.per_frame > self.effort

    def _simulate(self, frames: int, known: Mapping[str, Offer]) -> Turns:
        simulated = run_network(self.network, frames, known)
        self.effort -= simulated.effort
        if simulated.waits:
            raise deadlock(self.network, simulated.waits)
        if isinstance(simulated.found, Walked):
            return TurnsInPieces(simulated.found, frames)
        offered = {name: as_cycles(offer, frames) for name, offer in known.items()}
        return WholeTurns.of(self.network, simulated.found, frames, offered)

    def _course(self, seen: Turns) -> _Course | None:
        """The course that the last frames are on, with the shortest turn; None without one."""
        for period in range(1, _MOST_PERIOD + 1):
            if seen.count < self.span + 2 * period:
                return None
            pace = seen.steady(self.span + period, period, self.outputs)
            if pace is not None:
                return _Course(period, (pace,) * len(self.network.processes), None)
            later = seen.shifts(self.span + period, period)
            if later is not None:
                holds, turns = seen.holds(period, later)
                return _Course(period, later, turns) if holds else None
        return None

    def _pace(self, seen: Turns) -> _Course:
        """The average pace of the later half, where no course was found."""
        half = max(seen.count // 2, 1)
        later = []
        for index, process in enumerate(self.network.processes):
            end = seen.cycle(index, seen.count - 1, process.phases - 1)
            before = seen.cycle(index, seen.count - 1 - half, process.phases - 1)
            later.append(-int((before - end) // half))
        return _Course(1, tuple(later), None)

    def _record(self, start: int, seen: Turns, course: _Course) -> None:
        for (index, phase), line in zip(self.outputs, self.stretches, strict=True):
            ends = tuple(seen.cycle(index, frame, phase) for frame in range(seen.count))
            line.append(Stretch(start, ends, course.period, course.later[index]).trimmed())

    def _result(self, exact: int | None) -> FrameEnds:
        return FrameEnds(tuple(tuple(line) for line in self.stretches), exact)


def _sink(network: Network, channel: str) -> tuple[int, int]:
    """Index of the process that reads a channel, and the phase that frees its last token."""
    index = network.reader(channel)
    phase = first = 0
    for actor, times in network.processes[index].parts:
        free = actor.reads[channel].free
        if free[-1]:
            last = int(np.searchsorted(free, free[-1], "left"))
            phase = first + (times - 1) * actor.phases + last
        first += times * actor.phases
    return index, phase
