"""A frame of a process cut into pieces of phases, rows of the picture where it has rows.

Pieces that do the same are one `Block`, and cycles that differ only by when they begin are one
`Shape`: so what a simulation keeps grows with rows, and with what differs between them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import blake2b
from math import gcd
from weakref import WeakValueDictionary

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.ops.contract.timing import Access, Actor, Repeated
from hwcompile.schedule.time.process import Process
from hwcompile.schedule.time.proportion import scaled
from hwcompile.schedule.time.turnarounds import Turnaround

LEAST_PHASES = 256
"""Phases of a piece, where a frame has more: fewer take longer to look up than to compute."""


_MOST_ENTRIES = 1 << 25
"""Cycles in shapes that are kept for later: 128 MB."""


class Shape:
    """Ascending cycles, counted from the first; equal ones are the same object (`Shapes`)."""

    __slots__ = ("__weakref__", "cycles", "last", "size")

    def __init__(self, cycles: IntArray) -> None:
        self.last = int(cycles[-1])
        self.size = int(cycles.size)
        self.cycles = cycles.astype(np.int32) if self.last < 1 << 31 else cycles


class Shapes:
    """All shapes of cycles that are in use."""

    def __init__(self) -> None:
        self._known: WeakValueDictionary[bytes, Shape] = WeakValueDictionary()
        self.made = 0

    def of(self, cycles: IntArray) -> tuple[Shape, int]:
        """The shape of at least one ascending cycles, and the first of them."""
        first = int(cycles[0])
        shape = Shape(cycles - first)
        key = blake2b(shape.cycles.data, digest_size=16).digest() + shape.size.to_bytes(8, "big")
        known = self._known.setdefault(key, shape)
        self.made += shape.size if known is shape else 0
        return known, first


@dataclass(frozen=True, eq=False)
class BlockEnd:
    """How a block reads or writes a channel; tokens are counted from the block's beginning.

    Attributes:
        at: Phases that need a new token, or give tokens.
        tokens: The last token that each of them needs or gives, from 1 on.
        total: Tokens needed or given in all.
        makes: For each token that is freed or given the phase that does it.
    """

    at: IntArray
    tokens: IntArray
    total: int
    makes: IntArray


@dataclass(frozen=True, eq=False)
class Block:
    """Phases in a row.

    Attributes:
        elapsed: Least cycles from the first phase to each, int64 [phases].
        cycles: Least cycles to the phase behind it.
        reads: In the order of the process's sources.
        writes: In the order of the process's targets.
    """

    elapsed: IntArray
    cycles: int
    reads: tuple[BlockEnd, ...]
    writes: tuple[BlockEnd, ...]

    @property
    def phases(self) -> int:
        """How many there are."""
        return int(self.elapsed.size)

    @staticmethod
    def of(actor: Actor) -> Block:
        """What a stretch of a process does."""
        elapsed = np.append(0, np.cumsum(actor.duration))
        return Block(
            elapsed[:-1],
            int(elapsed[-1]),
            tuple(_end(access.need, access.free) for access in actor.reads.values()),
            tuple(_end(total, total) for total in actor.writes.values()),
        )


@dataclass(frozen=True)
class Outcome:
    """What a block does, in cycles from when its process is ready for it.

    Attributes:
        ready: When the process is ready for the next block.
        tracks: Of the firings, then of the tokens freed of each read and given to each write: the
            shape and its first cycle; None where there are none.
    """

    ready: int
    tracks: tuple[tuple[Shape, int] | None, ...]


@dataclass(frozen=True)
class _Pattern:
    """What a block does where the same of what it waits for holds it up.

    Attributes:
        tight: The places of that.
        loose: Those of the rest.
        known: By the offsets of what is tight: the largest of what is loose, and the outcome.
    """

    tight: tuple[int, ...]
    loose: tuple[int, ...]
    known: dict[tuple[int, ...], tuple[tuple[int, ...], Outcome]]


class Outcomes:
    """What a block does, by what it waits for.

    What it waits for has a kind each, and an offset: later by the offset. What no phase waits for
    changes nothing up to a largest offset.

    Attributes:
        turnarounds: Of its channels, each with the phases that give or take its tokens.
        alone: By kind, the largest offset at which no phase waits, whatever else there is.
    """

    def __init__(self, turnarounds: Sequence[tuple[Turnaround, IntArray]]) -> None:
        self.turnarounds = turnarounds
        self.alone: dict[object, int] = {}
        self._patterns: dict[tuple[object, ...], dict[tuple[int, ...], _Pattern]] = {}

    def find(self, kinds: tuple[object, ...], offsets: tuple[int, ...]) -> Outcome | None:
        """The outcome for kinds at their offsets, if known."""
        for pattern in self._patterns.get(kinds, {}).values():
            found = pattern.known.get(tuple([offsets[place] for place in pattern.tight]))
            if found is not None and all(
                offsets[place] <= latest
                for place, latest in zip(pattern.loose, found[0], strict=True)
            ):
                return found[1]
        return None

    def keep(
        self,
        kinds: tuple[object, ...],
        offsets: tuple[int, ...],
        latest: tuple[int, ...],
        outcome: Outcome,
    ) -> None:
        """Remember an outcome, and with which largest offsets it would be the same."""
        places = range(len(kinds))
        tight = tuple(place for place in places if offsets[place] == latest[place])
        loose = tuple(place for place in places if offsets[place] != latest[place])
        patterns = self._patterns.setdefault(kinds, {})
        pattern = patterns.setdefault(tight, _Pattern(tight, loose, {}))
        at = tuple(offsets[place] for place in tight)
        pattern.known[at] = (tuple(latest[place] for place in loose), outcome)

    def clear(self) -> None:
        """Forget all."""
        self.alone.clear()
        self._patterns.clear()


class PieceMemory:
    """What has been computed about the pieces of a network, whatever its depths.

    Attributes:
        shapes: Of cycles.
        figures: About shapes.
    """

    def __init__(self) -> None:
        self.shapes = Shapes()
        self.figures: dict[object, int] = {}
        self._blocks: dict[object, Block] = {}
        self._pieces: dict[int, tuple[Process, tuple[Block, ...]]] = {}
        self._outcomes: dict[tuple[Block, tuple[Turnaround, ...]], Outcomes] = {}

    def pieces_of(self, process: Process) -> tuple[Block, ...]:
        """The pieces of a frame of a process, in order."""
        if id(process) not in self._pieces:
            if isinstance(process, StretchedProcess):
                blocks = _stretched(process, self.pieces_of(process.base), self._blocks)
            else:
                blocks = _cut_frame(process, self._blocks)
            self._pieces[id(process)] = process, blocks
        return self._pieces[id(process)][1]

    def outcomes_of(self, block: Block, turnarounds: tuple[Turnaround, ...]) -> Outcomes:
        """What a block does whose channels have these turnarounds."""
        key = (block, turnarounds)
        if key not in self._outcomes:
            ends = (*block.reads, *block.writes)
            pairs = [(each, ends[each.slot].makes) for each in turnarounds]
            binding = tuple(t for t, phases in pairs if t.binds(block.elapsed, phases))
            if binding == turnarounds:
                self._outcomes[key] = Outcomes([(t, ends[t.slot].makes) for t in binding])
            else:
                self._outcomes[key] = self.outcomes_of(block, binding)
        return self._outcomes[key]

    def trim(self) -> None:
        """Forget, where too much has been kept that was not seen again."""
        if self.shapes.made > _MOST_ENTRIES:
            self.figures.clear()
            for outcomes in self._outcomes.values():
                outcomes.clear()
            self.shapes.made = 0


def _end(wanted: IntArray, made: IntArray) -> BlockEnd:
    at = np.flatnonzero(np.diff(wanted, prepend=0))
    return BlockEnd(at, wanted[at], int(wanted[-1]), _each(made))


def _each(total: IntArray) -> IntArray:
    """For each of so many tokens the phase that they come in."""
    return np.repeat(np.arange(total.size), np.diff(total, prepend=0))


class StretchedProcess(Process):
    """A process whose durations are stretched to an interval, not shorter than its own cycles."""

    base: Process
    interval: int

    def __init__(self, base: Process, interval: int) -> None:
        object.__setattr__(self, "name", base.name)
        object.__setattr__(self, "base", base)
        object.__setattr__(self, "interval", interval)

    @cached_property
    def duration(self) -> IntArray:
        """See `Process.duration`."""
        return np.diff(scaled(self.base.elapsed, self.interval, self.base.cycles))

    @property
    def reads(self) -> Mapping[str, Access]:
        """See `Process.reads`."""
        return self.base.reads

    @property
    def writes(self) -> Mapping[str, IntArray]:
        """See `Process.writes`."""
        return self.base.writes

    @property
    def parts(self) -> tuple[tuple[Actor, int], ...]:
        """See `Process.parts`: those of the process before it was stretched."""
        return self.base.parts

    @property
    def cycles(self) -> int:
        """See `Process.cycles`."""
        return self.interval


def _stretched(
    process: StretchedProcess, blocks: tuple[Block, ...], known: dict[object, Block]
) -> tuple[Block, ...]:
    """The blocks of a process with longer durations."""
    found: list[Block] = []
    interval, cycles, start = process.interval, process.base.cycles, 0
    for block in blocks:
        key = (block, interval, cycles, start * interval % cycles)
        if key not in known:
            ends = start + np.append(block.elapsed, block.cycles)
            elapsed = scaled(ends, interval, cycles) - start * interval // cycles
            longer = replace(block, elapsed=elapsed[:-1], cycles=int(elapsed[-1]))
            known[key] = longer
        found.append(known[key])
        start += block.cycles
    return tuple(found)


def _cut_frame(process: Process, known: dict[object, Block]) -> tuple[Block, ...]:
    """The pieces of a frame in order; those that do the same, as any known, are the same object."""
    found: list[Block] = []
    for actor, times in _pieces(process, LEAST_PHASES):
        key = _key(actor)
        if key not in known:
            known[key] = Block.of(actor)
        found += [known[key]] * times
    return tuple(found)


def _key(actor: Actor) -> tuple[int, int, bytes]:
    """What a stretch does, in short."""
    digest = blake2b(np.ascontiguousarray(actor.duration).data, digest_size=16)
    for access in actor.reads.values():
        digest.update(np.ascontiguousarray(access.need).data)
        digest.update(np.ascontiguousarray(access.free).data)
    for total in actor.writes.values():
        digest.update(np.ascontiguousarray(total).data)
    return len(actor.reads), len(actor.writes), digest.digest()


def _pieces(process: Process, least: int) -> Iterator[tuple[Actor, int]]:
    """Stretches of about `least` phases or more, each with how often it happens in a row."""
    if process.phases <= 2 * least:
        yield Repeated(process.parts), 1
        return
    for actor, times in process.parts:
        if times > 1:
            length = _length(times, actor.phases, process, least)
            yield Repeated(((actor, length),)), times // length
            if times % length:
                yield Repeated(((actor, times % length),)), 1
            continue
        size = _length(actor.phases, 1, process, least)
        for first in range(0, actor.phases, size):
            yield _cut(actor, first, min(first + size, actor.phases)), 1


def _length(times: int, phases: int, process: Process, least: int) -> int:
    """How many of `times` equal stretches, of so many phases each, make a piece."""
    most = max(times * phases // least, 1)
    row = max(process.phases // process.rows, 1)
    # Rows first, so that the pieces of one process end with those of the next.
    count = max(n for n in _divisors(gcd(times, process.rows)) if n <= most)
    if times * phases <= 2 * count * max(row, least):
        return times // count
    line = max(row // phases, 1)
    return min(line * -(-least // (line * phases)), times)


def _divisors(number: int) -> list[int]:
    small = [n for n in range(1, int(number**0.5) + 1) if number % n == 0]
    return sorted({*small, *(number // n for n in small)})


def _cut(actor: Actor, first: int, stop: int) -> Actor:
    """Some phases of an actor, counted from the first of them."""

    def part(total: IntArray) -> IntArray:
        return total[first:stop] - (total[first - 1] if first else 0)

    reads = {n: type(a)(part(a.need), part(a.free)) for n, a in actor.reads.items()}
    writes = {name: part(total) for name, total in actor.writes.items()}
    return Actor(actor.duration[first:stop], reads, writes)
