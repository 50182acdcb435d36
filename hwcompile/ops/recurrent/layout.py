"""Which processing element does which part of which row, and where values are kept.

The PEs of an engine are divided into *lanes*: the PEs of a lane share a collector and an
element-wise pipeline. Cell units and projection rows belong to a lane and are numbered within it,
in the order in which they are worked on; that number is their place in all memories.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.ops.recurrent.cell import Cell, Gate
from hwcompile.ops.recurrent.dealing import Placement, Share

MAX_FILLERS = 0.003
"""Fillers per entry that a narrower column index may cost."""


@dataclass(frozen=True, eq=False)
class Row:
    """A row of weights: what makes one sum of a cell unit, or a projection row.

    Attributes:
        thing: Rank of the cell unit or projection row within the lane.
        gate: Number of the gate; 0 for the projection.
        second: Whether it belongs to the second phase.
        base: Place from which the first entry's distance is counted.
        places: Places of the non-zero weights' elements, ascending.
        weights: The weights.
    """

    thing: int
    gate: int
    second: bool
    base: int
    places: IntArray
    weights: IntArray

    def filled(self, bits: int) -> Row:
        """With fillers, see `fill`."""
        places, weights = fill(self.places, self.weights, self.base, bits)
        return replace(self, places=places, weights=weights)


@dataclass(frozen=True, eq=False)
class Segment:
    """A part of a row that one PE does without interruption.

    Attributes:
        pe: PE within the lane.
        second: Whether it belongs to the second phase.
        over_m: Whether its elements are those of m.
        thing: Rank of the cell unit or projection row within the lane.
        gate: Number of the gate; 0 for the projection.
        places: Place of each entry's element, ascending; fillers included.
        skips: Places from the entry before (from the base, for the first).
        weights: Weight of each entry; 0 for fillers.
    """

    pe: int
    second: bool
    over_m: bool
    thing: int
    gate: int
    places: IntArray
    skips: IntArray
    weights: IntArray


@dataclass(frozen=True, eq=False)
class EngineLayout:
    """Everything about an engine that does not depend on time.

    Places of a vector's elements: x, then (from `state_base` on) y, then (from `m_base` on) m. The
    element with rank r of lane l of y is at `state_base + r * lanes + l`.
    """

    cell: Cell
    pes: int
    lanes: int

    @property
    def pes_per_lane(self) -> int:
        """PEs that share a collector."""
        return self.pes // self.lanes

    @cached_property
    def units(self) -> Placement:
        """The cell units."""
        time = np.zeros(self.cell.units, dtype=np.int64)
        for share in self._first:
            share.note(time)
        return self._dealt_units.ranked(time)

    @cached_property
    def rows(self) -> Placement:
        """What the output is made of: projection rows, or the cell units again."""
        if self.cell.projection is None:
            return self.units
        time = np.zeros(self.cell.outputs, dtype=np.int64)
        for share in self._late:
            share.note(time)
        return self._dealt_rows.ranked(time)

    @cached_property
    def _dealt_units(self) -> Placement:
        counts = np.stack([gate.entries for gate in self.cell.gates])
        return Placement.of(counts.sum(axis=0), self.lanes)

    @cached_property
    def _dealt_rows(self) -> Placement:
        return Placement.of(_entries(self.cell.projection), self.lanes)

    @cached_property
    def _first(self) -> tuple[Share, ...]:
        """The gates of the first phase, for each lane."""
        return self._shares([not gate.second for gate in self.cell.gates])

    @cached_property
    def _early(self) -> tuple[Share, ...]:
        """What does not read m in the second phase, for each lane."""
        return self._shares([gate.second and gate.m is None for gate in self.cell.gates])

    @cached_property
    def _late(self) -> tuple[Share, ...]:
        """What reads m, for each lane."""
        if self.cell.projection is None:
            return self._shares([gate.m is not None for gate in self.cell.gates])
        counts = {0: _entries(self.cell.projection)}
        things = map(self._dealt_rows.things, range(self.lanes))
        return tuple(Share.of(rows, counts, self.pes_per_lane) for rows in things)

    def _shares(self, wanted: list[bool]) -> tuple[Share, ...]:
        counts = {n: gate.entries for n, gate in enumerate(self.cell.gates) if wanted[n]}
        things = map(self._dealt_units.things, range(self.lanes))
        return tuple(Share.of(units, counts, self.pes_per_lane) for units in things)

    @property
    def state_base(self) -> int:
        """Place of y: behind x, at a multiple of the lanes."""
        return -(-self.cell.inputs // self.lanes) * self.lanes

    @property
    def m_base(self) -> int:
        """Place of m, behind y."""
        return self.state_base + self.rows.depth * self.lanes

    @property
    def places(self) -> int:
        """Places in all."""
        return self.m_base + (self.units.depth * self.lanes if self.cell.two_phases else 0)

    @cached_property
    def skip_bits(self) -> int:
        """Bits of a first entry's column: the fewest that cost hardly any fillers."""
        rows = [row for lane in range(self.lanes) for row in self._raw_rows(lane)]
        skips = [np.diff(row.places, prepend=row.base) for row in rows]
        most = MAX_FILLERS * sum(part.size for part in skips)
        for bits in range(2, self.places.bit_length()):
            if sum(int(_fillers(part, bits).sum()) for part in skips) <= most:
                return bits
        return max(self.places.bit_length(), 2)

    def _raw_rows(self, lane: int) -> Iterator[Row]:
        """The rows of a lane, without fillers."""
        for rank, unit in enumerate(self.units.things(lane)):
            for number, gate in enumerate(self.cell.gates):
                base = 0 if gate.m is None else self.m_base
                used = _used(*self._weights(gate, int(unit)))
                yield Row(rank, number, gate.second, base, *used)
        if self.cell.projection is not None:
            for rank, row in enumerate(self.rows.things(lane)):
                used = _used(self.m_places, self.cell.projection[row])
                yield Row(rank, 0, True, self.m_base, *used)

    @cached_property
    def y_places(self) -> IntArray:
        """Place of each element of y, int64 [Y]."""
        return self.state_base + self.rows.rank * self.lanes + self.rows.lane

    @cached_property
    def m_places(self) -> IntArray:
        """Place of each element of m, int64 [C]."""
        return self.m_base + self.units.rank * self.lanes + self.units.lane

    def _weights(self, gate: Gate, unit: int) -> tuple[IntArray, IntArray]:
        """Places and weights of a unit's row; a gate without matrices has none."""
        vectors = (
            (np.arange(self.cell.inputs), gate.x),
            (self.y_places, gate.y),
            (self.m_places, gate.m),
        )
        parts = [(places, part[unit]) for places, part in vectors if part is not None]
        none = np.zeros(0, dtype=np.int64)
        return (
            np.concatenate([none, *(places for places, _ in parts)]),
            np.concatenate([none, *(weights for _, weights in parts)]),
        )

    def segments(self, lane: int) -> tuple[list[list[Segment]], list[list[Segment]]]:
        """For each PE of a lane its segments of the first phase, and those of the second.

        What does not read m stands first in the second phase: the PEs do it while they wait for m.
        """
        rows = {(row.second, row.thing, row.gate): row for row in self._raw_rows(lane)}
        over_m = self.rows if self.cell.projection is not None else self.units
        first = self._queues(self._first[lane], self.units, rows, False)
        early = self._queues(self._early[lane], self.units, rows, True)
        late = self._queues(self._late[lane], over_m, rows, True)
        return first, [[*a, *b] for a, b in zip(early, late, strict=True)]

    def _queues(
        self,
        share: Share,
        placement: Placement,
        rows: dict[tuple[bool, int, int], Row],
        second: bool,
    ) -> list[list[Segment]]:
        """The parts of a share by PE, with fillers."""
        queues: list[list[Segment]] = [[] for _ in range(self.pes_per_lane)]
        for pe, thing, gate, part in share.parts():
            row = rows[second, int(placement.rank[thing]), gate]
            queues[pe].append(_segment(pe, row, part, self))
        return queues


