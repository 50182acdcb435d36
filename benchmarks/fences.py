"""Reads the fenced blocks of README.md and of the pages that a reader follows, in order.

    ```              commands, a line each, run in the folder where the page begins
    ```python        a script that goes on where the page's last one ended
    ```text          what the block before prints; `...` stands for anything
    New file `x`:    in front of a block of any language: the file x
    ```toml          any other language: only shown

A line `--8<-- "path"` in a block stands for the file at that path, below the project.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
FOLLOWED = ("tutorials", "how_to")
"""Folders of docs/ whose pages are followed from top to bottom."""

Kind = Literal["commands", "script", "printed", "file", "shown"]

_FENCE = re.compile(
    r"(?:^New file `(?P<path>[^`\n]+)`:\n\n)?"
    r"^```(?P<language>\w*)[^\n]*\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_INCLUDED = re.compile(r'^--8<-- "([^"\n]+)"$', re.MULTILINE)
_KINDS: dict[str, Kind] = {"": "commands", "python": "script", "text": "printed"}


@dataclass(frozen=True)
class Fence:
    """A block of a page; `path` is of a file only."""

    kind: Kind
    text: str
    path: str = ""

    @property
    def lines(self) -> list[str]:
        """Its commands: lines that go on after a backslash are one, comments are none."""
        joined = self.text.replace("\\\n", " ")
        return [line for line in joined.splitlines() if shlex.split(line, comments=True)]


def fences(text: str) -> list[Fence]:
    """The blocks of a page, in order.

    Raises:
        OSError: If a block includes a file that is not there.
    """
    found = []
    for match in _FENCE.finditer(text):
        kind: Kind = "file" if match["path"] else _KINDS.get(match["language"], "shown")
        found.append(Fence(kind, _INCLUDED.sub(_file, match["text"]), match["path"] or ""))
    return found


def _file(match: re.Match[str]) -> str:
    return (ROOT / match[1]).read_text(encoding="utf-8").rstrip("\n")


def followed() -> list[Path]:
    """The pages of docs/ that a reader follows, sorted."""
    return sorted(path for folder in FOLLOWED for path in (DOCS / folder).glob("*.md"))


def differences(printed: str, expected: str) -> list[str]:
    """The lines of a page that a program did not print, in their order.

    Args:
        printed: By the program.
        expected: On the page; `...` as a line stands for lines, inside one for any words. How many
            spaces stand between words does not matter.
    """
    lines = [" ".join(line.split()) for line in printed.splitlines()]
    missing = []
    for line in (" ".join(each.split()) for each in expected.splitlines()):
        if line in ("", "..."):
            continue
        parts = re.split(r" ?\.\.\. ?", line)
        pattern = re.compile(".*".join(map(re.escape, parts)))
        place = next((i for i, each in enumerate(lines) if pattern.fullmatch(each)), None)
        if place is None:
            missing.append(line)
        else:
            lines = lines[place + 1 :]
    return missing
