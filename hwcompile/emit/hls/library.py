"""The library of headers: `hw/<module>.hpp` for the module `hw_<module>`, and which need which."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from hwcompile.emit.environment import render
from hwcompile.ops.arithmetic import ENCODINGS
from hwcompile.resources import room

FOLDER = "hw"
PRODUCTS = "products.hpp"
"""Printed from the registry of encodings; the other headers are written by hand."""

_INCLUDE = re.compile(r'^#include "(\w+\.hpp)"', re.MULTILINE)


def function_of(module: str) -> str:
    """The name of the function that is the module `hw_<name>`, in the namespace `hw`."""
    return module.removeprefix("hw_")


def header_of(module: str) -> str:
    """The header of a module of the library."""
    return f"{function_of(module)}.hpp"


def has_header(module: str) -> bool:
    """True when C++ has the module."""
    return (_folder() / header_of(module)).is_file()


def headers(names: Iterable[str], labels: Iterable[str]) -> dict[str, str]:
    """File name to text of headers and all that they include, by name.

    Args:
        names: Of headers.
        labels: Encodings that `products.hpp` knows.
    """
    found: dict[str, str] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found[name] = products(labels) if name == PRODUCTS else _hand_written(name)
        waiting += _INCLUDE.findall(found[name])
    return dict(sorted(found.items()))


def products(labels: Iterable[str]) -> str:
    """The header that finds the arithmetic of an encoding by its name."""
    chosen = set(labels)
    used = [kind for kind in ENCODINGS if kind.label in chosen]
    return render("hls/products.hpp.j2", encodings=used, all=ENCODINGS)


@cache
def _hand_written(name: str) -> str:
    return (_folder() / name).read_text()


def _folder() -> Path:
    return room("templates") / "hls" / FOLDER
