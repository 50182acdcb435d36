"""Reads a build directory: every file is held against the manifest's hash and its own type."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec

from hwcompile.build_directory.names import FILES, MANIFEST, RTL, is_inner_path
from hwcompile.build_directory.typed import MANIFEST_SCHEMA, Manifest
from hwcompile.diagnostics import CompileError, InternalError
from hwcompile_runtime.files import check_schema, damaged

_ROWS = re.compile(rb"(?:[0-9a-f]+\n)+")


class _Versioned(Protocol):
    @property
    def schema(self) -> int: ...


File = TypeVar("File", bound=_Versioned)


@contextmanager
def parsing(directory: Path, name: str) -> Iterator[None]:
    """Whatever goes wrong while a file is parsed means that the file is damaged.

    Raises:
        CompileError: HW0510.
    """
    try:
        yield
    except CompileError:
        raise
    except (Exception, InternalError) as error:
        reason = str(error).replace("`$.", "`").splitlines() or [type(error).__name__]
        raise damaged(directory, name, f"{reason[0]:.200}") from error


def read_manifest(directory: Path) -> Manifest | None:
    """The manifest; None when there is none.

    Raises:
        CompileError: HW0510 when it is damaged, HW0511 when it is of another version.
    """
    path = directory / MANIFEST
    if not path.is_file():
        return None
    found = path.stat()
    return _manifest(str(directory), found.st_mtime_ns, found.st_size, found.st_ino)


@lru_cache(maxsize=16)
def _manifest(directory: str, *_state: int) -> Manifest:
    folder = Path(directory)
    return decode_json(folder, MANIFEST, _bytes(folder, MANIFEST), Manifest, MANIFEST_SCHEMA)


def decode_json(directory: Path, name: str, data: bytes, kind: type[File], schema: int) -> File:
    """JSON as a type.

    Raises:
        CompileError: HW0510 when it does not fit, HW0511 when it is of another version.
    """
    with parsing(directory, name):
        # Not msgspec's parser: integers of ports may be wider than 64 bits.
        contents = json.loads(data)
        check_schema(directory / name, contents, schema)
        return msgspec.convert(contents, kind)


def read_bytes(directory: Path, name: str) -> bytes:
    """A file of a build directory, as it was written.

    Folders without a manifest, which tests and caches make, are read as they are.

    Raises:
        CompileError: HW0510 when it is missing or was changed.
    """
    manifest = read_manifest(directory)
    data = _bytes(directory, name)
    if manifest is None:
        return data
    hashes = manifest.hashes(name)
    if not hashes:
        raise damaged(directory, name, f"{MANIFEST} does not list it")
    if hashlib.sha256(data).hexdigest() not in hashes:
        raise damaged(directory, name, "it was changed since it was written")
    return data


def read_text(directory: Path, name: str) -> str:
    """The same as text.

    Raises:
        CompileError: HW0510.
    """
    with parsing(directory, name):
        return read_bytes(directory, name).decode()


def checked_text(path: Path) -> str:
    """A source or a memory file in `rtl/`, by its path."""
    return read_text(path.parent.parent, f"{path.parent.name}/{path.name}")


def read_typed(directory: Path, name: str, kind: type[File], schema: int) -> File:
    """A JSON file of a build directory.

    Raises:
        CompileError: HW0510 when it is missing, changed or senseless, HW0511 for another version.
    """
    return decode_json(directory, name, read_bytes(directory, name), kind, schema)


def source_names(directory: Path) -> list[str]:
    """Names of the SystemVerilog files in `rtl/`, in the order of compilation.

    Raises:
        CompileError: HW0510 when the list is missing or senseless.
    """
    names = read_text(directory, FILES).split()
    for name in names:
        if "/" in name or not is_inner_path(name):
            raise damaged(directory, FILES, f"{name!r:.80} is not a source's name")
    if not names:
        raise damaged(directory, FILES, "it is empty")
    return names


def rtl_sources(directory: Path) -> list[Path]:
    """The SystemVerilog files, in the order of compilation; each one is there as it was written.

    Raises:
        CompileError: HW0510 when one is not.
    """
    names = source_names(directory)
    for name in names:
        read_text(directory, f"{RTL}/{name}")
    return [directory / RTL / name for name in names]


def memories(directory: Path) -> list[Path]:
    """The memory files that the sources name, sorted; each one is there as it was written.

    Raises:
        CompileError: HW0510 when one is not.
    """
    manifest = read_manifest(directory)
    if manifest is None:
        return sorted((directory / RTL).glob("*.mem"))
    names = [name for name in manifest.files if name.startswith(f"{RTL}/")]
    found = sorted(name for name in names if name.endswith(".mem"))
    for name in found:
        if not _ROWS.fullmatch(read_bytes(directory, name)):
            raise damaged(directory, name, "it is not rows of hexadecimal digits")
    return [directory / name for name in found]


def _bytes(directory: Path, name: str) -> bytes:
    try:
        return (directory / name).read_bytes()
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise damaged(directory, name, reason[:1].lower() + reason[1:]) from error
