"""The hand-written library in `templates/library`: texts, and which modules need which."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from hwcompile.resources import room

_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_MODULE = re.compile(r"\bhw_\w+\b")


@cache
def module_text(name: str) -> str:
    """Source of the library module `name`."""
    return (room("templates") / "library" / f"{name}.sv").read_text()


def with_dependencies(names: Iterable[str]) -> tuple[str, ...]:
    """The modules and everything they instantiate, directly or not, sorted."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _instantiated(name)
    return tuple(sorted(found))


@cache
def _instantiated(name: str) -> tuple[str, ...]:
    words = set(_MODULE.findall(_COMMENT.sub("", module_text(name)))) - {name}
    library = room("templates") / "library"
    return tuple(sorted(word for word in words if (library / f"{word}.sv").is_file()))
