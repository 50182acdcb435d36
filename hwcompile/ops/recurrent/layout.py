"""Which processing element does which part of which row, and where values are kept.

The PEs of an engine are divided into *lanes*: the PEs of a lane share a collector and an
element-wise pipeline. Cell units and projection rows belong to a lane and are numbered within it,
in the order in which they are worked on; that number is their place in all memories.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.ops.recurrent.cell import Cell, Gate
from hwcompile.sparse.packing import pack_rows

MAX_FILLERS = 0.0075
"""Fillers per entry that a narrower column index may cost."""


@dataclass(frozen=True, eq=False)
class Placement:
    """A deal of things (cell units or projection rows) to lanes.

    Attributes:
        lane: Lane of each thing, int64 [things].
        rank: Number of each thing within its lane, int64 [things].
        depth: Most things of a lane.
    """

    lane: IntArray
    rank: IntArray
    depth: int

    @staticmethod
    def of(counts: IntArray, lanes: int) -> Placement:
        """Deal out things so that the lanes' sums of `counts` are as equal as possible."""
        packing = pack_rows(np.maximum(counts, 1), lanes, split=False)
        lane = np.empty(counts.size, dtype=np.int64)
        lane[packing.row] = packing.pe
        rank = np.empty(counts.size, dtype=np.int64)
        rank[packing.row] = packing.slot
        return Placement(lane, rank, int(rank.max()) + 1)

    def things(self, lane: int) -> IntArray:
        """The things of a lane in the order of their ranks."""
        here = np.flatnonzero(self.lane == lane)
        return here[np.argsort(self.rank[here])]


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
        """With fillers, so that no step from place to place needs more than `bits`."""
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
        counts = np.stack([gate.entries for gate in self.cell.gates])
        return Placement.of(counts.sum(axis=0), self.lanes)

    @cached_property
    def rows(self) -> Placement:
        """What the output is made of: projection rows, or the cell units again."""
        if self.cell.projection is None:
            return self.units
        counts = np.count_nonzero(self.cell.projection, axis=1).astype(np.int64)
        return Placement.of(counts, self.lanes)

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
        """Bits of an entry's column: the fewest that cost hardly any fillers."""
        skips = np.concatenate([self._skips(lane) for lane in range(self.lanes)])
        for bits in range(2, self.places.bit_length()):
            fillers = np.maximum(-(-skips // ((1 << bits) - 1)) - 1, 0).sum()
            if fillers <= MAX_FILLERS * skips.size:
                return bits
        return max(self.places.bit_length(), 2)

    def _skips(self, lane: int) -> IntArray:
        skips = [np.diff(row.places, prepend=row.base) for row in self._raw_rows(lane)]
        return np.concatenate(skips) if skips else np.zeros(0, dtype=np.int64)

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
        rows = list(self._raw_rows(lane))
        first = self._dealt([row for row in rows if not row.second])
        early = self._dealt([row for row in rows if row.second and row.base != self.m_base])
        late = self._dealt([row for row in rows if row.second and row.base == self.m_base])
        # Who begins with a long row meets the latest elements of m late.
        for queue in late:
            queue.sort(key=_after(max(queue, key=_length, default=None)))
        return first, [[*a, *b] for a, b in zip(early, late, strict=True)]

    def _dealt(self, rows: list[Row]) -> list[list[Segment]]:
        """The rows dealt out to the PEs of a lane, with fillers."""
        rows = [row.filled(self.skip_bits) for row in rows]
        packing = pack_rows(
            np.array([r.places.size for r in rows], dtype=np.int64), self.pes_per_lane
        )
        queues: list[list[Segment]] = [[] for _ in range(self.pes_per_lane)]
        for pe, row, first, last in zip(
            packing.pe, packing.row, packing.first, packing.last, strict=True
        ):
            queues[pe].append(_segment(int(pe), rows[row], int(first), int(last), self))
        return queues


def _length(segment: Segment) -> int:
    return segment.places.size


def _after(front: Segment | None) -> Callable[[Segment], tuple[bool, int]]:
    """A sorting key: `front` first, then by row."""
    return lambda segment: (segment is not front, segment.thing)


def _used(places: IntArray, weights: IntArray) -> tuple[IntArray, IntArray]:
    """Places and weights of the non-zeros, by place."""
    (used,) = np.nonzero(weights)
    used = used[np.argsort(places[used])]
    return places[used], weights[used]


def fill(places: IntArray, weights: IntArray, base: int, bits: int) -> tuple[IntArray, IntArray]:
    """Insert entries of weight 0, so that no step from place to place needs more than `bits`."""
    step = (1 << bits) - 1
    skips = np.diff(places, prepend=base)
    more = np.maximum(-(-skips // step) - 1, 0)
    if not more.any():
        return places, weights
    at = np.repeat(np.arange(places.size), more + 1)
    position = np.arange(at.size) - (np.cumsum(more + 1) - (more + 1))[at]
    real = position == more[at]
    start = (places - skips)[at]
    return np.where(real, places[at], start + (position + 1) * step), np.where(real, weights[at], 0)


def _segment(pe: int, row: Row, first: int, last: int, layout: EngineLayout) -> Segment:
    part = slice(first, last + 1)
    # The second part of a row starts at the base again.
    piece = replace(row, places=row.places[part], weights=row.weights[part])
    cut = piece.filled(layout.skip_bits)
    skips = np.diff(cut.places, prepend=row.base)
    over_m = row.base == layout.m_base
    return Segment(pe, row.second, over_m, row.thing, row.gate, cut.places, skips, cut.weights)
