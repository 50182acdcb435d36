"""How the columns of entries are stored, how many bits that takes, and the way back.

Row-streamed layouts store rows (or segments of rows) one after the other. An entry has its weight,
an index, and one bit that ends the row:

- absolute: the column;
- delta: columns skipped since the row's last entry, in enough bits for the longest gap;
- run-length: the same in fewer bits; where a gap is too long, entries of weight zero fill it;
- bitmap: one bit per column and row, and the weights; no index and no end.

The column layout (as in EIE and ESE) stores, for each PE, column after column; an entry has its
weight and the number of its row among the PE's rows, and pointers tell where columns begin.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.sparse.packing import Packing
from hwcompile.sparse.rows import SparseRows

END_BITS = 1
"""Bits of an entry that say whether it is the last of its row."""

RUN_BITS = (2, 3, 4, 5, 6, 7, 8)
"""Widths of a run that `cheapest` looks at."""


def index_width(values: int) -> int:
    """Bits that tell `values` numbers apart, at least 1."""
    return max((values - 1).bit_length(), 1)


@dataclass(frozen=True, eq=False)
class RowStream:
    """Rows as entries with an index each: absolute, delta or run-length.

    Attributes:
        kind: `absolute`, `delta` or `runlength`.
        index_bits: Bits of an index.
        index: int64 [entries].
        value: int64 [entries].
        end: Whether the entry is the last of its row, bool [entries].
        columns: Width of the matrix.
        fillers: How many entries only fill a gap.
    """

    kind: str
    index_bits: int
    index: IntArray
    value: IntArray
    end: np.ndarray[tuple[int], np.dtype[np.bool_]]
    columns: int
    fillers: int = 0

    @property
    def entries(self) -> int:
        """Stored entries, fillers included."""
        return self.index.size

    def bits(self, weight_bits: int) -> int:
        """Memory for weights, indices and ends."""
        return self.entries * (weight_bits + self.index_bits + END_BITS)

    def decode(self) -> SparseRows:
        """The rows that were encoded, without fillers."""
        start = np.append(0, np.flatnonzero(self.end) + 1)
        if self.kind == "absolute":
            column = self.index
        else:
            ahead = np.cumsum(self.index + 1)
            before = np.append(0, ahead)[start[:-1]]
            column = ahead - np.repeat(before, np.diff(start)) - 1
        if not self.fillers:
            return SparseRows(start, column, self.value, self.columns)
        kept = self.value != 0
        counted = np.append(0, np.cumsum(kept))[start]
        return SparseRows(counted, column[kept], self.value[kept], self.columns)


@dataclass(frozen=True, eq=False)
class Bitmap:
    """Rows as bit masks.

    Attributes:
        mask: Which columns have an entry, bool [rows, columns].
        value: int64 [entries].
    """

    mask: np.ndarray[tuple[int, int], np.dtype[np.bool_]]
    value: IntArray
    kind: str = "bitmap"
    fillers: int = 0

    @property
    def entries(self) -> int:
        """Stored weights."""
        return self.value.size

    def bits(self, weight_bits: int) -> int:
        """Memory for masks and weights."""
        return self.mask.size + self.entries * weight_bits

    def decode(self) -> SparseRows:
        """The rows that were encoded."""
        row, column = np.nonzero(self.mask)
        start = np.searchsorted(row, np.arange(self.mask.shape[0] + 1))
        return SparseRows(start, column, self.value, self.mask.shape[1])


def absolute(rows: SparseRows) -> RowStream:
    """Columns as they are. Every row must have an entry."""
    return RowStream(
        "absolute", index_width(rows.columns), rows.column, rows.value, _ends(rows), rows.columns
    )


def gaps(rows: SparseRows) -> IntArray:
    """Columns skipped before each entry since the one before it in its row, int64 [entries]."""
    skipped = np.diff(rows.column, prepend=-1) - 1
    first = rows.start[:-1][rows.counts > 0]
    skipped[first] = rows.column[first]
    return skipped


def delta(rows: SparseRows) -> RowStream:
    """Gaps, all of them in as many bits as the longest needs. Every row must have an entry."""
    skipped = gaps(rows)
    bits = index_width(int(skipped.max(initial=0)) + 1)
    return RowStream("delta", bits, skipped, rows.value, _ends(rows), rows.columns)


def with_fillers(rows: SparseRows, bits: int) -> SparseRows:
    """The rows with entries of value zero wherever a gap does not fit in `bits` bits."""
    skipped = gaps(rows)
    place = 1 << bits  # columns that a filler passes, its own included
    extra = skipped // place
    position = np.cumsum(extra + 1) - 1  # of every true entry among all
    total = int(position[-1]) + 1 if position.size else 0
    owner = np.repeat(np.arange(rows.entries), extra + 1)
    # The last filler stands the rest of the gap before its entry, the others one place apart.
    rest = rows.column - skipped % place - 1
    column = rest[owner] - (position[owner] - 1 - np.arange(total)) * place
    column[position] = rows.column
    value = np.zeros(total, dtype=np.int64)
    value[position] = rows.value
    start = np.append(0, np.cumsum(extra + 1))[rows.start]
    return SparseRows(start, column, value, rows.columns)


def runlength(rows: SparseRows, bits: int) -> RowStream:
    """Gaps in `bits` bits, with fillers in longer ones. Every row must have an entry.

    Entries of value zero would be taken for fillers, so there must be none.
    """
    filled = with_fillers(rows, bits)
    fillers = filled.entries - rows.entries
    return RowStream(
        "runlength", bits, gaps(filled), filled.value, _ends(filled), rows.columns, fillers
    )


def bitmap(rows: SparseRows) -> Bitmap:
    """Bit masks; rows may be empty."""
    mask = np.zeros((rows.rows, rows.columns), dtype=np.bool_)
    mask[rows.row, rows.column] = True
    return Bitmap(mask, rows.value)


Encoded = RowStream | Bitmap


def every_encoding(rows: SparseRows) -> tuple[Encoded, ...]:
    """All row-streamed encodings of rows, in a fixed order."""
    return (
        absolute(rows),
        delta(rows),
        *(runlength(rows, bits) for bits in RUN_BITS),
        bitmap(rows),
    )


def cheapest(rows: SparseRows, weight_bits: int, fillers: bool = True) -> Encoded:
    """The encoding with the least memory; of equal ones the one with fewer entries.

    Args:
        rows: Every row must have an entry.
        weight_bits: Bits of a weight.
        fillers: Whether fillers, which cost cycles, are allowed.
    """
    found = [code for code in every_encoding(rows) if fillers or code.fillers == 0]
    return min(found, key=lambda code: (code.bits(weight_bits), code.entries))


def size_report(rows: SparseRows, weight_bits: int) -> dict[str, int]:
    """Bytes by encoding; run-length in its best width."""
    sizes: dict[str, int] = {}
    for code in every_encoding(rows):
        size = -(-code.bits(weight_bits) // 8)
        sizes[code.kind] = min(size, sizes.get(code.kind, size))
    return sizes


@dataclass(frozen=True, eq=False)
class ColumnLayout:
    """Entries column after column for every PE, as engines that broadcast activations store them.

    Attributes:
        columns: Width of the matrix.
        pointer: Where each column begins among a PE's entries, int64 [pes, columns + 1].
        local_row: Row of each entry, by its number among the PE's rows, int64 [entries].
        value: int64 [entries]; PE after PE.
        row: Rows of each PE, int64 [pes, rows per PE]; -1 where a PE has fewer.
        rows: Height of the matrix.
    """

    columns: int
    pointer: IntArray
    local_row: IntArray
    value: IntArray
    row: IntArray
    rows: int

    @property
    def index_bits(self) -> int:
        """Bits of a local row number."""
        return index_width(self.row.shape[1])

    def entry_bits(self, weight_bits: int) -> int:
        """Memory for weights and local row numbers."""
        return self.value.size * (weight_bits + self.index_bits)

    @property
    def pointer_bits(self) -> int:
        """Memory for the pointers."""
        return self.pointer.size * index_width(int(self.pointer.max()) + 1)

    def decode(self) -> SparseRows:
        """The matrix that was encoded."""
        sizes = np.diff(self.pointer)  # [pes, columns]
        pes = self.pointer.shape[0]
        pe = np.repeat(np.arange(pes), sizes.sum(axis=1))
        column = np.repeat(np.tile(np.arange(self.columns), pes), sizes.reshape(-1))
        row = self.row[pe, self.local_row]
        order = np.lexsort((column, row))
        start = np.searchsorted(row[order], np.arange(self.rows + 1))
        return SparseRows(start, column[order], self.value[order], self.columns)


def column_layout(matrix: SparseRows, packing: Packing) -> ColumnLayout:
    """The column layout for PEs that own whole rows.

    Raises:
        ValueError: If the packing splits a row.
    """
    if np.unique(packing.row).size != packing.row.size:
        raise ValueError("the column layout needs whole rows; pack them with split=False")
    per_pe = int(np.bincount(packing.pe, minlength=packing.pes).max(initial=1))
    table = np.full((packing.pes, per_pe), -1, dtype=np.int64)
    table[packing.pe, packing.slot] = packing.row
    owner = np.zeros(matrix.rows, dtype=np.int64)
    number = np.zeros(matrix.rows, dtype=np.int64)
    owner[packing.row], number[packing.row] = packing.pe, packing.slot
    row = matrix.row
    order = np.lexsort((number[row], matrix.column, owner[row]))
    cell = (owner[row] * matrix.columns + matrix.column)[order]
    edges = np.searchsorted(cell, np.arange(packing.pes * matrix.columns + 1))
    begin = edges[:-1].reshape(packing.pes, matrix.columns)
    stop = edges[matrix.columns :: matrix.columns]
    pointer = np.concatenate([begin, stop[:, None]], axis=1) - begin[:, :1]
    return ColumnLayout(
        matrix.columns, pointer, number[row][order], matrix.value[order], table, matrix.rows
    )


def _ends(rows: SparseRows) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    if (rows.counts == 0).any():
        raise ValueError("a row without entries can not be streamed; leave it out")
    end = np.zeros(rows.entries, dtype=np.bool_)
    end[rows.start[1:] - 1] = True
    return end
