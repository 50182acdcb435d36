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

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import gcd, lcm

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.ops.contract.timing import Access
from hwcompile.schedule.time.network import Network, Process
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
    count = gcd(*(process_laps(process) for process in network.processes))
    channels = {n: replace(c, tokens=c.tokens // count) for n, c in network.channels.items()}
    processes = tuple(_lap(process, count) for process in network.processes)
    lap = replace(network, channels=channels, processes=processes)
    return Laps(lap, count) if count > first_trial(lap) else None


def process_laps(process: Process) -> int:
    """How often a process does the same per frame."""
    phases, lap = process.duration.size, 1
    for changes in _changes(process):
        lap = lcm(lap, _least_period(changes))
        if lap == phases:
            return 1
    return phases // lap


def _changes(process: Process) -> Iterator[IntArray]:
    """What each phase does: cycles, tokens needed and freed of each channel, tokens given."""
    yield process.duration
    for access in process.reads.values():
        if access.need[-1] != access.free[-1]:
            yield np.arange(process.duration.size)
        if access.need is not access.free:
            yield np.diff(access.need, prepend=0)
        yield np.diff(access.free, prepend=0)
    for total in process.writes.values():
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
    phases = process.duration.size // count
    return replace(
        process,
        duration=process.duration[:phases],
        reads={n: Access(a.need[:phases], a.free[:phases]) for n, a in process.reads.items()},
        writes={name: total[:phases] for name, total in process.writes.items()},
    )
