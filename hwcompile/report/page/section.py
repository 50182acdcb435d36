"""What a section of the page consists of: a heading, a sentence, a picture, its key and table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Spec = dict[str, Any]
"""A picture as a specification for Vega or Vega-Lite."""

_NUMBER = re.compile(r"[\d,.%+−-]*|inf")  # noqa: RUF001

_COMMAND = "hwcompile "
_PIECES = re.compile(r"[^_./:]*[_./:]+|[^_./:]+")
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_LONG = 12


def pieces_of(name: str) -> list[str]:
    """A name in pieces, after each of which it may go on in the next line.

    They end with _ . / or :, and long ones also before a capital.
    """
    pieces = _PIECES.findall(name)
    return [part for one in pieces for part in (_WORDS.split(one) if len(one) > _LONG else [one])]


@dataclass(frozen=True)
class Table:
    """What a picture shows, in words and numbers.

    Attributes:
        title: Of the fold that it is in.
        heads: Column titles.
        rows: Texts; the first of a row says what the row is about.
    """

    title: str
    heads: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]

    @property
    def kinds(self) -> tuple[str, ...]:
        """For each column, whether it holds numbers ("n"), commands ("c") or words ("w")."""
        columns = zip(*self.rows, strict=True) if self.rows else ((),) * len(self.heads)
        return tuple(map(_kind, columns))


def _kind(column: Sequence[str]) -> str:
    if all(map(_NUMBER.fullmatch, column)):
        return "n"
    return "c" if all(cell.startswith(_COMMAND) for cell in column if cell) else "w"


@dataclass(frozen=True)
class KeyEntry:
    """What a mark of a picture stands for, where the picture has no room to say it.

    Attributes:
        number: That the picture shows in the mark's place.
        name: What it stands for.
        figures: Its values.
    """

    number: int
    name: str
    figures: str


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Attributes:
        id: Of the picture's element.
        title: The heading.
        said: What there is to see.
        chart: Its specification; None where there is nothing to draw.
        table: The same in words.
        key: What marks stand for; the page hides entries of marks that have room for their name.
    """

    id: str
    title: str
    said: str
    chart: Spec | None
    table: Table | None
    key: Sequence[KeyEntry] = ()
