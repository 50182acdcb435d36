"""Packing the rows of a sparse matrix onto processing elements (PEs) that work in step.

Every PE does one entry per cycle, so a matrix takes as many cycles as the fullest PE has entries.
Rows are dealt out longest first (Graham, "Bounds on multiprocessing timing anomalies", SIAM J.
Appl. Math. 17(2), 1969), improved by moves and swaps, and what still sticks out is cut off and
given to PEs with room: a few rows then consist of several segments whose sums are added.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hwcompile.ir.types import IntArray

_ROUNDS_PER_PE = 8  # improvements tried for each PE; more change nothing on any matrix seen


@dataclass(frozen=True, eq=False)
class Packing:
    """Which PE does which entries of which row, in which order.

    Segments are ordered by PE, and within a PE by row: the order in which the PE does them. The
    segments of a row together are the whole row, and none overlaps another.

    Attributes:
        pes: Number of PEs.
        pe: PE of each segment, int64 [segments].
        row: Row of each segment, int64 [segments].
        first: Position within the row of the segment's first entry, int64 [segments].
        last: Position within the row of the segment's last entry, included, int64 [segments].
        dead_rows: Rows without entries, ascending, int64; they are in no segment.
    """

    pes: int
    pe: IntArray
    row: IntArray
    first: IntArray
    last: IntArray
    dead_rows: IntArray

    @cached_property
    def length(self) -> IntArray:
        """Entries of each segment, int64 [segments]."""
        return self.last - self.first + 1

    @cached_property
    def loads(self) -> IntArray:
        """Entries of each PE, int64 [pes]."""
        return np.bincount(self.pe, weights=self.length, minlength=self.pes).astype(np.int64)

    @property
    def max_load(self) -> int:
        """Cycles that the matrix takes."""
        return int(self.loads.max(initial=0))

    @property
    def entries(self) -> int:
        """Entries of the matrix."""
        return int(self.length.sum())

    @property
    def bound(self) -> int:
        """Cycles that no packing can beat: ceil(entries / pes)."""
        return -(-self.entries // self.pes)

    @property
    def utilisation(self) -> float:
        """Share of the PEs' cycles that do an entry."""
        return self.entries / (self.pes * self.max_load) if self.max_load else 1.0

    @cached_property
    def slot(self) -> IntArray:
        """Position of each segment among those of its PE, int64 [segments]."""
        return np.arange(self.pe.size) - np.searchsorted(self.pe, self.pe)

    @cached_property
    def start(self) -> IntArray:
        """Cycle in which each segment's first entry is done, int64 [segments]."""
        before = np.cumsum(self.length) - self.length
        return before - before[np.searchsorted(self.pe, self.pe)]

    @property
    def end(self) -> IntArray:
        """Cycle in which each segment's last entry is done, int64 [segments]."""
        return self.start + self.length - 1

    def segments(self, pe: int) -> list[tuple[int, int, int]]:
        """The segments (row, first, last) of a PE, in order."""
        here = np.flatnonzero(self.pe == pe)
        return [(int(self.row[i]), int(self.first[i]), int(self.last[i])) for i in here]


