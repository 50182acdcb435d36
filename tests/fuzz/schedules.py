"""Damages schedules as people and editors do: the text of `schedule.toml`, and what it says."""

from __future__ import annotations

import json
import re

import numpy as np

from tests.fuzz.damage import damaged_bytes, damaged_text

VALUES = (
    "0", "-1", "1", "2", "3", "7", "1e23", "nan", "-inf", "true", "[]", "{}", "[[[[[[]]]]]]", '""',
    '"abc"', "2026-11-28", "10:11:12", "99999999999999999999999", "4294967296", "2147483647",
    "-2147483649", "1.5", '"1"', "[1, 2]", "{ a = 1 }", "'''long\ntext'''", '"' + "a" * 3000 + '"',
)  # fmt: skip
"""What may stand behind an equals sign."""

NAMES = (
    "x",
    "",
    "nodes",
    "links",
    "kernel",
    "a.b",
    "\u00e4",
    " ",
    "a" * 3000,
    "__proto__",
    "\u202e",
)
"""What may stand for a name."""

ADDED = (
    "kernel = []\n", "depth = 1e23\n", "[nodes]\n", "[links.x]\n", "[other]\na = 1\n",
    "nodes = 1\n", "[[nodes]]\n", "x = " + "[" * 3000 + "]" * 3000 + "\n", "\x00\n",
    "[nodes.x.y.z]\nkernel = 1\n",
    "# a remark\r\n", "\ufeff",
)  # fmt: skip
"""Lines that may be added."""

_VALUE = re.compile(r"(?<== )[^\n]+")
_NAME = re.compile(r'"[^"\n]*"')


def damaged_schedule(text: str, rng: np.random.Generator) -> bytes:
    """A schedule with one to three things wrong, as the bytes of a file."""
    for _ in range(int(rng.integers(1, 4))):
        text = _damaged(text, rng)
    kind = int(rng.integers(8))
    if kind == 0:
        return damaged_bytes(text.encode("utf-8", "replace"), rng)
    if kind == 1:
        return text.replace("\n", "\r\n").encode("utf-8-sig", "replace")
    if kind == 2:
        return text.encode("utf-16", "replace")
    return text.encode("utf-8", "replace")


def _damaged(text: str, rng: np.random.Generator) -> str:
    kind = int(rng.integers(6))
    if kind == 0:
        return damaged_text(text, rng)
    if kind == 1:
        return _exchanged(text, _NAME, json.dumps(_one(NAMES, rng)), rng)
    if kind == 2:
        lines = text.splitlines(keepends=True)
        lines.insert(int(rng.integers(len(lines) + 1)), _one(ADDED, rng))
        return "".join(lines)
    if kind == 3:
        return re.sub(r"(?m)^\[links\.[^\n]*\ndepth = \d+\n", "", text)
    return _exchanged(text, _VALUE, _one(VALUES, rng), rng)


def _exchanged(text: str, what: re.Pattern[str], new: str, rng: np.random.Generator) -> str:
    found = list(what.finditer(text))
    if not found:
        return text
    place = found[int(rng.integers(len(found)))]
    return text[: place.start()] + new + text[place.end() :]


def _one(choices: tuple[str, ...], rng: np.random.Generator) -> str:
    return choices[int(rng.integers(len(choices)))]
