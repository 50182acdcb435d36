"""Evaluates the timing recurrences like `hwcompile.schedule.time.sweeps`, piece by piece.

The firings of a piece follow from when the process is ready for it and from the cycles of the
tokens and places that it waits for; all may be later by the same. So a piece is computed once for
each arrangement of these, relative to each other, and looked up from then on: rows of a picture
mostly do what the row before did. What no firing of the piece waits for is left out.

The sweeps go through the same states as those over whole processes: the same cycles come out, and
they settle, or are given up, in the same sweep.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.schedule.time.engine import NEVER
from hwcompile.schedule.time.network import Network
from hwcompile.schedule.time.offers import Offer, as_track
from hwcompile.schedule.time.pieces import Block, Outcome, PieceMemory, Shape
from hwcompile.schedule.time.process import Process
from hwcompile.schedule.time.sweeps import EVALUATIONS
from hwcompile.schedule.time.tracks import PieceTrace, Track

WHOLE = 1 << 22
"""Firings up to which whole processes are simulated at once."""

_PATIENCE = 8
"""How much longer than over whole processes sweeps may take: what follows is slower still."""


class Awaited(NamedTuple):
    """What a piece waits for in one channel, in the first frame.

    Attributes:
        slot: Which of the process's channels it is; its offer comes behind them.
        track: Cycles of tokens that are started, or of places that are freed.
        piece: The piece of the track with the first of them.
        place: The place in it.
        last: The piece with the last of them.
        end: The place in it.
        lag: Cycles until a token, or a place, can be used.
        begins: Whether the first phase waits.
    """

    slot: int
    track: Track
    piece: int
    place: int
    last: int
    end: int
    lag: int
    begins: bool


@dataclass
class Tracks:
    """The cycles of a simulation.

    Attributes:
        started: By channel.
        freed: By channel.
        firings: By process.
    """

    started: dict[str, Track]
    freed: dict[str, Track]
    firings: list[Track]


class Walker:
    """A process with everything that does not change from sweep to sweep."""

    def __init__(
        self, process: Process, network: Network, frames: int, tracks: Tracks, index: int,
        offer: Track | None,
    ) -> None:  # fmt: skip
        self.process = process
        self.frames = frames
        self.memory: PieceMemory = network.memory
        self.blocks = self.memory.pieces_of(process)
        self.offer = offer
        self.outputs = [
            tracks.firings[index],
            *(tracks.freed[name] for name in process.sources),
            *(tracks.started[name] for name in process.targets),
        ]
        self.others = [
            index,
            *(network.writer(name) for name in process.sources),
            *(network.reader(name) for name in process.targets),
        ]
        self.pieces = list(self._pieces(network, tracks))

    def _pieces(
        self, network: Network, tracks: Tracks
    ) -> Iterator[tuple[Block, list[Awaited], dict[object, Outcome]]]:
        sources = [(tracks.started[n], network.channels[n].delay) for n in self.process.sources]
        targets = [(tracks.freed[n], network.channels[n].capacity) for n in self.process.targets]
        needed, given = [0] * len(sources), [0] * len(targets)
        for number, block in enumerate(self.blocks):
            waits: list[Awaited] = []
            for slot, (read, (track, delay)) in enumerate(zip(block.reads, sources, strict=True)):
                base = needed[slot] - 1
                waits += self._wait(slot, track, read.at, read.tokens + base, delay)
                needed[slot] += read.total
            for place, (write, (track, room)) in enumerate(zip(block.writes, targets, strict=True)):
                base = given[place] - 1 - room
                slot = len(sources) + place
                waits += self._wait(slot, track, write.at, write.tokens + base, 1)
                given[place] += write.makes.size
            if self.offer is not None:
                end = self.offer.sizes[number] - 1
                slot = len(sources) + len(targets)
                waits.append(Awaited(slot, self.offer, number, 0, number, end, 0, True))
            yield block, waits, self.memory.outcomes_of(block)

    def _wait(
        self, slot: int, track: Track, at: IntArray, entries: IntArray, lag: int
    ) -> Iterator[Awaited]:
        """What phases wait for that need these entries of a track; they count from 0."""
        if at.size and int(entries[-1]) + (self.frames - 1) * track.tokens >= 0:
            span = track.span(int(entries[0]), int(entries[-1]))
            yield Awaited(slot, track, *span, lag, bool(at[0] == 0))

    def walk(self) -> list[tuple[list[Shape | None], list[int]]]:
        """The process's firings from what is known: shapes and first cycles of its outputs."""
        found: list[tuple[list[Shape | None], list[int]]] = [([], []) for _ in self.outputs]
        ready = 0
        for frame in range(self.frames):
            for block, waits, outcomes in self.pieces:
                ready, key = _arrangement(waits, frame, ready)
                outcome = outcomes.get(key)
                if outcome is None:
                    outcome = self._outcome(block, waits, frame, ready, key)
                    outcomes[key] = outcome
                for track, (shapes, firsts) in zip(outcome.tracks, found, strict=True):
                    if track is not None:
                        shapes.append(track[0])
                        firsts.append(ready + track[1])
                ready += outcome.ready
        return found

    def _outcome(
        self, block: Block, waits: list[Awaited], frame: int, ready: int, key: tuple[object, ...]
    ) -> Outcome:
        """Compute what a piece does."""
        slack = np.full(block.elapsed.size, NEVER, dtype=np.int64)
        slack[0] = 0
        live = {item[0] for item in key}  # type: ignore[index]
        for wait in waits:
            if wait.slot in live:
                self._raise(slack, block, wait, frame, ready)
        np.maximum.accumulate(slack, out=slack)
        cycles = slack + block.elapsed
        chosen = [cycles, *(cycles[read.makes] for read in block.reads)]
        chosen += [cycles[write.makes] for write in block.writes]
        tracks = tuple(self.memory.shapes.of(part) if part.size else None for part in chosen)
        return Outcome(int(slack[-1]) + block.cycles, tracks)

    def _raise(self, slack: IntArray, block: Block, wait: Awaited, frame: int, ready: int) -> None:
        """Hold phases back until what they wait for is there."""
        first = wait.piece + frame * wait.track.step
        last = wait.last + frame * wait.track.step
        known = wait.track.cycles(first, last + 1, ready - wait.lag)[wait.place :]
        if wait.track is self.offer:
            np.maximum(slack, known - block.elapsed, out=slack)
            return
        ends = (*block.reads, *block.writes)
        at, tokens = ends[wait.slot].at, ends[wait.slot].tokens
        bound = known[tokens - tokens[0]] - block.elapsed[at]
        slack[at] = np.maximum(slack[at], bound)


