"""What in a folder is this program's: files that a manifest lists with the hash that they have."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from hwcompile.build_directory.names import KEPT, MANIFEST, REQUIRED, is_inner_path

_ENOUGH = 3
"""So many of the usual files make a folder a build directory whose manifest is lost."""


def owned_files(directory: Path) -> dict[str, set[str]] | None:
    """Path to the hashes that this program wrote there; None for somebody else's folder.

    Manifests of any version count. Where the manifest is lost or damaged nothing is owned.
    """
    try:
        data = msgspec.json.decode((directory / MANIFEST).read_bytes())
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        data = None
    if isinstance(data, dict) and "hwcompile" in data and isinstance(data.get("files"), dict):
        return _listed(data)
    usual = sum((directory / name).is_file() for name in REQUIRED)
    return {} if usual >= _ENOUGH else None


def _listed(data: dict[str, Any]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    pending = data.get("pending")
    for table in (data["files"], pending if isinstance(pending, dict) else {}):
        for name, value in table.items():
            if isinstance(value, str) and is_inner_path(name):
                found.setdefault(name, set()).add(value)
    return found


def is_unchanged(path: Path, hashes: Iterable[str]) -> bool:
    """True for a plain file that has one of these hashes."""
    if path.is_symlink() or not path.is_file():
        return False
    return hashlib.sha256(path.read_bytes()).hexdigest() in set(hashes)


def is_there(path: Path) -> bool:
    """True also for a link that leads nowhere."""
    return path.is_symlink() or path.exists()


def place_to_keep(directory: Path, name: str) -> str:
    """Where a file goes that is in the way: a free name in `kept/`."""
    count = 0
    while True:
        folder = KEPT if not count else f"{KEPT}-{count}"
        inner = [directory / folder, *((directory / folder / part) for part in _above(name))]
        blocked = any(path.is_symlink() or path.is_file() for path in inner)
        if not blocked and not is_there(directory / folder / name):
            return f"{folder}/{name}"
        count += 1


def _above(name: str) -> list[str]:
    return [str(parent) for parent in Path(name).parents if str(parent) != "."]


def keep(directory: Path, name: str, to: str) -> None:
    """Move a file, a link or a folder within the directory."""
    (directory / to).parent.mkdir(parents=True, exist_ok=True)
    (directory / name).rename(directory / to)


def remove_empty_folders(directory: Path, names: Iterable[str]) -> None:
    """Remove the folders above these files that became empty."""
    folders = {parent for name in names for parent in _above(name)}
    for folder in sorted(folders, key=len, reverse=True):
        path = directory / folder
        if path.is_dir() and not path.is_symlink() and not any(path.iterdir()):
            path.rmdir()


def remove_tree(folder: Path) -> None:
    """Remove a folder of ours with all that is in it; links in it are removed, not followed."""
    if folder.is_symlink():
        folder.unlink()
    else:
        shutil.rmtree(folder, ignore_errors=True)
