"""The library of modules: texts, and which modules need which.

Most of it is hand-written (`shelves.py`). Two sources say which encodings there are, and so
are printed: the package with their names, and the module that chooses among `hw_products_*`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

from hwcompile.emit.environment import render
from hwcompile.emit.shelves import source_files, source_text
from hwcompile.ops.arithmetic import ENCODINGS
from hwcompile.ops.arithmetic.encoding import PACKAGE

_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_NAME = re.compile(r"\bhw_\w+\b")

_PRINTED = {f"{PACKAGE}_pkg": "encoding_pkg", "hw_products": "products"}
"""Source to its template in `templates/top`."""

USUAL = "Multiply"
"""The encoding of modules whose parameters nobody sets; it is always there.

Yosys elaborates every module with its own parameters, too, when it is used with others.
"""

LABELS = tuple(kind.label for kind in ENCODINGS)
"""All encodings, as the library calls them."""


def library_names() -> tuple[str, ...]:
    """Names of all modules and packages of the library."""
    return (*source_files(), *_PRINTED)


def module_text(name: str, labels: Sequence[str] = LABELS) -> str:
    """Source of the library's module or package `name`.

    Args:
        name: Without suffix.
        labels: The encodings that `hw_products` chooses among.
    """
    if name not in _PRINTED:
        return source_text(name)
    chosen = [kind for kind in ENCODINGS if kind.label in (*labels, USUAL)]
    return render(f"top/{_PRINTED[name]}.sv.j2", encodings=chosen, all=ENCODINGS)


def with_dependencies(names: Iterable[str], labels: Sequence[str] = LABELS) -> tuple[str, ...]:
    """The sources and all that they name, directly or not: packages first, then by name."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _named(name, tuple(labels))
    return tuple(sorted(found, key=lambda name: (not name.endswith("_pkg"), name)))


def library_files(names: Iterable[str], labels: Sequence[str] = LABELS) -> dict[str, str]:
    """File name to text of the sources and all that they name, in the order of compilation."""
    return {f"{n}.sv": module_text(n, labels) for n in with_dependencies(names, labels)}


@cache
def _named(name: str, labels: tuple[str, ...]) -> tuple[str, ...]:
    words = set(_NAME.findall(_COMMENT.sub("", module_text(name, labels)))) - {name}
    return tuple(sorted(word for word in words if word in _PRINTED or word in source_files()))
