"""What `hwcompile.schedule.time.critical` and the followers ask about simulated frames, by pieces.

A turn's flags are kept per piece: True or False where they hold for all its firings, or an array.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hwcompile.ir.types import IntArray
from hwcompile.schedule.time.critical import ROUNDS
from hwcompile.schedule.time.engine import NEVER
from hwcompile.schedule.time.network import UNBOUNDED
from hwcompile.schedule.time.pieces import Block, BlockEnd, Shape
from hwcompile.schedule.time.tracks import Track
from hwcompile.schedule.time.walkers import Awaited, Walker
from hwcompile.schedule.time.walks import Walked

Flags = NDArray[np.bool_]
PieceFlags = list[bool | Flags]


@dataclass(frozen=True)
class _Held:
    """What becomes of the firings of a piece.

    Attributes:
        kept: Those that are kept, if the firing before the piece is not; and if it is.
        after: Whether the last one is kept then.
    """

    kept: tuple[bool | Flags, bool | Flags]
    after: tuple[bool, bool]


class TurnsInPieces:
    """Frames that were simulated by pieces."""

    def __init__(self, walked: Walked, count: int) -> None:
        self.count = count
        self.tracks = walked.tracks
        self.walkers = walked.walkers
        self.known: dict[object, _Held] = {}
        self.steps: dict[tuple[Block, Shape], Flags] = {}
        self._pieces: dict[tuple[int, int], list[_Piece]] = {}
        self._made_by: dict[tuple[Walker, int], list[tuple[int, IntArray]]] = {}

    def cycle(self, process: int, frame: int, phase: int) -> int:
        """When a process fires a phase of a frame."""
        track = self.tracks.firings[process]
        return track.at(frame * track.tokens + phase)

    def shifts(self, frames: int, period: int) -> tuple[int, ...] | None:
        """Cycles that each process moved by per turn, if alike in all of the last frames."""
        found = []
        for track in self.tracks.firings:
            end, back = len(track.shapes), period * track.step
            pieces = range(end - frames * track.step, end)
            moved = {track.moved(piece, back) for piece in pieces}
            if len(moved) > 1 or None in moved:
                return None
            found += [shift for shift in moved if shift is not None]
        return tuple(found)

    def later(self, held: int, cycles: tuple[int, ...], frames: int) -> dict[str, Track]:
        """The last `held` frames as offers for the first of `frames`, by process; so much later."""
        found = {}
        for walker, track, later in zip(self.walkers, self.tracks.firings, cycles, strict=True):
            offer = Track(track.sizes, frames)
            known = held * track.step
            offer.shapes[:known] = track.shapes[-known:]
            offer.firsts[:known] = [first + later for first in track.firsts[-known:]]
            found[walker.process.name] = offer
        return found

    def steady(self, frames: int, period: int, outputs: list[tuple[int, int]]) -> int | None:
        """The pace of the slowest firings, if the outputs keep it for ever; see `critical`.

        Args:
            frames: What happens later follows from so many.
            period: Frames of a turn.
            outputs: Process and phase that end a frame.
        """
        pace = max(self._fastest(track, frames, period) for track in self.tracks.firings)
        left = [self._moving(track, frames, period, pace) for track in self.tracks.firings]
        changed = set(range(len(left)))
        for _ in range(ROUNDS):
            before, changed = changed, set()
            for index, walker in enumerate(self.walkers):
                if not set(walker.others) & (before | changed):
                    continue
                now = self._kept(index, left, period)
                if not _same(now, left[index]):
                    left[index] = now
                    changed.add(index)
            if not changed:
                return pace if self._all_kept(left, outputs, period) else None
        return None

    def holds(self, period: int, later: tuple[int, ...]) -> tuple[bool, int | None]:
        """Whether firings keep what they wait for, and for how many turns; None for ever."""
        turns: int | None = None
        for index in range(len(self.walkers)):
            for piece in self._pieces_of(index, period):
                kept = piece.own.copy()
                for wait, other in piece.waits:
                    gain = later[other] - later[index]
                    if gain < 0:
                        continue
                    slack = piece.slack(wait)
                    if gain == 0:
                        kept[piece.phases(wait)[slack == 0]] = True
                    elif slack.min() < UNBOUNDED:
                        most = int(slack.min()) // gain
                        turns = most if turns is None else min(turns, most)
                if not kept.all():
                    return False, None
        return True, turns

    def _pieces_of(self, index: int, period: int) -> list[_Piece]:
        """The pieces of the last turn of a process."""
        key = (index, period)
        if key not in self._pieces:
            count = period * len(self.walkers[index].blocks)
            self._pieces[key] = [_Piece(self, index, number, period) for number in range(count)]
        return self._pieces[key]

    def _fastest(self, track: Track, frames: int, period: int) -> int:
        """Most cycles that a firing moved by."""
        end, back = len(track.shapes), period * track.step
        pieces = range(end - frames * track.step, end)
        shifts = {piece: track.moved(piece, back) for piece in pieces}
        changed = [piece for piece, shift in shifts.items() if shift is None]
        alike = [shift for shift in shifts.values() if shift is not None]
        return max(alike + [int(_moved(track, piece, back).max()) for piece in changed])

    def _moving(self, track: Track, frames: int, period: int, pace: int) -> PieceFlags:
        """The firings of the last turn that moved by `pace` in all of the last frames."""
        end, back = len(track.shapes), period * track.step
        found: PieceFlags = []
        for piece in range(end - back, end):
            turns = range(piece, end - frames * track.step - 1, -back)
            if all(track.moved(number, back) == pace for number in turns):
                found.append(True)
                continue
            flags: Flags = np.ones(1, dtype=bool)
            for number in turns:
                flags = flags & (_moved(track, number, back) == pace)
            found.append(_short(np.broadcast_to(flags, track.sizes[piece % track.step])))
        return found

    def _kept(self, index: int, left: list[PieceFlags], period: int) -> PieceFlags:
        """The firings of a process that wait for one that is left, or follow one that does."""
        able = left[index]
        pieces = self._pieces_of(index, period)
        found = [piece.held(able[number], left) for number, piece in enumerate(pieces)]
        if all(flags is True for flags in able) and all(piece.alone for piece in pieces):
            return able
        # Two turns in a row, for the first firings of a turn follow the last.
        state = False
        for held in found:
            state = held.after[state]
        kept: PieceFlags = []
        for held in found:
            kept.append(held.kept[state])
            state = held.after[state]
        return kept

    def left_of(
        self, walker: Walker, wait: Awaited, other: int, piece: int, left: PieceFlags, period: int
    ) -> bool | Flags:
        """The flags of the firings that make the tokens of a piece of a track, one for each."""
        if piece < 0:
            return False
        frame, place = divmod(piece, wait.track.step)
        number, makers = self._makers(walker, wait.slot, other)[place]
        step = self.tracks.firings[other].step
        flags = left[(frame * step + number - (self.count - period) * step) % (period * step)]
        return flags if isinstance(flags, bool) else flags[makers]

    def _makers(self, walker: Walker, slot: int, other: int) -> list[tuple[int, IntArray]]:
        """By piece of a track that is waited for: the maker's, and the phase of each token."""
        key = (walker, slot)
        if key not in self._made_by:
            sources = walker.process.sources
            maker = self.walkers[other]
            if slot < len(sources):
                end = maker.process.targets.index(sources[slot])
                found = [block.writes[end].makes for block in maker.blocks]
            else:
                end = maker.process.sources.index(walker.process.targets[slot - len(sources)])
                found = [block.reads[end].makes for block in maker.blocks]
            pieces = [(number, phases) for number, phases in enumerate(found) if phases.size]
            self._made_by[key] = pieces
        return self._made_by[key]

    def _all_kept(
        self, left: list[PieceFlags], outputs: list[tuple[int, int]], period: int
    ) -> bool:
        """Whether the firings that end the frames of the last turn are left."""
        for index, phase in outputs:
            track = self.tracks.firings[index]
            for frame in range(period):
                piece, place = track.place(frame * track.tokens + phase)
                flags = left[index][piece]
                if not (flags if isinstance(flags, bool) else flags[place]):
                    return False
        return True


