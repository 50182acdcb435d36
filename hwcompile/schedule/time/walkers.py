"""Evaluates the timing recurrences of a process like `hwcompile.schedule.time.sweeps`, in pieces.

The firings of a piece follow from when the process is ready for it and from the cycles of the
tokens and places that it waits for; all may be later by the same. So a piece is computed once for
each arrangement of these, relative to each other, and looked up from then on: rows of a picture
mostly do what the row before did. What no firing of the piece waits for may come as late as before
any would, without a difference.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.schedule.time.engine import NEVER
from hwcompile.schedule.time.network import Network
from hwcompile.schedule.time.pieces import Block, Outcome, Outcomes, PieceMemory
from hwcompile.schedule.time.process import Process
from hwcompile.schedule.time.tracks import Track
from hwcompile.schedule.time.turnarounds import Turnaround, held_up


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


class LateWait(NamedTuple):
    """What a piece has to wait for, unless others are later still.

    Attributes:
        wait: Where.
        first: The piece of the track with the first of it, over all frames.
        last: The piece with the last of it.
        origin: When the first of these pieces that is known begins.
        offset: That, as the process waits for it, from when it is ready.
        kind: All that is waited for, counted from the origin.
    """

    wait: Awaited
    first: int
    last: int
    origin: int
    offset: int
    kind: object

    @staticmethod
    def of(wait: Awaited, first: int, last: int, known: int, ready: int) -> LateWait:
        """What is waited for in these pieces of a track, of which some at the end are not known."""
        start, track = max(first, 0), wait.track
        origin = track.firsts[start]
        firsts = [cycle - origin for cycle in track.firsts[start + 1 : known + 1]]
        shapes = track.shapes[start : known + 1]
        kind = (wait.slot, wait.place, min(first, 0), last - known, *shapes, *firsts)
        return LateWait(wait, first, last, origin, origin + wait.lag - ready, kind)


class Waiters:
    """Which pieces of a process wait for a piece of a track."""

    def __init__(self, walker: Walker, slot: int) -> None:
        self._firsts: list[int] = []
        self._lasts: list[int] = []
        self._numbers: list[int] = []
        for frame in range(walker.frames):
            for place, (_, waits, _) in enumerate(walker.pieces):
                for wait in waits:
                    shift = frame * wait.track.step
                    if wait.slot == slot and wait.last + shift >= 0:
                        self._firsts.append(wait.piece + shift)
                        self._lasts.append(wait.last + shift)
                        self._numbers.append(frame * len(walker.pieces) + place)

    def of(self, piece: int) -> Sequence[int]:
        """Their numbers, over all frames."""
        first = bisect_left(self._lasts, piece)
        return self._numbers[first : bisect_right(self._firsts, piece)]


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

    @staticmethod
    def of(network: Network, frames: int) -> Tracks:
        """Those of so many frames, of which nothing is known yet."""
        blocks = [network.memory.pieces_of(process) for process in network.processes]
        started, freed = {}, {}
        for process, parts in zip(network.processes, blocks, strict=True):
            for place, name in enumerate(process.sources):
                freed[name] = Track([block.reads[place].makes.size for block in parts], frames)
            for place, name in enumerate(process.targets):
                started[name] = Track([block.writes[place].makes.size for block in parts], frames)
        firings = [Track([block.phases for block in parts], frames) for parts in blocks]
        return Tracks(started, freed, firings)


class Walker:
    """A process on its way.

    Attributes:
        pieces: Of a frame: what it does, what it waits for, and what has come of that so far.
        outputs: Its firings, the tokens that it frees of each source and gives to each target.
        others: The processes that they are for, the first its own.
        slots: For each of the channels the output of the other process at it.
        readies: When it is ready for each piece of all frames, and behind the last.
        known: Pieces that have been computed.
        computed: Outcomes that had not been seen before.
    """

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
        self.turnarounds = self._turnarounds(network)
        self.pieces = list(self._pieces(network, tracks))
        self.readies = [0] * (frames * len(self.blocks) + 1)
        self.known = self.computed = 0
        ends = zip(*((*block.reads, *block.writes) for block in self.blocks), strict=True)
        self.slots = [
            *(_output(network.processes[network.writer(n)], n) for n in process.sources),
            *(_output(network.processes[network.reader(n)], n) for n in process.targets),
        ]
        filled = [[True] * len(self.blocks), *([end.makes.size > 0 for end in e] for e in ends)]
        self._places: list[list[int]] = [list(accumulate(there, initial=0)) for there in filled]

    def output(self, slot: int, number: int) -> int | None:
        """Which piece of an output's track a piece makes; None where it makes nothing of it."""
        frame, place = divmod(number, len(self.blocks))
        places = self._places[slot]
        if places[place + 1] == places[place]:
            return None
        return frame * self.outputs[slot].step + places[place]

    def piece_of(self, slot: int, piece: int) -> int:
        """The piece that makes a piece of an output's track."""
        frame, place = divmod(piece, self.outputs[slot].step)
        return frame * len(self.blocks) + bisect_right(self._places[slot], place) - 1

    @property
    def count(self) -> int:
        """Pieces of all frames."""
        return len(self.readies) - 1

    def lacks(self, number: int) -> list[tuple[int, bool]]:
        """The processes of which a piece waits for what is not known yet: a token, or a place."""
        frame, place = divmod(number, len(self.pieces))
        found = []
        for wait in self.pieces[place][1]:
            last = wait.last + frame * wait.track.step
            if last >= 0 and wait.track.shapes[last] is None and wait.track is not self.offer:
                token = wait.slot < len(self.process.sources)
                found.append((self.others[wait.slot + 1], token))
        return found

    def advance(self, number: int) -> list[tuple[int, int]]:
        """Compute a piece from what is known.

        Returns:
            Which of the outputs changed, and in which piece of its track.
        """
        frame, place = divmod(number, len(self.pieces))
        block, waits, known = self.pieces[place]
        ready, late = _late(waits, frame, self.readies[number])
        return self.store(number, ready, self._done(block, late, known))

    def store(self, number: int, ready: int, outcome: Outcome) -> list[tuple[int, int]]:
        """Put down what a piece does from a cycle on; returns the same as `advance`."""
        frame, place = divmod(number, len(self.pieces))
        changed = []
        for slot, (track, found) in enumerate(zip(self.outputs, outcome.tracks, strict=True)):
            if found is not None:
                shape, first = found[0], ready + found[1]
                piece = frame * track.step + self._places[slot][place]
                if track.shapes[piece] is not shape or track.firsts[piece] != first:
                    track.shapes[piece], track.firsts[piece] = shape, first
                    changed.append((slot, piece))
        self.readies[number + 1] = ready + outcome.ready
        return changed

    def _pieces(
        self, network: Network, tracks: Tracks
    ) -> Iterator[tuple[Block, list[Awaited], Outcomes]]:
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
            yield block, waits, self.memory.outcomes_of(block, self.turnarounds)

    def _turnarounds(self, network: Network) -> tuple[Turnaround, ...]:
        names = (*self.process.sources, *self.process.targets)
        ends = [(network.channels[name], network.processes[network.reader(name)]) for name in names]
        return tuple(
            Turnaround(slot, channel.capacity, channel.delay + 1)
            for slot, (channel, reader) in enumerate(ends)
            if reader.is_stream(channel.name)
        )

    def _wait(
        self, slot: int, track: Track, at: IntArray, entries: IntArray, lag: int
    ) -> Iterator[Awaited]:
        """What phases wait for that need these entries of a track; they count from 0."""
        if at.size and int(entries[-1]) + (self.frames - 1) * track.tokens >= 0:
            span = track.span(int(entries[0]), int(entries[-1]))
            yield Awaited(slot, track, *span, lag, bool(at[0] == 0))

    def _done(self, block: Block, late: list[LateWait], known: Outcomes) -> Outcome:
        """What a piece does."""
        late = [wait for wait in late if wait.offset > self._alone(block, wait, known)]
        kinds, offsets = tuple(wait.kind for wait in late), tuple(wait.offset for wait in late)
        outcome = known.find(kinds, offsets)
        if outcome is None:
            self.computed += 1
            outcome, latest = self._outcome(block, late, known.turnarounds)
            known.keep(kinds, offsets, latest, outcome)
        return outcome

    def _alone(self, block: Block, late: LateWait, known: Outcomes) -> int:
        """The largest offset at which no phase waits, however early the others are."""
        if late.kind not in known.alone:
            at, cycles = self._cycles(block, late)
            known.alone[late.kind] = int((block.elapsed[at] - cycles).min())
        return known.alone[late.kind]

    def _outcome(
        self, block: Block, late: list[LateWait], turnarounds: Sequence[tuple[Turnaround, IntArray]]
    ) -> tuple[Outcome, tuple[int, ...]]:
        """What a piece does, and with which largest offsets it would do the same."""
        slack = np.full(block.elapsed.size, NEVER, dtype=np.int64)
        slack[0] = 0
        ends = [self._cycles(block, wait) for wait in late]
        for wait, (at, cycles) in zip(late, ends, strict=True):
            slack[at] = np.maximum(slack[at], cycles + wait.offset - block.elapsed[at])
        np.maximum.accumulate(slack, out=slack)
        fired = held_up(slack, block.elapsed, turnarounds) + block.elapsed
        latest = tuple(int((fired[at] - cycles).min()) for at, cycles in ends)
        return self.outcome_of(block, fired), latest

    def outcome_of(self, block: Block, fired: IntArray) -> Outcome:
        """What comes of firings in these cycles, counted from when the process is ready."""
        chosen = [fired, *(fired[read.makes] for read in block.reads)]
        chosen += [fired[write.makes] for write in block.writes]
        tracks = tuple(self.memory.shapes.of(part) if part.size else None for part in chosen)
        return Outcome(int(fired[-1] - block.elapsed[-1]) + block.cycles, tracks)

    def _cycles(self, block: Block, late: LateWait) -> tuple[IntArray, IntArray]:
        """The phases that wait, and since when they need not, counted from the wait's origin."""
        wait, track = late.wait, late.wait.track
        cycles = track.cycles(late.first, late.last + 1, late.origin)[wait.place :]
        if track is self.offer:
            return np.arange(block.phases), cycles
        end = (*block.reads, *block.writes)[wait.slot]
        return end.at, cycles[end.tokens - end.tokens[0]]


