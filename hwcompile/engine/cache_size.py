"""How large the cache is, and how it stays below its limit: the least recently used entries go.

An entry is used when it is looked up (`touch`). Entries that were used within the last hour stay
whatever the limit: another process may be about to run what is in them.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from hwcompile.limits import parse_size

CONTENTS = ".contents.json"
"""The list of an entry's files; its time is that of the entry's last use."""

LIMIT = "HWCOMPILE_CACHE_LIMIT"
"""The variable with the limit, as `parse_size` reads it."""

DEFAULT_LIMIT = "2GB"

IN_USE = 3600.0
"""Seconds for which an entry counts as in use."""

_CHECKED = ".checked"
_CHECK_EVERY = 600.0


@dataclass(frozen=True)
class Entry:
    """An entry of the cache.

    Attributes:
        folder: Where it is.
        kind: What it is: the name of the folder around it.
        size: Bytes of its files.
        used: When it was used last. Seconds since 1970.
    """

    folder: Path
    kind: str
    size: int
    used: float


def entries(root: Path) -> Iterator[Entry]:
    """Everything in a cache, in no order; what is not an entry is not ours and not counted."""
    for contents in root.glob(f"*/*/{CONTENTS}"):
        folder = contents.parent
        if folder.name.startswith("."):
            continue
        with suppress(OSError):  # gone meanwhile
            files = [path for path in folder.rglob("*") if path.is_file()]
            size = sum(path.stat().st_size for path in files)
            yield Entry(folder, folder.parent.name, size, contents.stat().st_mtime)


def touch(entry: Path) -> None:
    """An entry is used now."""
    with suppress(OSError):
        os.utime(entry / CONTENTS)


def trim(root: Path, limit: int, *, in_use: float = IN_USE) -> int:
    """Remove the least recently used entries until the cache is below a limit.

    Args:
        root: Of the cache.
        limit: Bytes.
        in_use: Entries that were used within so many seconds stay.

    Returns:
        Bytes that were removed.
    """
    found = sorted(entries(root), key=lambda entry: entry.used)
    total = sum(entry.size for entry in found)
    removed = 0
    for entry in found:
        if total - removed <= limit or time.time() - entry.used < in_use:
            break
        shutil.rmtree(entry.folder, ignore_errors=True)
        removed += entry.size
    return removed


def trim_now_and_then(root: Path) -> None:
    """Keep the cache below its limit; looks at most every ten minutes, for looking takes time."""
    stamp = root / _CHECKED
    with suppress(OSError):
        if stamp.exists() and 0 <= time.time() - stamp.stat().st_mtime < _CHECK_EVERY:
            return
        stamp.touch()
        trim(root, parse_size(os.environ.get(LIMIT, DEFAULT_LIMIT)))
