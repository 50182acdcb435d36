"""Shows from a few frames that some firings of a network keep their pace for ever.

The recurrences are monotone, and adding a constant to all cycles adds it to all that follows. So if
every firing of `span` frames comes at most L cycles after the one a turn before, that is true for
ever: no firing is later than its predecessor plus L.

No firing is earlier than that, either, where it waits for something that moves by L: take the
firings that moved by exactly L in all these frames, and strike those that do not wait (without
slack) for another one that is left. Those that remain hold each other up: their constraints go on
to hold, turn by turn. What they wait for in the end is a loop, the critical one: usually the
slowest process.

Frames end with them long before the last FIFO in front of the slowest process is full.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hwcompile.ir.types import IntArray
from hwcompile.schedule.time.network import Network
from hwcompile.schedule.time.sweeps import Sweeper

ROUNDS = 100
"""Passes over all processes in search of the firings that hold each other up."""

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class SimulatedFrames:
    """Simulated frames.

    Attributes:
        count: How many.
        sweepers: The processes over these frames.
        firings: The cycle of every firing by process, int64 [frames, phases].
        started: Channel name to the cycle that starts each token; index 0 stands for none.
        freed: The same for the cycle that frees it.
    """

    count: int
    sweepers: tuple[Sweeper, ...]
    firings: tuple[IntArray, ...]
    started: Mapping[str, IntArray]
    freed: Mapping[str, IntArray]


@dataclass(frozen=True)
class _Wait:
    """Firings of the last turn that wait without slack for another process.

    Attributes:
        other: Its index.
        tight: For each firing of the last turn whether it waits.
        cause: For each the firing of the other's turn that it waits for.
    """

    other: int
    tight: Flags
    cause: IntArray


def steady_firings(
    network: Network, seen: SimulatedFrames, frames: int, period: int
) -> tuple[int, tuple[Flags, ...]] | None:
    """The pace of the slowest firings, and which of the last turn keep it for ever.

    Args:
        network: Whose frames they are.
        seen: At least `frames + period` of them.
        frames: What happens later follows from so many.
        period: Frames of a turn.

    Returns:
        Cycles per turn, and for each process the firings of the last `period` frames that keep
        them, bool [period * phases]; None if the search does not end soon.
    """
    moved = [cycles[-frames:] - cycles[-frames - period : -period] for cycles in seen.firings]
    pace = max(int(shift.max()) for shift in moved)
    left = [_always(shift == pace, period) for shift in moved]
    waits = [_waits(network, seen, index, period) for index in range(len(seen.firings))]
    following = [_own(seen, index, period) for index in range(len(seen.firings))]
    for _ in range(ROUNDS):
        changed = False
        for index, able in enumerate(left):
            now = _kept(able, following[index], waits[index], left)
            changed = changed or bool(np.any(now != able))
            left[index] = now
        if not changed:
            return pace, tuple(left)
    return None


def _always(flags: Flags, period: int) -> Flags:
    """For each firing of the last turn whether it and those turns before have the flag."""
    rest = flags.shape[0] % period
    turns = [flags[(rest + frame) % period :: period].all(axis=0) for frame in range(period)]
    return np.concatenate(turns)


def _own(seen: SimulatedFrames, index: int, period: int) -> Flags:
    """Firings of the last turn that wait only for the process's own firing before."""
    cycles = seen.firings[index]
    slack = np.diff(cycles.ravel() - seen.sweepers[index].elapsed)
    own: Flags = slack[-period * cycles.shape[1] :] == 0
    return own


def _waits(network: Network, seen: SimulatedFrames, index: int, period: int) -> list[_Wait]:
    sweeper, cycles = seen.sweepers[index], seen.firings[index]
    last = cycles.ravel()[-period * cycles.shape[1] :]
    found = []
    for read in sweeper.reads:
        other = network.writer(read.channel)
        gives = next(w.gives for w in seen.sweepers[other].writes if w.channel == read.channel)
        ready = seen.started[read.channel] + read.delay
        found.append(_wait(seen, other, gives, ready, read.token, last, period))
    for write in sweeper.writes:
        other = network.reader(write.channel)
        frees = next(r.frees for r in seen.sweepers[other].reads if r.channel == write.channel)
        ready = seen.freed[write.channel] + 1
        found.append(_wait(seen, other, frees, ready, write.place, last, period))
    return found


def _wait(
    seen: SimulatedFrames,
    other: int,
    firing: IntArray,
    ready: IntArray,
    tokens: IntArray,
    last: IntArray,
    period: int,
) -> _Wait:
    token = tokens[-last.size :]
    tight: Flags = (token > 0) & (ready[token] == last)
    turn = period * seen.firings[other].shape[1]
    cause = firing[np.maximum(token - 1, 0)] - (seen.firings[other].size - turn)
    return _Wait(other, tight, cause % turn)


def _kept(able: Flags, own: Flags, waits: list[_Wait], left: list[Flags]) -> Flags:
    """The firings of `able` that wait for one that is left, or follow one that does."""
    held = np.zeros(able.size, dtype=bool)
    for wait in waits:
        held |= wait.tight & left[wait.other][wait.cause]
    held &= able
    if np.all(able & own):
        return able
    # Two turns in a row, for the first firings of a turn follow the last.
    place = np.arange(2 * able.size)
    cause = np.maximum.accumulate(np.where(np.tile(held, 2), place, -1))
    gap = np.maximum.accumulate(np.where(np.tile(able & own, 2), -1, place))
    kept: Flags = able & ((cause >= 0) & (cause >= gap))[able.size :]
    return kept
