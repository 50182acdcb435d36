"""Times a frame that does the same again and again by one of its laps.

Where every process of a network goes through the same phases R times per frame (for each row of a
matrix, for each pixel of a pointwise convolution), a frame is R *laps*: the network whose frame is
one lap has the same recurrences, firing by firing, for a process does not see where a frame ends.
It is R times smaller, and what repeats lap by lap repeats frame by frame.

One thing of a frame is seen: a phase that needs no token of its frame does not wait for the frame
before. A process that needs all its tokens has waited for them already, before the next lap begins;
one that does not is left whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import gcd, lcm

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.ops.contract.timing import Access, Actor
from hwcompile.schedule.time.network import Network
from hwcompile.schedule.time.pieces import StretchedProcess
from hwcompile.schedule.time.process import PartedProcess, Process
from hwcompile.schedule.time.settling import first_trial


@dataclass(frozen=True)
class Laps:
    """A network taken apart.

    Attributes:
        network: Its frame is a lap.
        count: Laps of a frame of the whole network.
    """

    network: Network
    count: int


def laps_of(network: Network) -> Laps | None:
    """Take the frames of a network apart; None where that does not make the work less."""
    count = 0
    for process in network.processes:
        count = process_laps(process, count)
        if count == 1:
            return None
    channels = {n: replace(c, tokens=c.tokens // count) for n, c in network.channels.items()}
    processes = tuple(_lap(process, count) for process in network.processes)
    lap = replace(network, channels=channels, processes=processes)
    return Laps(lap, count) if count > first_trial(lap) else None


def process_laps(process: Process, most: int = 0) -> int:
    """How often a process does the same per frame; the largest such divisor of `most`."""
    if isinstance(process, StretchedProcess):
        # Laps take equal cycles if all frames of the process before fall apart, and no others do.
        return gcd(process_laps(process.base, most), process.interval)
    if any(process.needs(name) != process.takes(name) for name in process.sources):
        return 1
    (actor, times), *others = process.parts
    if others:
        return _common_laps(process, most or process.phases)
    laps = times * _actor_laps(actor)
    return gcd(laps, most)


def _common_laps(process: Process, most: int) -> int:
    """`process_laps` of stretches that differ: where they do, the first rows tell."""
    laps = 1
    for prime in _primes(gcd(most, process.phases)):
        if _repeats(process.parts, process.phases // (laps * prime)):
            laps *= prime
    return laps


def _repeats(parts: Sequence[tuple[Actor, int]], period: int) -> bool:
    """Whether each phase does what the one `period` before did."""
    early, late = _Walk(parts), _Walk(parts)
    late.skip(period)
    while late.left:
        count = min(early.left, late.left)
        for before, after in zip(early.changes, late.changes, strict=True):
            here, there = before[early.at :][:count], after[late.at :][:count]
            if here is not there and not np.array_equal(here, there):
                return False
        early.skip(count)
        late.skip(count)
    return True


class _Walk:
    """A place in the phases of a frame.

    Attributes:
        changes: Of the stretch, see `_changes`.
        at: Phase of the stretch.
        left: Phases up to its end; 0 at the end of the frame.
    """

    def __init__(self, parts: Sequence[tuple[Actor, int]]) -> None:
        self._rest = [actor for actor, times in reversed(parts) for _ in range(times)]
        self._known: dict[int, list[IntArray]] = {}
        self._next()

    def skip(self, count: int) -> None:
        """Go on so many phases."""
        while self.left and count >= self.left:
            count -= self.left
            self._next()
        self.at += count
        self.left -= count

    def _next(self) -> None:
        """To the beginning of the next stretch."""
        self.at = self.left = 0
        if self._rest:
            actor = self._rest.pop()
            if id(actor) not in self._known:
                self._known[id(actor)] = list(_changes(actor))
            self.changes, self.left = self._known[id(actor)], actor.phases


def _actor_laps(actor: Actor) -> int:
    """How often an actor does the same per frame."""
    lap = 1
    for changes in _changes(actor):
        lap = lcm(lap, _least_period(changes))
        if lap == actor.phases:
            return 1
    return actor.phases // lap


def _changes(actor: Actor) -> Iterator[IntArray]:
    """What each phase does: cycles, tokens needed and freed of each channel, tokens given."""
    yield actor.duration
    for access in actor.reads.values():
        yield np.diff(access.need, prepend=0)
        yield np.diff(access.free, prepend=0)
    for total in actor.writes.values():
        yield np.diff(total, prepend=0)


def _least_period(changes: IntArray) -> int:
    """The length of the shortest part that the changes repeat a whole number of times."""
    period = changes.size
    for prime in _primes(period):
        part = period // prime
        if np.array_equal(changes[part:period], changes[: period - part]):
            period = part
    return period


def _primes(number: int) -> Iterator[int]:
    """The prime factors, ascending, each as often as it divides."""
    factor = 2
    while factor * factor <= number:
        if number % factor:
            factor += 1
        else:
            number //= factor
            yield factor
    if number > 1:
        yield number


def _lap(process: Process, count: int) -> Process:
    """One of `count` laps."""
    if isinstance(process, StretchedProcess):
        return StretchedProcess(_lap(process.base, count), process.interval // count)
    left, parts = process.phases // count, []
    for actor, times in process.parts:
        whole = min(left // actor.phases, times)
        left -= whole * actor.phases
        parts += [(actor, whole)] if whole else []
        if left and whole < times:
            parts.append((_begin(actor, left), 1))
            break
    return PartedProcess(process.name, tuple(parts), process.rows)


def _begin(actor: Actor, phases: int) -> Actor:
    """The first phases of an actor."""
    return Actor(
        actor.duration[:phases],
        {n: Access(a.need[:phases], a.free[:phases]) for n, a in actor.reads.items()},
        {name: total[:phases] for name, total in actor.writes.items()},
    )
