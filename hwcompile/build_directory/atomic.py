"""Files that are there as a whole or not at all: written beside, flushed, renamed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hwcompile.build_directory.process import is_running
from hwcompile.diagnostics import CompileError, fail, reason_of

_SUFFIX = ".hwcompile-part"


def write_atomic(path: Path, contents: str | bytes) -> None:
    """Write a file so that a reader, or whoever comes after a kill, finds the old or the new one.

    A symbolic link stays one: the file that it names is replaced.

    Raises:
        OSError: When the file can not be written; then it is as before.
    """
    with atomic_file(path) as part:
        part.write_bytes(contents.encode() if isinstance(contents, str) else contents)


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Yield the name of a file to write beside `path`, which takes its place when the block ends.

    When the block raises nothing is left; what a killed process left is removed the next time.

    Raises:
        OSError: When the file can not be written.
    """
    target = path.resolve() if path.is_symlink() else path
    remove_parts(target)
    part = target.with_name(f".{target.name}.{os.getpid()}{_SUFFIX}")
    try:
        yield part
        if target.exists():
            part.chmod(target.stat().st_mode & 0o777)
        flush(part)
        part.replace(target)
        flush(target.parent)
    finally:
        part.unlink(missing_ok=True)


def flush(path: Path) -> None:
    """Have the system write a file, or the entries of a folder, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError:
        if path.is_file():  # not every system and file system can do it for a folder
            raise
    finally:
        os.close(descriptor)


def remove_parts(target: Path) -> None:
    """Remove what killed processes left of earlier attempts to write `target`."""
    for part in target.parent.glob(f".{_literal(target.name)}.*{_SUFFIX}"):
        number = part.name.removesuffix(_SUFFIX).rpartition(".")[2]
        if number.isdigit() and not is_running(int(number)):
            part.unlink(missing_ok=True)


def os_failure(error: OSError, what: str = "") -> CompileError:
    """The finding for a system call that failed: on which file, and why.

    Args:
        error: What the system said.
        what: What was tried, when the file's name does not tell.
    """
    name = error.filename2 or error.filename or ""
    name = os.fsdecode(name) if isinstance(name, (str, bytes)) else str(name)
    subject = what or (f"the file '{name}' can not be used" if name else "a file can not be used")
    where = f" ('{name}')" if what and name and name not in what else ""
    return fail(
        "HW0516",
        subject,
        reason_of(error) + where,
        "room on the disk and permission to use the file, or another place",
    )


def _literal(name: str) -> str:
    return "".join(f"[{c}]" if c in "*?[" else c for c in name)
