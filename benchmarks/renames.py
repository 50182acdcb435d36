"""Instances of an earlier version of the library, under the names that it has now.

A file of renames is TOML with a table for every module, under the name that it had. In a table
`module` is its name now, `gone` lists parameters that are no longer there, and every other line
gives a parameter of now as an expression of those before, in Jinja's language. A list gives a
parameter for every entry, numbered from zero; `none` gives none; `pack(bits, list)` is a
concatenation, the first entry lowest. Parameters that no line names stay as they are.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2.sandbox import SandboxedEnvironment

Values = Mapping[str, str]
"""Parameters of an instance and their values as text."""

_SIZED = re.compile(r"(\d+)'([bh])([0-9a-f]+)")
_DECIMAL = re.compile(r"(-?)\d+'s?d(\d+)")
_LIST = re.compile(r"\{([^{}]+)\}")


def plain(values: Values) -> dict[str, str]:
    """The values in one way of writing them: numbers without a format, lists entry by entry."""
    found: dict[str, str] = {}
    for name, text in values.items():
        parts = _parts(text)
        if parts is None:
            found[name] = _literal(text)
        elif all(_SIZED.fullmatch(part) for part in parts):
            found[name] = _concatenated(parts)
        else:
            found |= {f"{name}{i}": _literal(part) for i, part in enumerate(reversed(parts))}
    return found


def _parts(text: str) -> list[str] | None:
    inside = _LIST.fullmatch(text)
    return [part.strip() for part in inside.group(1).split(",")] if inside else None


def _literal(text: str) -> str:
    decimal, sized = _DECIMAL.fullmatch(text), _SIZED.fullmatch(text)
    if decimal:
        return "".join(decimal.groups())
    return _hexadecimal(*_sized(text)) if sized else text


def _sized(text: str) -> tuple[int, int]:
    bits, base, digits = re.split("'([bh])", text)
    return int(bits), int(digits, 2 if base == "b" else 16)


def _hexadecimal(bits: int, number: int) -> str:
    return str(number) if bits == 1 else f"{bits}'h{number:x}"


def _concatenated(parts: Sequence[str]) -> str:
    """A concatenation of sized numbers, the first one highest, as one number."""
    bits, number = 0, 0
    for width, value in map(_sized, parts):
        bits, number = bits + width, number << width | value
    return _hexadecimal(bits, number)


def _pack(bits: int, numbers: Sequence[int]) -> str:
    return _concatenated([f"{bits}'h{number:x}" for number in reversed(numbers)])


@dataclass(frozen=True)
class Module:
    """What became of one module.

    Attributes:
        name: Its name now.
        gone: Parameters that are no longer there.
        lines: Parameters of now, as expressions.
    """

    name: str
    gone: frozenset[str]
    lines: Mapping[str, str]


class Renames:
    """What became of the modules that are called something else, or have other parameters."""

    def __init__(self, modules: Mapping[str, Module]) -> None:
        """Modules by the name that they had."""
        self._language = SandboxedEnvironment()
        self._language.globals["pack"] = _pack
        self._modules = modules

    @classmethod
    def of(cls, path: Path) -> Renames:
        """The renames of a file."""
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        return cls({old: _module(old, table) for old, table in tables.items()})

    def now(self, module: str, values: Values) -> tuple[str, dict[str, str]]:
        """An instance of before, its values plain, as the same instance is written now."""
        table = self._modules.get(module)
        if table is None:
            return module, dict(values)
        known = {k: int(v) if re.fullmatch(r"-?\d+", v) else v for k, v in values.items()}
        found = {k: v for k, v in values.items() if k not in {*table.gone, *table.lines}}
        for name, expression in table.lines.items():
            found |= _spread(name, self._language.compile_expression(expression)(**known))
        return table.name, found


def _module(old: str, table: Mapping[str, Any]) -> Module:
    lines = {k: str(v) for k, v in table.items() if k not in ("module", "gone")}
    return Module(table.get("module", old), frozenset(table.get("gone", ())), lines)


def _spread(name: str, value: object) -> dict[str, str]:
    if isinstance(value, list):
        return {f"{name}{index}": str(entry) for index, entry in enumerate(value)}
    return {} if value is None else {name: str(value)}
