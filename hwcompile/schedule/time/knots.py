"""Computes pieces together, firing by firing, that wait for each other back and forth.

Where a FIFO is just deep enough, or less, a piece and its neighbour's change each other a few
cycles at a time. Their firings in order are soon done. What comes out is put down as if it were
known, and each piece is computed from it again: so it need not be exact, and what other pieces have
yet to change may be taken as it is. No firing waits for itself, so cycles that agree are the only
ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.schedule.time.engine import NEVER
from hwcompile.schedule.time.pieces import Outcome
from hwcompile.schedule.time.walkers import Awaited, Waiters, Walker

_MOST_FIRINGS = 1 << 13
"""Firings that are taken together."""

Group = dict[int, range]
"""Pieces in a row of each process."""

Links = list[tuple[list[int], list[int], int]]
"""For each channel: what each firing waits for, when that fired so far, and the lag."""


@dataclass
class _Member:
    """A process of a group.

    Attributes:
        earliest: For each firing when what it waits for outside the group lets it fire.
        steps: Least cycles from the firing before to each.
        links: For each channel inside the group: for each firing the other's firing that it waits
            for, or -1, the other process, and the lag.
        cycles: Of the firings so far.
    """

    earliest: list[int]
    steps: list[int]
    links: list[tuple[list[int], int, int]]
    cycles: list[int] = field(default_factory=list)


def untied(
    walkers: Sequence[Walker],
    waiters: Sequence[list[tuple[int, Waiters]]],
    index: int,
    number: int,
) -> tuple[int, list[tuple[int, int, int, Outcome]]]:
    """What a piece and those around it do.

    Args:
        walkers: The processes.
        waiters: Of each process by channel: who waits for what it does.
        index: Of the process of the piece.
        number: Of the piece.

    Returns:
        How many firings they have; process, piece, when it is ready, and what it does; nothing
        where they are stuck.
    """
    group = _group(walkers, waiters, index, number)
    members = {other: _member(walkers, group, other) for other in group}
    found: list[tuple[int, int, int, Outcome]] = []
    if _fire(members):
        for other, pieces in group.items():
            found += _outcomes(walkers[other], pieces, np.array(members[other].cycles))
    return sum(len(member.steps) for member in members.values()), found


def _group(
    walkers: Sequence[Walker],
    waiters: Sequence[list[tuple[int, Waiters]]],
    index: int,
    number: int,
) -> Group:
    """The piece, and those known that it waits for and that wait for it, and theirs."""
    group: Group = {index: range(number, number + 1)}
    left = _MOST_FIRINGS
    fresh = [(index, number)]
    ends = [
        walkers[near].readies[piece + 1] for near, piece in _mutual(walkers, waiters, index, number)
    ]
    until = max([walkers[index].readies[number + 1], *ends])
    while fresh and left > 0:
        other, piece = fresh.pop(0)
        walker = walkers[other]
        left -= walker.blocks[piece % len(walker.blocks)].phases
        for near, theirs in _mutual(walkers, waiters, other, piece):
            if walkers[near].readies[theirs] < until and _joins(group, near, theirs):
                fresh.append((near, theirs))
    return group


def _joins(group: Group, index: int, number: int) -> bool:
    """Add a piece to a group, unless it is there or away from the others of its process."""
    pieces = group.get(index, range(number, number))
    if number not in (pieces.start - 1, pieces.stop):
        return False
    group[index] = range(min(number, pieces.start), max(number + 1, pieces.stop))
    return True


def _mutual(
    walkers: Sequence[Walker],
    waiters: Sequence[list[tuple[int, Waiters]]],
    index: int,
    number: int,
) -> Iterator[tuple[int, int]]:
    """Process and number of the known pieces that wait for a piece for which they wait."""
    theirs = _waiting(walkers, waiters, index, number)
    for near, wanted in _wanted(walkers, waiters, index, number):
        for piece in sorted(wanted & theirs.get(near, set())):
            yield near, piece


def _waiting(
    walkers: Sequence[Walker],
    waiters: Sequence[list[tuple[int, Waiters]]],
    index: int,
    number: int,
) -> dict[int, set[int]]:
    """Known pieces by process that wait for a piece."""
    found: dict[int, set[int]] = {}
    walker = walkers[index]
    for slot, (other, waits) in enumerate(waiters[index], start=1):
        piece = walker.output(slot, number)
        if piece is not None:
            known = walkers[other].known
            found.setdefault(other, set()).update(n for n in waits.of(piece) if n < known)
    return found


def _wanted(
    walkers: Sequence[Walker],
    waiters: Sequence[list[tuple[int, Waiters]]],
    index: int,
    number: int,
) -> Iterator[tuple[int, set[int]]]:
    """Known pieces by process that a piece waits for."""
    walker = walkers[index]
    frame, place = divmod(number, len(walker.blocks))
    for wait in walker.pieces[place][1]:
        if wait.slot + 1 < len(walker.others):
            other = walker.others[wait.slot + 1]
            maker, slot = walkers[other], walker.slots[wait.slot]
            shift = frame * wait.track.step
            pieces = range(max(wait.piece + shift, 0), wait.last + shift + 1)
            made = {maker.piece_of(slot, piece) for piece in pieces}
            yield other, {piece for piece in made if piece < maker.known}


def _member(walkers: Sequence[Walker], group: Group, index: int) -> _Member:
    walker, pieces = walkers[index], group[index]
    blocks = [walker.blocks[number % len(walker.blocks)] for number in pieces]
    size = sum(block.phases for block in blocks)
    earliest = np.full(size, NEVER, dtype=np.int64)
    earliest[0] = walker.readies[pieces.start]
    cycles = np.cumsum([0, *(block.cycles for block in blocks)])
    elapsed = [block.elapsed + start for block, start in zip(blocks, cycles, strict=False)]
    links: dict[int, tuple[IntArray, int, int]] = {}
    base = 0
    for number, block in zip(pieces, blocks, strict=True):
        frame, place = divmod(number, len(walker.blocks))
        for wait in walker.pieces[place][1]:
            ends = (*block.reads, *block.writes)
            if wait.slot == len(ends):
                at, which = np.arange(block.phases), np.arange(block.phases)
            else:
                at, which = ends[wait.slot].at, ends[wait.slot].tokens - ends[wait.slot].tokens[0]
            outside, inside = _causes(walkers, group, walker, wait, frame)
            bound = outside[which]
            earliest[base + at] = np.maximum(earliest[base + at], bound)
            if inside is not None:
                other = walker.others[wait.slot + 1]
                link = links.setdefault(wait.slot, (np.full(size, -1), other, wait.lag))
                link[0][base + at] = inside[which]
        base += block.phases
    steps = np.diff(np.concatenate(elapsed), prepend=0)
    return _Member(
        earliest.tolist(), steps.tolist(), [(i.tolist(), o, lag) for i, o, lag in links.values()]
    )


def _causes(
    walkers: Sequence[Walker], group: Group, walker: Walker, wait: Awaited, frame: int
) -> tuple[IntArray, IntArray | None]:
    """What the entries of a wait allow outside the group, and which firings they are inside."""
    track, shift = wait.track, frame * wait.track.step
    first, last = wait.piece + shift, wait.last + shift
    outside = track.cycles(first, last + 1) + wait.lag
    other = walker.others[wait.slot + 1] if wait.slot + 1 < len(walker.others) else -1
    if other not in group:
        return outside[wait.place :], None
    maker, slot, pieces = walkers[other], walker.slots[wait.slot], group[other]
    starts: dict[int, int] = {}
    base = 0
    for number in pieces:
        starts[number] = base
        base += maker.blocks[number % len(maker.blocks)].phases
    inside = []
    for piece in range(first, last + 1):
        size = track.sizes[piece % track.step]
        number = maker.piece_of(slot, piece) if piece >= 0 else -1
        if number in starts:
            block = maker.blocks[number % len(maker.blocks)]
            inside.append((*block.reads, *block.writes)[slot - 1].makes + starts[number])
        else:
            inside.append(np.full(size, -1))
    firings = np.concatenate(inside)
    outside[firings >= 0] = NEVER
    return outside[wait.place :], firings[wait.place :]


def _fire(members: dict[int, _Member]) -> bool:
    """Fire all, each when it may; False where they are stuck."""
    linked: list[tuple[_Member, Links]] = [
        (member, [(causes, members[other].cycles, lag) for causes, other, lag in member.links])
        for member in members.values()
    ]
    going = True
    while going:
        going = False
        for member, links in linked:
            going = _fire_some(member, links) or going
    return all(len(member.cycles) == len(member.steps) for member in members.values())


def _fire_some(member: _Member, links: Links) -> bool:
    """Fire as many as may; whether there were any."""
    cycles, steps, earliest = member.cycles, member.steps, member.earliest
    start = len(cycles)
    cycle = cycles[-1] if cycles else NEVER
    for place in range(start, len(steps)):
        cycle = max(cycle + steps[place], earliest[place])
        for causes, others, lag in links:
            cause = causes[place]
            if cause >= len(others):
                return place > start
            if cause >= 0 and others[cause] + lag > cycle:
                cycle = others[cause] + lag
        cycles.append(cycle)
    return len(steps) > start


def _outcomes(
    walker: Walker, pieces: range, cycles: IntArray
) -> Iterator[tuple[int, int, int, Outcome]]:
    """The firings by piece."""
    start = 0
    for number in pieces:
        block = walker.blocks[number % len(walker.blocks)]
        fired = cycles[start : start + block.phases]
        ready = int(fired[0])
        index = walker.others[0]
        yield index, number, ready, walker.outcome_of(block, fired - ready)
        start += block.phases
