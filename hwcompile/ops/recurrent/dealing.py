"""Dealing out: cell units and projection rows to lanes, and the rows of a lane to its PEs.

Numbers of entries alone decide, so who does what is known before anything has a place. The order in
which a PE does its rows then says when each thing is complete, and that is the order of the places:
who reads a vector from its first place to its last meets the latest element at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.sparse.packing import Packing, pack_rows


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

    def ranked(self, time: IntArray) -> Placement:
        """The same deal with the things of a lane in the order of their times, int64 [things]."""
        rank = self.rank.copy()
        for lane in range(int(self.lane.max()) + 1):
            here = self.things(lane)
            rank[here[np.argsort(time[here], kind="stable")]] = np.arange(here.size)
        return replace(self, rank=rank)

    def things(self, lane: int) -> IntArray:
        """The things of a lane in the order of their ranks."""
        here = np.flatnonzero(self.lane == lane)
        return here[np.argsort(self.rank[here])]


@dataclass(frozen=True, eq=False)
class Share:
    """Some rows of a lane, dealt out to its PEs.

    Attributes:
        things: Cell unit or projection row of each row, int64 [rows].
        gates: Its gate, int64 [rows]; 0 for the projection.
        packing: Which PE does which part of which row.
    """

    things: IntArray
    gates: IntArray
    packing: Packing

    @staticmethod
    def of(things: IntArray, counts: dict[int, IntArray], pes: int) -> Share:
        """The rows of `things` for each gate of `counts`, int64 [all things] entries each."""
        gates = np.array(list(counts), dtype=np.int64)
        entries = np.zeros((things.size, gates.size), dtype=np.int64)
        for column, count in zip(entries.T, counts.values(), strict=True):
            column[:] = count[things]
        packing = pack_rows(entries.reshape(-1), pes)
        return Share(np.repeat(things, gates.size), np.tile(gates, things.size), packing)

    def note(self, time: IntArray) -> None:
        """Write into `time`, int64 [all things], when each thing is complete if nothing waits."""
        time[np.unique(self.things)] = 0
        np.maximum.at(time, self.things[self.packing.row], self.packing.end)

    def parts(self) -> Iterator[tuple[int, int, int, IntArray]]:
        """PE, thing, gate and entries of each part, in the order in which a PE does them.

        The entries of a row in several parts are dealt out evenly, for then each part steps over
        short distances only.
        """
        packing = self.packing
        entries = _spread(packing)
        for pe, row, part in zip(packing.pe, packing.row, entries, strict=True):
            yield int(pe), int(self.things[row]), int(self.gates[row]), part


def _spread(packing: Packing) -> list[IntArray]:
    """The entries of each segment, int64 ascending, by their position within the row."""
    entries = [np.arange(length, dtype=np.int64) for length in packing.length]
    several = np.flatnonzero(np.bincount(packing.row)[packing.row] > 1)
    for row in np.unique(packing.row[several]):
        (pieces,) = np.nonzero(packing.row == row)
        part = np.repeat(pieces, packing.length[pieces])
        when = np.concatenate([(entries[n] + 0.5) / entries[n].size for n in pieces])
        order = part[np.argsort(when, kind="stable")]
        for piece in pieces:
            entries[piece] = np.flatnonzero(order == piece)
    return entries
