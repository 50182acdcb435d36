"""A sparse matrix by rows: where each row's entries begin, their columns, their values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.sparse.packing import Packing


@dataclass(frozen=True, eq=False)
class SparseRows:
    """Entries row by row, columns ascending within a row (compressed sparse rows).

    Attributes:
        start: Position of each row's first entry, and behind them the number of entries, int64
            [rows + 1].
        column: int64 [entries].
        value: int64 [entries]. Zeros are allowed; they are entries like others.
        columns: Width of the matrix.
    """

    start: IntArray
    column: IntArray
    value: IntArray
    columns: int

    @staticmethod
    def of(matrix: IntArray) -> SparseRows:
        """The entries that are not zero of a matrix, int64 [rows, columns]."""
        row, column = np.nonzero(matrix)
        start = np.searchsorted(row, np.arange(matrix.shape[0] + 1))
        return SparseRows(start, column, matrix[row, column], matrix.shape[1])

    @property
    def rows(self) -> int:
        """Number of rows."""
        return self.start.size - 1

    @property
    def entries(self) -> int:
        """Number of entries."""
        return int(self.start[-1])

    @property
    def counts(self) -> IntArray:
        """Entries of each row, int64 [rows]."""
        return np.diff(self.start)

    @property
    def row(self) -> IntArray:
        """Row of each entry, int64 [entries]."""
        return np.repeat(np.arange(self.rows), self.counts)

    def dense(self) -> IntArray:
        """The matrix, int64 [rows, columns]."""
        matrix = np.zeros((self.rows, self.columns), dtype=np.int64)
        matrix[self.row, self.column] = self.value
        return matrix

    def segments(self, packing: Packing) -> SparseRows:
        """The segments of a packing in its order (PE, then row), each as a row of its own."""
        index, start = segment_entries(self, packing)
        return SparseRows(start, self.column[index], self.value[index], self.columns)


def segment_entries(matrix: SparseRows, packing: Packing) -> tuple[IntArray, IntArray]:
    """Positions of a packing's entries in the matrix, and where each segment begins among them.

    Returns:
        int64 [entries] and int64 [segments + 1].
    """
    start = np.append(0, np.cumsum(packing.length))
    first = matrix.start[packing.row] + packing.first
    index = np.arange(start[-1]) + np.repeat(first - start[:-1], packing.length)
    return index, start
