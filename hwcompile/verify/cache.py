"""A cache of build results on disk, keyed by contents, safe for several processes at once."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import platformdirs


def cache_root() -> Path:
    """The folder of all caches: `HWCOMPILE_CACHE`, or the user's cache folder."""
    chosen = os.environ.get("HWCOMPILE_CACHE")
    return Path(chosen) if chosen else Path(platformdirs.user_cache_dir("hwcompile"))


def digest(parts: Iterable[str]) -> str:
    """A key made of strings; where one ends and the next begins matters."""
    state = hashlib.sha256()
    for part in parts:
        data = part.encode()
        state.update(f"{len(data)}:".encode())
        state.update(data)
    return state.hexdigest()[:32]


def cached(kind: str, key: str, make: Callable[[Path], None]) -> Path:
    """The folder `<root>/<kind>/<key>`, filled by `make` if it does not exist yet.

    `make` fills a folder under another name, which is then renamed: nobody ever sees half a
    result, and when two processes make the same one, the second to finish is thrown away.
    """
    final = cache_root() / kind / key
    if final.is_dir():
        return final
    final.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{key[:8]}-", dir=final.parent))
    try:
        make(work)
        try:
            work.rename(final)
        except OSError:
            if not final.is_dir():
                raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return final