def _moved(track: Track, piece: int, back: int) -> IntArray:
    """How much later the cycles of a piece are than those `back` pieces before: one, or all."""
    shift = track.moved(piece, back)
    if shift is not None:
        return np.array([shift])
    return track.cycles(piece, piece + 1) - track.cycles(piece - back, piece - back + 1)


def _short(flags: Flags) -> bool | Flags:
    """One flag where all are equal."""
    if flags.all():
        return True
    return flags.copy() if flags.any() else False


def _same(some: PieceFlags, others: PieceFlags) -> bool:
    return all(
        (one is other) if isinstance(one, bool) or isinstance(other, bool)
        else np.array_equal(one, other)
        for one, other in zip(some, others, strict=True)
    )  # fmt: skip


class _Piece:
    """A piece of the last turn, with what it waits for."""

    def __init__(self, turns: TurnsInPieces, index: int, number: int, period: int) -> None:
        self._turns, self._period = turns, period
        self._walker, track = turns.walkers[index], turns.tracks.firings[index]
        piece = (turns.count - period) * track.step + number
        self._frame, place = divmod(piece, track.step)
        self.block, waits, _ = self._walker.pieces[place]
        shape, before = track.shapes[piece], track.shapes[piece - 1]
        assert shape is not None
        assert before is not None
        self.shape, self.first = shape, track.firsts[piece]
        previous = self._walker.blocks[place - 1]
        ready = track.firsts[piece - 1] + before.last
        self.follows = self.first == ready + previous.cycles - int(previous.elapsed[-1])
        others = self._walker.others[1:]
        self.waits = [(wait, others[wait.slot]) for wait in waits if wait.slot < len(others)]

    @property
    def own(self) -> Flags:
        """Firings that wait only for the process's own firing before."""
        key = (self.block, self.shape)
        if key not in self._turns.steps:
            steps = np.diff(self.shape.cycles) == np.diff(self.block.elapsed)
            self._turns.steps[key] = steps
        return np.append(self.follows, self._turns.steps[key])

    @cached_property
    def alone(self) -> bool:
        """Whether that is all of them."""
        return bool(self.own.all())

    def slack(self, wait: Awaited) -> IntArray:
        """Cycles from when the phases that wait could have it to when they fire.

        `UNBOUNDED` where they wait for nothing, because it would be before the first frame.
        """
        ends = self._ends(wait)
        first, last = self._pieces(wait)
        ready = wait.track.cycles(first, last + 1, self.first - wait.lag)[wait.place :]
        ready = ready[ends.tokens - ends.tokens[0]]
        return np.where(ready > NEVER // 2, self.shape.cycles[ends.at] - ready, UNBOUNDED)

    def phases(self, wait: Awaited) -> IntArray:
        """The phases that wait."""
        return self._ends(wait).at

    def held(self, able: bool | Flags, left: list[PieceFlags]) -> _Held:
        """What becomes of the firings that are `able`."""
        if able is False:
            return _Held((False, False), (False, False))
        causes = [(wait, self._causes(wait, other, left)) for wait, other in self.waits]
        causes = [(wait, flags) for wait, flags in causes if flags is not False]
        if able is True and all(flags is True for _, flags in causes):
            key = (self.block, self.shape, self.follows, *(self._key(w) for w, _ in causes))
            if key not in self._turns.known:
                self._turns.known[key] = self._held(able, causes)
            return self._turns.known[key]
        return self._held(able, causes)

    def _held(self, able: bool | Flags, causes: list[tuple[Awaited, bool | Flags]]) -> _Held:
        held = np.zeros(self.shape.size, dtype=bool)
        for wait, flags in causes:
            at = self._ends(wait).at
            held[at] |= (self.slack(wait) == 0) & flags
        held &= able
        place = np.arange(self.shape.size)
        cause = np.maximum.accumulate(np.where(held, place, -1))
        gap = np.maximum.accumulate(np.where(self.own & able, -1, place))
        after = (cause >= gap) & able
        alone = after & (cause >= 0)
        return _Held((_short(alone), _short(after)), (bool(alone[-1]), bool(after[-1])))

    def _pieces(self, wait: Awaited) -> tuple[int, int]:
        shift = self._frame * wait.track.step
        return wait.piece + shift, wait.last + shift

    def _key(self, wait: Awaited) -> object:
        """What is waited for, relative to the piece."""
        first, last = self._pieces(wait)
        pieces = slice(max(first, 0), last + 1)
        firsts = (cycle + wait.lag - self.first for cycle in wait.track.firsts[pieces])
        return (wait.slot, wait.place, min(first, 0), *wait.track.shapes[pieces], *firsts)

    def _causes(self, wait: Awaited, other: int, left: list[PieceFlags]) -> bool | Flags:
        """Which of the firings that are waited for are left: none, all, or by phase that waits.

        None of those that come too early for any phase to have waited for them.
        """
        first, last = self._pieces(wait)
        shape = wait.track.shapes[last] if last >= 0 else None
        if shape is None:
            return False
        until = wait.track.firsts[last] + int(shape.cycles[wait.end])
        if until + wait.lag < self.first:
            return False
        parts = [
            self._turns.left_of(self._walker, wait, other, number, left[other], self._period)
            for number in range(first, last + 1)
        ]
        if all(part is True for part in parts) or all(part is False for part in parts):
            return parts[0]
        sizes = [wait.track.sizes[number % wait.track.step] for number in range(first, last + 1)]
        pairs = zip(parts, sizes, strict=True)
        whole: Flags = np.concatenate([np.broadcast_to(part, size) for part, size in pairs])
        ends = self._ends(wait)
        flags: Flags = whole[wait.place + ends.tokens - ends.tokens[0]]
        return flags

    def _ends(self, wait: Awaited) -> BlockEnd:
        """The block's end of the channel."""
        return (*self.block.reads, *self.block.writes)[wait.slot]