def _arrangement(waits: list[Awaited], frame: int, ready: int) -> tuple[int, tuple[object, ...]]:
    """When a piece begins as far as is known, and relative to that what else it waits for."""
    live = []
    for wait in waits:
        track = wait.track
        last = wait.last + frame * track.step
        shape = track.shapes[last] if last >= 0 else None
        if shape is None:
            continue
        end = shape.last if wait.end + 1 == shape.size else int(shape.cycles[wait.end])
        until = track.firsts[last] + end + wait.lag
        if until <= ready:
            continue
        first = wait.piece + frame * track.step
        if wait.begins and first >= 0:
            shape = track.shapes[first]
            if shape is not None:
                place = int(shape.cycles[wait.place]) if wait.place else 0
                ready = max(ready, track.firsts[first] + place + wait.lag)
        live.append((wait, first, last, until))
    key: list[object] = []
    for wait, first, last, until in live:
        if until > ready:
            pieces = slice(max(first, 0), last + 1)
            origin = ready - wait.lag
            firsts = [cycle - origin for cycle in wait.track.firsts[pieces]]
            key.append((wait.slot, wait.place, min(first, 0), *wait.track.shapes[pieces], *firsts))
    return ready, tuple(key)


def in_pieces(network: Network, frames: int) -> bool:
    """Whether so many frames are better simulated by pieces."""
    return frames * sum(process.phases for process in network.processes) > WHOLE


@dataclass(frozen=True)
class Walked:
    """A simulation by pieces.

    Attributes:
        network: What was simulated.
        tracks: All cycles.
        walkers: The processes.
        soon: Whether sweeps over whole processes would have settled.
    """

    network: Network
    tracks: Tracks
    walkers: list[Walker]
    soon: bool

    def traces(self) -> dict[str, PieceTrace]:
        """Cycles by channel."""
        started, freed, known = self.tracks.started, self.tracks.freed, self.network.memory.figures
        return {n: PieceTrace(started[n], freed[n], known) for n in self.network.channels}


def run_walks(
    network: Network, frames: int, offered: Mapping[str, Offer] | None = None
) -> Walked | None:
    """Simulate like `run_sweeps`; None when the sweeps do not settle for long."""
    tracks = _tracks(network, frames)
    walkers = [
        _walker(network, frames, tracks, index, (offered or {}).get(process.name))
        for index, process in enumerate(network.processes)
    ]
    waiting = set(range(len(walkers)))
    order = list(waiting)
    evaluations, soon = 0, True
    while waiting and evaluations < _PATIENCE * EVALUATIONS * len(walkers):
        for index in order:
            if index not in waiting:
                continue
            evaluations += 1
            waiting.discard(index)
            walker = walkers[index]
            for track, found, other in zip(
                walker.outputs, walker.walk(), walker.others, strict=True
            ):
                if other != index and (track.shapes, track.firsts) != found:
                    waiting.add(other)
                track.shapes, track.firsts = found
            network.memory.trim()
        # Tokens travel forward, places backward.
        order.reverse()
        soon = soon and not (waiting and evaluations >= EVALUATIONS * len(walkers))
    if waiting:
        return None
    return Walked(network, tracks, walkers, soon)


def _walker(
    network: Network, frames: int, tracks: Tracks, index: int, offer: Offer | None
) -> Walker:
    process = network.processes[index]
    if offer is None:
        return Walker(process, network, frames, tracks, index, None)
    track = as_track(offer, tracks.firings[index].sizes, frames, network.memory.shapes)
    return Walker(process, network, frames, tracks, index, track)


def _tracks(network: Network, frames: int) -> Tracks:
    blocks = [network.memory.pieces_of(process) for process in network.processes]
    started, freed = {}, {}
    for process, parts in zip(network.processes, blocks, strict=True):
        for place, name in enumerate(process.sources):
            freed[name] = Track([block.reads[place].makes.size for block in parts], frames)
        for place, name in enumerate(process.targets):
            started[name] = Track([block.writes[place].makes.size for block in parts], frames)
    firings = [Track([block.phases for block in parts], frames) for parts in blocks]
    return Tracks(started, freed, firings)
