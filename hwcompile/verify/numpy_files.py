"""Reads .npy and .npz files that nobody vouches for, without more memory than a block of rows.

What a file says about its size is held against the file before anything is read; objects, which
numpy would unpickle, are never read.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import IO, Any

import numpy as np

from hwcompile.diagnostics import CompileError, fail
from hwcompile.verify.columns import in_blocks, mapped

Array = np.ndarray[Any, Any]

BOMB_BYTES = 1 << 28
BOMB_RATIO = 200
"""An array in an .npz file that is larger, and packed by more than this, is taken for a bomb."""

_HEADERS: dict[tuple[int, int], Callable[[IO[bytes]], tuple[tuple[int, ...], bool, Any]]] = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
    (3, 0): np.lib.format.read_array_header_2_0,  # differs in the names of fields only
}


@dataclass(frozen=True)
class Stored:
    """An array whose elements are read when they are asked for.

    Attributes:
        shape: Its shape.
        dtype: Type of its elements.
        blocks: Called with a number of rows; yields so many rows at a time, from the first on;
            nothing for objects.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    blocks: Callable[[int], Iterator[Array]]

    @staticmethod
    def of(array: Array) -> Stored:
        """An array that is in memory, or mapped; a number alone is a row."""
        rows_in = np.atleast_1d(array)
        return Stored(array.shape, array.dtype, lambda rows: in_blocks(rows_in, rows))


def open_numpy(path: Path) -> Stored | dict[str, Stored]:
    """The array of an .npy file, or those of an .npz file by name.

    Raises:
        CompileError: HW0606 when it is neither or damaged, HW0634 when it is packed so densely
            that it can hardly hold frames.
    """
    try:
        with path.open("rb") as file:
            magic = file.read(6)
        if magic == np.lib.format.MAGIC_PREFIX:
            return _npy(path)
        if magic[:2] == b"PK":
            return _npz(path)
    except (CompileError, MemoryError):
        raise
    except Exception as error:  # numpy and zipfile raise a dozen kinds on damaged files
        raise unreadable(path, _said(error)) from error
    raise unreadable(path, "it is empty" if not magic else "it is not a file that numpy writes")


def unreadable(path: Path, why: str) -> CompileError:
    """HW0606: a file that frames can not be read from."""
    return fail("HW0606", f"can not read frames from '{path}'", why, "an .npy or .npz file")


def _said(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror[:1].lower() + error.strerror[1:]
    text = " ".join(str(error).split())[:200]
    return text[:1].lower() + text[1:] or type(error).__name__


def _npy(path: Path) -> Stored:
    with path.open("rb") as file:
        shape, fortran, dtype = _header(file, path)
        offset = file.tell()
        if dtype.hasobject:
            return Stored(shape, dtype, lambda rows: iter(()))
        _check_size(path, prod(shape) * dtype.itemsize, path.stat().st_size - offset)
        order = shape[::-1] if fortran else shape
        whole = mapped(file, dtype, order or (1,), offset)
    return Stored.of(whole.T if fortran else whole.reshape(shape))


def _npz(path: Path) -> dict[str, Stored]:
    found = {}
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            if entry.filename.endswith(".npy"):
                found[entry.filename[:-4]] = _member(archive, path, entry)
    if not found:
        raise unreadable(path, "there is no array in it")
    return found


def _member(archive: zipfile.ZipFile, path: Path, entry: zipfile.ZipInfo) -> Stored:
    with archive.open(entry) as file:
        if file.read(6) != np.lib.format.MAGIC_PREFIX:
            raise unreadable(path, f"'{entry.filename}' in it is no array")
        file.seek(0)
        shape, fortran, dtype = _header(file, path)
        offset = file.tell()
    if dtype.hasobject:
        return Stored(shape, dtype, lambda rows: iter(()))
    size = prod(shape) * dtype.itemsize
    _check_size(path, size, entry.file_size - offset)
    if size > BOMB_BYTES and size > BOMB_RATIO * max(entry.compress_size, 1):
        raise fail(
            "HW0634",
            f"'{entry.filename}' in '{path}' unpacks {entry.compress_size:,} bytes to {size:,}",
            "frames are never that much alike",
            "an .npy file, or one that np.savez wrote (it does not compress), if you mean it",
        )

    def blocks(rows: int) -> Iterator[Array]:
        yield from _unpacked(path, entry.filename, offset, shape, dtype, fortran, rows)

    return Stored(shape, dtype, blocks)


def _unpacked(
    path: Path,
    name: str,
    offset: int,
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    fortran: bool,
    rows: int,
) -> Iterator[Array]:
    """Blocks of an array in an .npz file; one in Fortran's order has no rows to read singly."""
    rest = shape[1:]
    count = shape[0] if shape else 1
    step = max(count, 1) if fortran else rows
    try:
        with zipfile.ZipFile(path) as archive, archive.open(name) as file:
            file.read(offset)
            for start in range(0, count, step):
                here = min(step, count - start)
                data = file.read(here * prod(rest) * dtype.itemsize)
                block = np.frombuffer(data, dtype)
                if fortran:
                    yield block.reshape(shape[::-1]).T
                else:
                    yield block.reshape((here, *rest) if shape else ())
    except (OSError, EOFError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise unreadable(path, _said(error)) from error


def _header(file: IO[bytes], path: Path) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = np.lib.format.read_magic(file)
    if version not in _HEADERS:
        raise unreadable(path, f"numpy's format {version[0]}.{version[1]} is unknown")
    shape, fortran, dtype = _HEADERS[version](file)
    if any(size < 0 for size in shape):
        raise unreadable(path, f"its shape {list(shape)} has a negative axis")
    return tuple(int(size) for size in shape), fortran, np.dtype(dtype)


def _check_size(path: Path, expected: int, have: int) -> None:
    if have < expected:
        why = f"it says that it holds {expected:,} bytes of elements, and has {max(have, 0):,}"
        raise unreadable(path, f"{why}: it may be truncated")
