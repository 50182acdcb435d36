"""Number formats in a file: a table for each recurrent node of a model.

    [default]              # for every node
    wx = [12]              # bits; the fraction follows from the weights
    c = [16, 11]           # bits, and how many of them are behind the point
    sigma = [2048, 16]     # samples of the table, and its reach

    [encoder_lstm]         # what one node has of its own, by its name in the model
    peepholes = [[12, 11], [12, 11], [12, 10]]

Signals and tables have the names of `Formats`. The input's format is that of the quantizer in front
of the node.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from hwcompile.diagnostics import CompileError, fail
from hwcompile.rnn.formats import Format, Formats, Table

Description = Mapping[str, Mapping[str, Any]]
"""Node name, or `default`, to signal to numbers."""

DEFAULT = "default"
SIGNALS = ("c", "m", "wx", "wr", "bias", "gate")
TABLES = ("sigma", "tanh")
MOST_BITS, MOST_FRACTION = 24, 40


def read_description(source: Path | Mapping[str, Any] | None) -> Description:
    """The description of a file, or the same as nested mappings.

    Raises:
        CompileError: HW0246 when it cannot be read.
    """
    if source is None:
        return {}
    data = source if isinstance(source, Mapping) else _file(source)
    for name, table in data.items():
        if not isinstance(table, Mapping):
            raise _wrong(f"'{name}' stands outside of every table", "[default]")
    return data


def _file(path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise _wrong(f"'{path}' cannot be read: {error}", "a TOML file") from error


def described(base: Formats, description: Description, node: str) -> Formats:
    """`base` with what a description says about all nodes, and about the node itself.

    Raises:
        CompileError: HW0246 for names and numbers that have no meaning.
    """
    formats = base
    for key in (DEFAULT, node):
        entries = {name: _parsed(name, v) for name, v in description.get(key, {}).items()}
        formats = replace(formats, **entries)
    return formats


def _parsed(name: str, value: Any) -> Any:
    if name in SIGNALS:
        return Format(*_numbers(name, value, (1, 2)))
    if name in TABLES:
        return Table(*_numbers(name, value, (2,)))
    if name == "peepholes":
        if not isinstance(value, list | tuple) or len(value) != 3:
            raise _wrong("the peepholes have three formats", "[[12, 11], [12, 11], [12, 10]]")
        return tuple(Format(*_numbers(name, part, (1, 2))) for part in value)
    known = ", ".join((*SIGNALS, "peepholes", *TABLES))
    raise _wrong(f"there is no signal '{name}'", known)


def _numbers(name: str, value: Any, counts: tuple[int, ...]) -> tuple[int, ...]:
    fits = isinstance(value, list | tuple) and len(value) in counts
    if not fits or not all(isinstance(n, int) and not isinstance(n, bool) for n in value):
        example = "sigma = [2048, 16]" if name in TABLES else "c = [16, 11]"
        raise _wrong(f"'{name}' is {value!r} instead of integers in brackets", example)
    bits, *fraction = value
    if name not in TABLES and not (2 <= bits <= MOST_BITS and abs(sum(fraction)) <= MOST_FRACTION):
        limits = f"2 to {MOST_BITS} bits, at most {MOST_FRACTION} of them behind the point"
        raise _wrong(f"'{name}' has the format {list(value)}", limits)
    return tuple(value)


def must_name_nodes(description: Description, nodes: frozenset[str]) -> None:
    """Refuse tables of nodes that a model does not have (HW0246)."""
    unknown = [name for name in description if name != DEFAULT and name not in nodes]
    if unknown:
        listed = ", ".join(sorted(nodes)) or "no description, as the model has no recurrent node"
        raise _wrong(f"no recurrent node is called '{unknown[0]}'", listed)


def _wrong(what: str, fix: str) -> CompileError:
    return fail("HW0246", f"the description of number formats is wrong: {what}", fix=fix)
