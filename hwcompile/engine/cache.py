"""A cache of build results on disk, keyed by contents, safe for several processes at once.

An entry lists its files with their hashes, and is looked at before it is used: one that somebody
damaged is made again. Where the cache can not be used at all a temporary one takes its place.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import msgspec
import platformdirs

from hwcompile.build_directory.process import is_running
from hwcompile.engine.cache_size import CONTENTS, touch, trim_now_and_then

_ATTEMPTS = 3

_log = logging.getLogger(__name__)


def cache_root() -> Path:
    """The folder of all caches: `HWCOMPILE_CACHE`, or the user's cache folder; absolute."""
    chosen = os.environ.get("HWCOMPILE_CACHE")
    return Path(chosen or platformdirs.user_cache_dir("hwcompile")).absolute()


def digest(parts: Iterable[str]) -> str:
    """A key made of strings; where one ends and the next begins matters."""
    state = hashlib.sha256()
    for part in parts:
        data = part.encode(errors="surrogatepass")
        state.update(f"{len(data)}:".encode())
        state.update(data)
    return state.hexdigest()[:32]


def cached(kind: str, key: str, make: Callable[[Path], None]) -> Path:
    """The folder `<root>/<kind>/<key>`, filled by `make` if it is not there or is damaged.

    `make` fills a folder under another name, which is then renamed: nobody ever sees half a
    result, and when two processes make the same one, the second to finish is thrown away.
    """
    try:
        folder = cache_root() / kind
        final = folder / key
        if is_sound(final):
            touch(final)
            _log.info("%s %s is in the cache", kind, key)
            return final
        folder.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(folder)
        work = _work_folder(folder, key)
    except (OSError, RuntimeError) as error:
        return _temporarily(kind, key, make, error)
    try:
        make(work)
        write_contents(work)
        if not is_sound(work):  # for example where programs may not be executed
            return _temporarily(kind, key, make, "programs in it can not be executed")
        placed = _take_place(work, final)
        _log.info("%s %s is in the cache now", kind, key)
        trim_now_and_then(cache_root())
        return placed
    finally:
        shutil.rmtree(work, ignore_errors=True)


def is_cached(kind: str, key: str) -> bool:
    """True when `cached` would find an entry."""
    return is_sound(cache_root() / kind / key)


def is_sound(entry: Path) -> bool:
    """True when every file of an entry is there as it was made, and programs can be executed."""
    try:
        listed = msgspec.json.decode((entry / CONTENTS).read_bytes(), type=dict[str, str])
        return all(_matches(entry / name, value) for name, value in listed.items())
    except (OSError, ValueError):
        return False


def write_contents(entry: Path) -> None:
    """Write down what an entry consists of."""
    files = sorted(path for path in entry.rglob("*") if path.is_file())
    listed = {str(path.relative_to(entry)): _hash(path) for path in files}
    (entry / CONTENTS).write_bytes(msgspec.json.encode(listed))


def _matches(path: Path, value: str) -> bool:
    if not path.is_file() or _hash(path) != value:
        return False
    return not value.startswith("x:") or os.access(path, os.X_OK)


def _hash(path: Path) -> str:
    """A file's hash; programs have another one when they lose the right to be executed."""
    kind = "x:" if path.stat().st_mode & 0o100 else ""
    with path.open("rb") as file:
        return kind + hashlib.file_digest(file, "sha256").hexdigest()


def _work_folder(folder: Path, key: str) -> Path:
    return Path(tempfile.mkdtemp(prefix=f".{key[:8]}-{os.getpid()}-", dir=folder))


def _remove_leftovers(folder: Path) -> None:
    """Remove what killed processes began in a folder of entries."""
    for path in folder.glob(".????????-*-*"):
        number = path.name.split("-")[1]
        if number.isdigit() and not is_running(int(number)):
            shutil.rmtree(path, ignore_errors=True)


def _take_place(work: Path, final: Path) -> Path:
    """Rename a new entry, unless another process was faster; what is damaged makes room."""
    for _ in range(_ATTEMPTS):
        try:
            work.rename(final)
        except OSError as error:
            if is_sound(final):
                return final
            try:
                _move_away(final)
            except OSError:
                return _outside(work, error)
        else:
            return final
    return _outside(work, "other processes use it too")


def _move_away(final: Path) -> None:
    trash = _work_folder(final.parent, final.name)
    try:
        final.rename(trash / final.name)
    except FileNotFoundError:
        pass  # another process did it
    finally:
        shutil.rmtree(trash, ignore_errors=True)


def _outside(work: Path, reason: object) -> Path:
    """Use a new entry from a temporary place."""
    place = _temporary_root(str(reason)) / work.name
    shutil.copytree(work, place)
    return place


def _temporarily(kind: str, key: str, make: Callable[[Path], None], reason: object) -> Path:
    place = _temporary_root(str(reason)) / kind / key
    if not is_sound(place):
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        make(place)
        write_contents(place)
    return place


@cache
def _temporary() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="hwcompile-cache-")


def _temporary_root(reason: str) -> Path:
    """The cache of this process, which goes when the process ends; says so once."""
    if not _temporary.cache_info().currsize:
        sys.stderr.write(
            f"note: the cache '{os.environ.get('HWCOMPILE_CACHE') or 'in your home'}' can not be "
            f"used ({reason}), so a temporary one is; HWCOMPILE_CACHE=DIR names another place\n"
        )
    return Path(_temporary().name)