def _entries(matrix: IntArray | None) -> IntArray:
    """Non-zero weights of each row, int64 [rows]."""
    assert matrix is not None
    counts: IntArray = np.count_nonzero(matrix, axis=1)
    return counts


def _used(places: IntArray, weights: IntArray) -> tuple[IntArray, IntArray]:
    """Places and weights of the non-zeros, by place."""
    (used,) = np.nonzero(weights)
    used = used[np.argsort(places[used])]
    return places[used], weights[used]


def fill(places: IntArray, weights: IntArray, base: int, bits: int) -> tuple[IntArray, IntArray]:
    """Insert entries of weight 0, so that no step from place to place is too long.

    That from the base to the first place needs at most `bits`, each further one a bit more.
    """
    skips = np.diff(places, prepend=base)
    more = _fillers(skips, bits)
    if not more.any():
        return places, weights
    short, long = (1 << bits) - 1, (2 << bits) - 1
    at = np.repeat(np.arange(places.size), more + 1)
    position = np.arange(at.size) - (np.cumsum(more + 1) - (more + 1))[at]
    real = position == more[at]
    start = (places - skips)[at] + np.where(at == 0, short, long) + position * long
    return np.where(real, places[at], start), np.where(real, weights[at], 0)


def _fillers(skips: IntArray, bits: int) -> IntArray:
    """How many a row needs in front of each entry."""
    short, long = (1 << bits) - 1, (2 << bits) - 1
    more: IntArray = np.maximum(-(-skips // long) - 1, 0)
    more[:1] = np.maximum(-(-(skips[:1] - short) // long), 0)
    return more


def _segment(pe: int, row: Row, part: IntArray, layout: EngineLayout) -> Segment:
    # Every part of a row starts at the base.
    piece = replace(row, places=row.places[part], weights=row.weights[part])
    cut = piece.filled(layout.skip_bits)
    skips = np.diff(cut.places, prepend=row.base)
    over_m = row.base == layout.m_base
    return Segment(pe, row.second, over_m, row.thing, row.gate, cut.places, skips, cut.weights)
