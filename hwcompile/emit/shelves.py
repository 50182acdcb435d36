"""Where the hand-written sources of the library stand: in `templates/library`, sorted on shelves.

A name exists once, so nobody needs to know on which shelf (see the README there).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from hwcompile.diagnostics import InternalError
from hwcompile.resources import room


@cache
def source_files() -> Mapping[str, Path]:
    """Name to file of every module and package, by name.

    Raises:
        InternalError: If a name stands on two shelves.
    """
    return MappingProxyType(_sources(room("templates") / "library"))


def source_text(name: str) -> str:
    """The text of a module or package, which is its name without suffix."""
    return source_files()[name].read_text()


def _sources(library: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in sorted(library.rglob("*.sv"), key=lambda path: path.stem):
        other = found.setdefault(path.stem, path)
        if other != path:
            raise InternalError(f"{path.stem} is in the library twice: {other} and {path}")
    return found
