"""What every benchmark puts out: a table, and on request its rows as JSON and as Markdown."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table


def parser(description: str | None) -> argparse.ArgumentParser:
    """A parser with the options that all benchmarks have."""
    found = argparse.ArgumentParser(description=(description or "").partition("\n")[0])
    found.add_argument("--json", type=Path, metavar="FILE", help="rows with plain field names")
    found.add_argument(
        "--markdown", type=Path, metavar="FILE", help="the table as documents show it"
    )
    return found


def table(titles: Sequence[str], rows: Sequence[Sequence[str]], left: int = 2) -> Table:
    """Rows for the terminal; the first `left` columns hold words, the others numbers."""
    view = Table(box=None, pad_edge=False, header_style="bold")
    for index, title in enumerate(titles):
        view.add_column(title, justify="left" if index < left else "right")
    for row in rows:
        view.add_row(*row)
    return view


def show(titles: Sequence[str], rows: Sequence[Sequence[str]], left: int = 2) -> None:
    """Print a table, as wide as it needs to be."""
    Console(width=180, highlight=False).print(table(titles, rows, left))


def markdown(titles: Sequence[str], rows: Sequence[Sequence[str]], left: int = 2) -> str:
    """The same rows as a table of a document."""
    rule = "|" + "---|" * left + "---:|" * (len(titles) - left) + "\n"
    head, *lines = ("| " + " | ".join(line) + " |\n" for line in (titles, *rows))
    return head + rule + "".join(lines)


def write(options: argparse.Namespace, rows: Sequence[dict[str, Any]], text: str) -> None:
    """Write what `--json` and `--markdown` ask for."""
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    if options.markdown:
        options.markdown.write_text(text, encoding="utf-8")


def number(value: Any) -> str:
    """A value of a row as text: grouped digits, two decimals, a dash for none."""
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:,.2f}" if value < 1000 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
