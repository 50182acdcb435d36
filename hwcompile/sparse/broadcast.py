"""Cycles of an engine that broadcasts activations to queues, as a recurrence.

The cycle in which column j is broadcast is the first one after that of column j - 1 in which every
queue it goes to has room; a PE takes an activation when it is done with the one before.
"""

from __future__ import annotations

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.sparse.packing import Packing
from hwcompile.sparse.rows import SparseRows


def column_counts(matrix: SparseRows, packing: Packing) -> IntArray:
    """Entries of every column on the PEs that own its rows, int64 [columns, pes].

    The packing must not split rows.
    """
    owner = np.zeros(matrix.rows, dtype=np.int64)
    owner[packing.row] = packing.pe
    cell = matrix.column * packing.pes + owner[matrix.row]
    counts = np.bincount(cell, minlength=matrix.columns * packing.pes)
    return counts.reshape(matrix.columns, packing.pes).astype(np.int64)


def broadcast_cycles(counts: IntArray, queue: int) -> int:
    """Cycles from the first broadcast to the last entry of one vector, both included.

    Args:
        counts: Entries of every column that is not skipped on every PE, int64 [columns, pes].
        queue: Activations that a PE's queue holds.
    """
    columns, pes = counts.shape
    every = np.arange(pes)
    started = np.zeros((columns + queue, pes), dtype=np.int64)  # by number in the PE's queue
    taken = np.full(pes, queue, dtype=np.int64)  # next number; the first `queue` have room
    free = np.zeros(pes, dtype=np.int64)  # first cycle in which the PE can take an activation
    started[:queue] = -1
    cycle = -1
    for column in counts:
        goes = column > 0
        room = started[taken - queue, every] + 1
        cycle = max(cycle + 1, int(room[goes].max(initial=0)))
        begin = np.maximum(free, cycle + 1)
        started[taken[goes], every[goes]] = begin[goes]
        taken[goes] += 1
        free = np.where(goes, begin + column, free)
    return int(max(free.max(initial=0), cycle + 1))