def _output(process: Process, channel: str) -> int:
    """Which output of a process is a channel's: the tokens that it gives, or frees."""
    return 1 + (*process.sources, *process.targets).index(channel)


def _late(waits: list[Awaited], frame: int, ready: int) -> tuple[int, list[LateWait]]:
    """When a piece begins as far as is known, and what it may have to wait for later."""
    found: list[tuple[Awaited, int, int, int, int]] = []
    for wait in waits:
        track, shift = wait.track, frame * wait.track.step
        first, last = wait.piece + shift, wait.last + shift
        known = last
        while known >= 0 and known >= first and track.shapes[known] is None:
            known -= 1
        shape = track.shapes[known] if known >= max(first, 0) else None
        if shape is None:
            continue
        whole = known < last or wait.end + 1 == shape.size
        end = shape.last if whole else int(shape.cycles[wait.end])
        until = track.firsts[known] + end + wait.lag
        if until <= ready:
            continue
        if wait.begins and first >= 0:
            shape = track.shapes[first]
            if shape is not None:
                place = int(shape.cycles[wait.place]) if wait.place else 0
                ready = max(ready, track.firsts[first] + place + wait.lag)
        found.append((wait, first, last, known, until))
    return ready, [
        LateWait.of(wait, first, last, known, ready)
        for wait, first, last, known, until in found
        if until > ready
    ]