def pack_rows(
    row_nnz: IntArray, pes: int, split: bool = True, max_rows: int | None = None
) -> Packing:
    """Deal rows out to PEs so that the fullest PE has as few entries as possible.

    Args:
        row_nnz: Entries of each row, int64 [rows].
        pes: Number of PEs, at least 1.
        split: Whether a row may be cut into segments on several PEs; then the fullest PE has
            exactly ceil(entries / pes) entries. Without it, usually one or two more, but never
            fewer than the longest row.
        max_rows: Most rows that a PE may have; only for rows that are not split.

    Returns:
        The packing; the same for the same arguments.

    Raises:
        ValueError: If `pes` or a row's number of entries is out of range.
    """
    counts = np.asarray(row_nnz, dtype=np.int64)
    if pes < 1:
        raise ValueError(f"there must be at least one PE, not {pes}")
    if counts.ndim != 1 or (counts < 0).any():
        raise ValueError("row_nnz must be a vector of numbers of entries")
    most = counts.size if max_rows is None else max_rows
    if most < counts.size and (split or most * pes < np.count_nonzero(counts)):
        raise ValueError(f"at most {most} rows on each of {pes} PEs are too few, or may be split")
    limit = -(-int(counts.sum()) // pes)
    pieces = _pieces(counts, limit if split else int(counts.max(initial=0)))
    bins = _deal(pieces, pes, most)
    _improve(bins, limit, most)
    if split:
        _cut(bins, limit)
    return _packing(bins, counts)


_Piece = tuple[int, int, int]
"""A segment as (entries, row, first)."""


def _pieces(counts: IntArray, limit: int) -> list[_Piece]:
    """The rows, cut where they are longer than `limit`; longest first."""
    found = [
        (min(limit, int(count) - first), row, first)
        for row, count in enumerate(counts)
        for first in range(0, int(count), max(limit, 1))
    ]
    return sorted(found, key=lambda piece: (-piece[0], piece[1], piece[2]))


def _deal(pieces: list[_Piece], pes: int, most: int) -> list[list[_Piece]]:
    """Every piece to the emptiest PE that has fewer than `most`."""
    bins: list[list[_Piece]] = [[] for _ in range(pes)]
    heap = [(0, pe) for pe in range(pes)]
    for piece in pieces:
        load, pe = heap[0]
        bins[pe].append(piece)
        if len(bins[pe]) < most:
            heapq.heapreplace(heap, (load + piece[0], pe))
        else:
            heapq.heappop(heap)
    return bins


def _improve(bins: list[list[_Piece]], limit: int, most: int) -> None:
    """Move or swap pieces between the fullest and the emptiest PEs while that lowers the load."""
    loads = np.array([sum(piece[0] for piece in pieces) for pieces in bins], dtype=np.int64)
    for _ in range(_ROUNDS_PER_PE * len(bins)):
        full = int(loads.argmax())
        if loads[full] <= limit:
            return
        for empty in np.argsort(loads, kind="stable")[:4]:
            gap = int(loads[full] - loads[empty])
            amount = _trade(bins[full], bins[int(empty)], gap, most)
            if amount:
                loads[full] -= amount
                loads[empty] += amount
                break
        else:
            return


def _trade(full: list[_Piece], empty: list[_Piece], gap: int, most: int) -> int:
    """Exchange a piece of `full` for one of `empty` (or none), and return by how much it shrank.

    The best trade halves the gap between the two; any that moves less than the gap helps.
    """
    give = np.array([piece[0] for piece in full], dtype=np.int64)
    take = np.array([0, *(piece[0] for piece in empty)], dtype=np.int64)
    moved = give[:, None] - take
    moved = np.where((moved > 0) & (moved < gap), moved, 0)
    if len(empty) >= most:
        moved[:, 0] = 0
    worst = np.where(moved > 0, np.maximum(gap - moved, moved), 2 * gap + 1)
    at, other = np.unravel_index(int(worst.argmin()), worst.shape)
    amount = int(moved[at, other])
    if amount:
        piece = full.pop(int(at))
        if other:
            full.append(empty.pop(int(other) - 1))
        empty.append(piece)
    return amount


def _cut(bins: list[list[_Piece]], limit: int) -> None:
    """Cut what exceeds `limit` off the longest pieces of full PEs, for PEs that have room.

    The largest excess goes to the largest room, so that few rows are cut often.
    """
    loads = [sum(piece[0] for piece in pieces) for pieces in bins]
    room = [(load - limit, pe) for pe, load in enumerate(loads) if load < limit]
    heapq.heapify(room)
    for pe in sorted(range(len(bins)), key=lambda p: (-loads[p], p)):
        excess = loads[pe] - limit
        while excess > 0:
            longest = max(range(len(bins[pe])), key=lambda i: bins[pe][i][0])
            entries, row, first = bins[pe][longest]
            space, other = heapq.heappop(room)
            part = min(excess, -space, entries)
            if part == entries:
                bins[pe].pop(longest)
            else:
                bins[pe][longest] = (entries - part, row, first)
            bins[other].append((part, row, first + entries - part))
            excess -= part
            if space + part < 0:
                heapq.heappush(room, (space + part, other))


def _packing(bins: list[list[_Piece]], counts: IntArray) -> Packing:
    """The bins as arrays; neighbouring pieces of a row that met on one PE are one segment."""
    flat: list[tuple[int, int, int, int]] = []
    for pe, pieces in enumerate(bins):
        for entries, row, first in sorted(pieces, key=lambda piece: piece[1:]):
            if flat and flat[-1][0] == pe and flat[-1][1] == row and flat[-1][3] == first - 1:
                flat[-1] = (pe, row, flat[-1][2], first + entries - 1)
            else:
                flat.append((pe, row, first, first + entries - 1))
    table = np.array(flat, dtype=np.int64).reshape(-1, 4)
    pes, rows, firsts, lasts = (np.ascontiguousarray(column) for column in table.T)
    return Packing(len(bins), pes, rows, firsts, lasts, np.flatnonzero(counts == 0))
