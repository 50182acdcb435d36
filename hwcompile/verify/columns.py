"""Arrays with a row per frame that may be larger than memory: written and read block by block."""

from __future__ import annotations

import mmap
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np

Array = np.ndarray[Any, Any]

IN_MEMORY = 1 << 23
"""Bytes of an array from which on it lies in a file that nobody else sees."""

BLOCK_BYTES = 1 << 22
"""About as much of an array is worked on at a time."""


class Column:
    """An array [rows, ...] that grows by blocks of rows; small ones stay in memory."""

    def __init__(self) -> None:
        """Begin without rows."""
        self._blocks: list[Array] = []
        self._bytes = 0
        self._rows = 0
        self._file: IO[bytes] | None = None

    def append(self, block: Array) -> None:
        """Add rows; all blocks have the same type and the same shape of a row."""
        self._blocks.append(block)
        self._bytes += block.nbytes
        self._rows += len(block)
        if self._file is not None or self._bytes > IN_MEMORY:
            self._spill()

    def array(self) -> Array:
        """All rows; a view of the file, which goes away with the last view, when there are many."""
        if self._file is None:
            return np.concatenate(self._blocks)
        last = self._blocks[-1]
        self._file.flush()
        return mapped(self._file, last.dtype, (self._rows, *last.shape[1:]))

    def _spill(self) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="hwcompile-rows-")  # noqa: SIM115
            weakref.finalize(self, self._file.close)  # what is mapped stays
        for block in self._blocks:
            self._file.write(np.ascontiguousarray(block).data if block.size else b"")
        self._blocks = [self._blocks[-1][:0]]


def mapped(file: IO[bytes], dtype: np.dtype[Any], shape: tuple[int, ...], offset: int = 0) -> Array:
    """The contents of a file as an array that is read when it is looked at."""
    if 0 in shape:
        return np.zeros(shape, dtype)
    mode: Any = "r+" if file.writable() else "r"
    return np.asarray(np.memmap(file, dtype, mode, offset, shape))


def from_file(path: Path, dtype: str, row: tuple[int, ...] = ()) -> Array:
    """A file of whole rows as an array; a large one is mapped, and may be deleted meanwhile."""
    kind = np.dtype(dtype)
    rows = path.stat().st_size // (kind.itemsize * int(np.prod(row, dtype=np.int64)))
    if path.stat().st_size <= IN_MEMORY:
        return np.fromfile(path, kind).reshape(rows, *row)
    with path.open("r+b") as file:
        return mapped(file, kind, (rows, *row))


def rows_of(frame_bytes: int) -> int:
    """Frames of so many bytes that are worked on at a time."""
    return max(1, min(1024, BLOCK_BYTES // max(frame_bytes, 1)))


def in_blocks(array: Array, rows: int) -> Iterator[Array]:
    """Consecutive blocks of at most so many rows; what was read of a mapped file is let go."""
    for start in range(0, len(array), rows):
        yield array[start : start + rows]
        let_go(array)


def let_go(array: Array) -> None:
    """Take what was read of a mapped file out of memory; it stays in the file."""
    base: object = array
    while isinstance(base, np.ndarray):
        base = base.base
    if isinstance(base, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        base.madvise(mmap.MADV_DONTNEED)
