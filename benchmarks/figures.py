"""Rewrites the tables of README.md and docs/ from the benchmarks that their markers name.

    python benchmarks/figures.py [--check] [--only TEXT] [--without TEXT ...]

A table stands between two comments, the first of which names the command that makes it:

    <!-- figures: python benchmarks/digits.py -->
    | network | ... |
    <!-- /figures -->

The command is run with `--markdown FILE`, and what it writes replaces the table. With --check
nothing is written: the lines that drifted are printed, and the exit code is 1 if there are any.
Columns in `WALL_CLOCK` are times, which no two runs share; they do not count as drift. `--only` and
`--without` choose the commands that have a text in them (`boards.py` takes hours).
"""

from __future__ import annotations

import argparse
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

WALL_CLOCK = (
    *("minutes", "C++ frames/s", "RTL frames/s"),
    *("s", "hls4ml s", "C++/s", "hls4ml C++/s"),
    *("CPU s", "MB"),
    *("seconds", "speedup"),
    *("import s", "help s", "help CPU s", "first compile s", "first verify s"),
)

FEWER = """left as it was, because rows would be lost: networks that are not part of the project are
skipped when their folder is absent; name it with HWCOMPILE_MODELS, or delete the rows by hand"""

_BLOCK = re.compile(r"<!-- figures: (?P<command>[^>]*?) -->\n(?P<text>.*?)<!-- /figures -->", re.S)
_ANY = re.compile(r"<!-- /?figures")


@dataclass(frozen=True)
class Block:
    """A table of a document.

    Attributes:
        path: The document.
        command: What makes the table, as a reader types it.
        text: The lines between the markers.
    """

    path: Path
    command: str
    text: str


def documents(root: Path) -> list[Path]:
    """The documents that may hold tables; pages that others are made from come first."""
    last = root / "docs" / "comparison.md"
    pages = [path for path in sorted((root / "docs").rglob("*.md")) if path != last]
    return [*pages, root / "README.md", *([last] if last.is_file() else [])]


def blocks(path: Path) -> list[Block]:
    """The tables of a document, in order.

    Raises:
        ValueError: If a marker has no partner.
    """
    text = path.read_text(encoding="utf-8")
    found = [Block(path, m["command"], m["text"]) for m in _BLOCK.finditer(text)]
    if len(_ANY.findall(text)) != 2 * len(found):
        raise ValueError(f"{path}: a marker of figures has no partner")
    return found


def titles(text: str) -> tuple[str, ...]:
    """The column titles of a table."""
    return tuple(cells(text.partition("\n")[0]))


def cells(line: str) -> list[str]:
    """The cells of a table's line."""
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def comparable(text: str) -> list[str]:
    """The lines of a table, without times and without the rule under its titles."""
    columns: list[int] = []
    found = []
    for line in text.splitlines():
        parts = cells(line)
        if line.startswith("|") and not columns:
            columns = [i for i, title in enumerate(parts) if title not in WALL_CLOCK]
        kept = [parts[i] for i in columns if i < len(parts)] if line.startswith("|") else [line]
        found.append(" | ".join(kept))
    return found


def make(root: Path, command: str) -> str:
    """Run a command; what it writes with --markdown.

    Raises:
        RuntimeError: If it fails, with what it printed.
    """
    program, *arguments = shlex.split(command)
    if program != "python":
        raise ValueError(f"'{command}' does not begin with python")
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "table.md"
        done = subprocess.run(
            [sys.executable, *arguments, "--markdown", str(target)],
            cwd=root,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode or not target.is_file():
            raise RuntimeError(
                f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
            )
        return target.read_text(encoding="utf-8")


def drift(block: Block, fresh: str) -> Iterator[str]:
    """What is in one of two tables only, as lines with - (the document) and + (the command)."""
    old, new = comparable(block.text), comparable(fresh)
    yield from (f"- {line}" for line in old if line not in new)
    yield from (f"+ {line}" for line in new if line not in old)
    if sorted(old) == sorted(new) and old != new:
        yield "the lines are in another order"


def rewrite(block: Block, fresh: str) -> None:
    """Put a fresh table into the document."""
    text = block.path.read_text(encoding="utf-8")
    start = f"<!-- figures: {block.command} -->\n"
    block.path.write_text(text.replace(start + block.text, start + fresh, 1), encoding="utf-8")


def main() -> int:
    """Run every command once, and rewrite or compare the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="change nothing, print what drifted")
    parser.add_argument("--only", default="")
    parser.add_argument("--without", nargs="+", action="extend", default=[])
    options = parser.parse_args()
    root = Path(sys.argv[0]).resolve().parents[1]
    drifted, fewer = 0, False
    for path in documents(root):
        for block in blocks(path):
            left_out = any(text in block.command for text in options.without)
            if options.only not in block.command or left_out:
                continue
            print(f"{path.name}: {block.command} ...", flush=True)
            fresh = make(root, block.command)
            lines = list(drift(block, fresh))
            print("\n".join(lines) or "unchanged", flush=True)
            drifted += bool(lines)
            if len(fresh.splitlines()) < len(block.text.splitlines()):
                fewer = True
                print(FEWER)
            elif not options.check and lines:
                rewrite(block, fresh)
    return 1 if drifted and (options.check or fewer) else 0


if __name__ == "__main__":
    sys.exit(main())
