"""Simulates a network piece by piece (`hwcompile.schedule.time.walkers`), the earliest first.

The recurrences have one least solution. A piece is computed from what is known so far, which may be
too early; whoever waits for what changed computes again, until nothing changes: then the least
solution is reached (see `hwcompile.schedule.time.sweeps`).

A piece comes when all that it waits for is known, and before all that begin later. So nearly all of
it is final by then, and most pieces are computed once or twice. Where pieces wait for each other,
the one that is ready first begins as if it had what it lacks: a place rather than a token.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush

from hwcompile.schedule.time.knots import untied
from hwcompile.schedule.time.network import Network
from hwcompile.schedule.time.offers import Offer, as_track
from hwcompile.schedule.time.tracks import PieceTrace
from hwcompile.schedule.time.walkers import Tracks, Waiters, Walker

TRIES = 100
"""After computing a piece so often without an end it is taken together with others: which takes as
long as computing it about so often."""

_TIDY = 1 << 12
"""Pieces that are computed before memory is looked at again."""


@dataclass(frozen=True)
class Walked:
    """A simulation by pieces.

    Attributes:
        network: What was simulated.
        tracks: All cycles.
        walkers: The processes.
    """

    network: Network
    tracks: Tracks
    walkers: list[Walker]

    def traces(self) -> dict[str, PieceTrace]:
        """Cycles by channel."""
        started, freed, known = self.tracks.started, self.tracks.freed, self.network.memory.figures
        return {n: PieceTrace(started[n], freed[n], known) for n in self.network.channels}


def run_walks(
    network: Network,
    frames: int,
    offered: Mapping[str, Offer] | None = None,
    patience: int = 64,
    together: float = math.inf,
) -> Walked | None:
    """Simulate like the engine's `run`; None when pieces go on changing for long.

    Args:
        network: What to simulate.
        frames: How many.
        offered: For some processes the earliest cycle of every firing.
        patience: How often a piece may be computed, on average.
        together: Firings of pieces that may be taken together, in all: they go one by one.
    """
    tracks = Tracks.of(network, frames)
    walkers = [
        _walker(network, frames, tracks, index, (offered or {}).get(process.name))
        for index, process in enumerate(network.processes)
    ]
    settled = _Front(network, walkers).run(patience, together)
    return Walked(network, tracks, walkers) if settled else None


def _walker(
    network: Network, frames: int, tracks: Tracks, index: int, offer: Offer | None
) -> Walker:
    process = network.processes[index]
    if offer is None:
        return Walker(process, network, frames, tracks, index, None)
    track = as_track(offer, tracks.firings[index].sizes, frames, network.memory.shapes)
    return Walker(process, network, frames, tracks, index, track)


class _Front:
    """The pieces that are to be computed; of each process those that come first before others."""

    def __init__(self, network: Network, walkers: list[Walker]) -> None:
        self.memory = network.memory
        self.walkers = walkers
        self.waiters = [_waiters(walker, walkers) for walker in walkers]
        self.dirty = [bytearray(walker.count) for walker in walkers]
        self.tries = [[0] * walker.count for walker in walkers]
        self.first = [walker.count for walker in walkers]
        self.queue: list[tuple[int, int]] = []
        self.lacking: dict[int, list[tuple[int, bool]]] = {}
        self.stopped: list[tuple[int, int]] = []
        self.together = 0

    def run(self, patience: int, together: float) -> bool:
        """Compute pieces until nothing changes; False if that takes long."""
        for first in range(len(self.walkers)):
            self._mark(first, 0)
        effort = patience * sum(walker.count for walker in self.walkers)
        for left in range(effort, 0, -1):
            index = self._next()
            if index is None:
                return True
            if self.together > together:
                return False
            self._advance(index)
            if left % _TIDY == 0:
                self.memory.trim()
        return False

    def _mark(self, index: int, number: int) -> None:
        """A piece of a process is to be computed, if those before it have been."""
        walker = self.walkers[index]
        if number <= walker.known and number < walker.count:
            self.dirty[index][number] = True
            if number < self.first[index] or index in self.lacking:
                self.first[index] = min(number, self.first[index])
                self._post(index)

    def _post(self, index: int) -> None:
        """Put a process in the queue, from when it is ready for its first piece to compute."""
        self.lacking.pop(index, None)
        heappush(self.queue, (self.walkers[index].readies[self.first[index]], index))

    def _next(self) -> int | None:
        """The process that is ready first; None when all is done."""
        while self.queue:
            cycle, index = heappop(self.queue)
            walker, number = self.walkers[index], self.first[index]
            if number == walker.count or walker.readies[number] != cycle or index in self.lacking:
                continue
            lacks = [] if number < walker.known else walker.lacks(number)
            if not lacks:
                return index
            self.lacking[index] = lacks
            heappush(self.stopped, (cycle, index))
        return self._boldest() if self.lacking else None

    def _boldest(self) -> int:
        """Of processes that lack only what each other would do, the one to begin without it."""
        cycle, start = self.stopped[0]
        while start not in self.lacking or self._ready(start) != cycle:
            heappop(self.stopped)
            cycle, start = self.stopped[0]
        group = _sink(start, lambda i: [other for other, _ in self.lacking.get(i, ())])
        index = min(
            group, key=lambda i: (any(token for _, token in self.lacking[i]), self._ready(i))
        )
        del self.lacking[index]
        return index

    def _ready(self, index: int) -> int:
        """When a process is ready for its first piece to compute."""
        return self.walkers[index].readies[self.first[index]]

    def _advance(self, index: int) -> None:
        """Compute the first piece of a process that is to be computed."""
        walker, dirty, number = self.walkers[index], self.dirty[index], self.first[index]
        if self.tries[index][number] >= TRIES - 1:
            self._untie(index, number)
            return
        ready, new = walker.readies[number + 1], number == walker.known
        computed = walker.computed
        changed = walker.advance(number)
        self.tries[index][number] += walker.computed - computed
        walker.known += new
        dirty[number] = False
        if number + 1 < walker.count and (new or walker.readies[number + 1] != ready):
            dirty[number + 1] = True
        following = dirty.find(1, number + 1)
        self.first[index] = following if following >= 0 else walker.count
        if following >= 0:
            self._post(index)
        self._tell(index, changed)

    def _tell(self, index: int, changed: list[tuple[int, int]]) -> None:
        """Who waits for what changed computes again."""
        for slot, piece in changed:
            if slot:
                other, waiters = self.waiters[index][slot - 1]
                for waiting in waiters.of(piece):
                    self._mark(other, waiting)

    def _untie(self, index: int, number: int) -> None:
        """Take a piece together with those that it keeps changing, and that change it."""
        firings, outcomes = untied(self.walkers, self.waiters, index, number)
        self.together += firings
        for other, piece, ready, outcome in outcomes:
            walker = self.walkers[other]
            before = walker.readies[piece + 1]
            changed = walker.store(piece, ready, outcome)
            self.tries[other][piece] = 0
            if changed or walker.readies[piece + 1] != before:
                self._mark(other, piece)
                self._mark(other, piece + 1)
                self._tell(other, changed)
        self._post(index)


def _waiters(walker: Walker, walkers: list[Walker]) -> list[tuple[int, Waiters]]:
    """For each of the channels who waits for what the process does."""
    found = []
    for place, name in enumerate(walker.process.sources):
        other = walker.others[1 + place]
        process = walkers[other].process
        slot = len(process.sources) + process.targets.index(name)
        found.append((other, Waiters(walkers[other], slot)))
    for place, name in enumerate(walker.process.targets, start=len(walker.process.sources)):
        other = walker.others[1 + place]
        slot = walkers[other].process.sources.index(name)
        found.append((other, Waiters(walkers[other], slot)))
    return found


def _sink(start: int, nexts: Callable[[int], list[int]]) -> set[int]:
    """Nodes that lead to each other and to no others, reached from one; after Tarjan (1972)."""
    order, low, path = {start: 0}, {start: 0}, [start]
    rest = {start: nexts(start)}
    at = [start]
    while at:
        node = at[-1]
        if rest[node]:
            other = rest[node].pop()
            if other in order:
                low[node] = min(low[node], order[other])
            else:
                order[other] = low[other] = len(order)
                rest[other] = nexts(other)
                path.append(other)
                at.append(other)
            continue
        if low[node] == order[node]:
            return set(path[path.index(node) :])
        at.pop()
        low[at[-1]] = min(low[at[-1]], low[node])
    return {start}
