"""The order in which sums leave the PEs: a program that reads every sum after it is finished."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.sparse.packing import Packing


@dataclass(frozen=True, eq=False)
class Collection:
    """One row per cycle; each of the lanes adds one segment's sum, or none.

    Output word w holds rows w * lanes, w * lanes + 1 and so on of the matrix.

    Attributes:
        segment: Segment of the packing that a lane adds, -1 for none, int64 [cycles, lanes].
        emit: Whether the cycle completes an output word, bool [cycles].
        ready: Cycle of the PEs' program from which on the collection may run alongside: then every
            sum's last entry is done at least as early as the cycle that adds the sum.
    """

    segment: IntArray
    emit: np.ndarray[tuple[int], np.dtype[np.bool_]]
    ready: int

    @property
    def cycles(self) -> int:
        """Cycles per vector."""
        return self.emit.size

    @property
    def lanes(self) -> int:
        """Rows per output word."""
        return int(self.segment.shape[1])


def collect(packing: Packing, rows: int, lanes: int) -> Collection:
    """Add up the segments of every row, `lanes` rows at a time, in row order.

    Args:
        packing: Segments on PEs.
        rows: Rows of the matrix, dead ones included; they get no segments.
        lanes: Rows per output word.
    """
    words = -(-rows // lanes)
    # Segments of a row in the order in which they are finished.
    order = np.lexsort((packing.end, packing.row))
    row = packing.row[order]
    turn = np.arange(row.size) - np.searchsorted(row, row)
    count = np.bincount(row, minlength=words * lanes).reshape(words, lanes)
    length = np.maximum(count.max(axis=1), 1)
    start = np.cumsum(length) - length
    segment = np.full((int(length.sum()), lanes), -1, dtype=np.int64)
    # A word's shorter rows wait for its longest: their sums are added in its last cycles.
    late = (length[:, None] - count).reshape(-1)
    segment[start[row // lanes] + late[row] + turn, row % lanes] = order
    emit = np.zeros(segment.shape[0], dtype=np.bool_)
    emit[start + length - 1] = True
    # A matrix of zeros has no segments at all; -1 then takes the zero behind the last end.
    done = np.append(packing.end, 0)[segment].max(axis=1, initial=0)
    ready = max(int((done - np.arange(done.size)).max(initial=0)), 0)
    return Collection(segment, emit, ready)


def cycles_of(packing: Packing, rows: int, lanes: int) -> int:
    """`collect(...).cycles`, without the program."""
    words = -(-rows // lanes)
    count = np.bincount(packing.row, minlength=words * lanes).reshape(words, lanes)
    return int(np.maximum(count.max(axis=1), 1).sum())
