"""Reads the pages `docs/how_to_add/*.md`: which files they make, and what they change in others.

A page is text for people with three kinds of code blocks, each announced by the line before it:

    New file `path`:           the whole file follows
    Change in `path`:          a diff follows; its context stands exactly once in the file
    Run:                       a command line follows, run where the project is
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "how_to_add"

_BLOCK = re.compile(
    r"^(?P<kind>New file|Change in|Run)(?: `(?P<path>[^`]+)`)?:\n\n"
    r"```(?P<language>\w+)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_FENCES = re.compile(r"^```\w", re.MULTILINE)


class PageError(Exception):
    """A page that can not be followed."""


@dataclass(frozen=True)
class Step:
    """One announced block: `path` is empty for a command."""

    kind: Literal["New file", "Change in", "Run"]
    path: str
    text: str

    def follow(self, root: Path) -> None:
        """Make or change the file in the project at `root`."""
        target = root / self.path
        if self.kind == "New file":
            if target.exists():
                raise PageError(f"'{self.path}' is there already")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(self.text, encoding="utf-8")
        elif self.kind == "Change in":
            target.write_text(self._changed(target.read_text(encoding="utf-8")), encoding="utf-8")

    def _changed(self, text: str) -> str:
        for hunk in re.split(r"^@@.*\n", self.text, flags=re.MULTILINE):
            if not hunk.strip():
                continue
            lines = [line or " " for line in hunk.splitlines()]
            if any(line[0] not in "+- " for line in lines):
                raise PageError(f"the change in '{self.path}' is no diff")
            before = "".join(line[1:] + "\n" for line in lines if line[0] != "+")
            after = "".join(line[1:] + "\n" for line in lines if line[0] != "-")
            found = f"\n{text}".count(f"\n{before}")
            if found != 1:
                raise PageError(f"the context stands {found} times in '{self.path}':\n{before}")
            text = f"\n{text}".replace(f"\n{before}", f"\n{after}")[1:]
        return text


@dataclass(frozen=True)
class Page:
    """A page with its steps in order."""

    name: str
    steps: tuple[Step, ...]

    @property
    def files(self) -> tuple[str, ...]:
        """Files of the compiler that are new or changed, without tests and documents, sorted."""
        return tuple(p for p in self._paths if not p.startswith(("tests/", "docs/")))

    @property
    def tests(self) -> tuple[str, ...]:
        """New or changed tests, sorted."""
        return tuple(p for p in self._paths if p.startswith("tests/"))

    @property
    def commands(self) -> tuple[tuple[str, ...], ...]:
        """Command lines to run in the end."""
        return tuple(
            tuple(shlex.split(line))
            for step in self.steps
            if step.kind == "Run"
            for line in step.text.splitlines()
        )

    @property
    def _paths(self) -> list[str]:
        return sorted({step.path for step in self.steps if step.kind != "Run"})

    def follow(self, root: Path) -> None:
        """Do in the project at `root` what the page says, except running commands."""
        for step in self.steps:
            if step.kind != "Run":
                step.follow(root)


def read_page(name: str) -> Page:
    """The page `name`, without suffix.

    Raises:
        PageError: For a code block that nothing announces.
    """
    text = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    steps = tuple(
        Step(match["kind"], match["path"] or "", match["text"])  # type: ignore[arg-type]
        for match in _BLOCK.finditer(text)
    )
    fences = len(_FENCES.findall(text))
    if fences != len(steps):
        raise PageError(f"'{name}' has {fences} code blocks and announces {len(steps)}")
    return Page(name, steps)


def page_names() -> tuple[str, ...]:
    """All pages, sorted."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.md") if path.stem != "README"))
