"""`hwcompile cache`: what compiled simulators and other results take on disk."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from hwcompile.cli.answers import CacheAnswer, KindAnswer, say
from hwcompile.cli.app import answers, app
from hwcompile.cli.voice import Voice
from hwcompile.engine.cache import cache_root
from hwcompile.engine.cache_size import DEFAULT_LIMIT, LIMIT, entries, trim
from hwcompile.limits import parse_size
from hwcompile.report.fitting import FittingTable, TableColumn


@app.command("cache")
def cache_command(
    clear: Annotated[bool, typer.Option("--clear", help="Remove every entry.")] = False,
    limit: Annotated[
        str, typer.Option(help="Remove what was used least recently, down to this size: 500MB.")
    ] = "",
) -> None:
    """Show what the cache holds; clear it, or make it smaller."""
    root = cache_root()
    asked = parse_size(limit) if limit else None
    removed = 0
    if clear:
        removed = trim(root, 0, in_use=0)
    elif asked is not None:
        removed = trim(root, asked, in_use=0)
    kinds: dict[str, list[int]] = {}
    for entry in entries(root):
        kinds.setdefault(entry.kind, []).append(entry.size)
    found = [
        KindAnswer(kind=kind, entries=len(sizes), bytes=sum(sizes))
        for kind, sizes in sorted(kinds.items())
    ]
    answer = CacheAnswer(
        folder=str(root),
        limit=parse_size(os.environ.get(LIMIT, DEFAULT_LIMIT)),
        removed=removed,
        kinds=found,
    )
    say(answer) if Voice.as_json else _print(answer)


def _print(answer: CacheAnswer) -> None:
    total = KindAnswer(
        kind="all",
        entries=sum(kind.entries for kind in answer.kinds),
        bytes=sum(kind.bytes for kind in answer.kinds),
    )
    columns = (
        TableColumn("kind"),
        TableColumn("entries", number=True),
        TableColumn("MB", number=True),
    )
    rows = [(k.kind, f"{k.entries:,}", f"{k.bytes / 1e6:,.1f}") for k in (*answer.kinds, total)]
    answers.print(FittingTable(columns, rows))
    if answer.removed:
        answers.print(f"Removed {answer.removed / 1e6:,.1f} MB.")
    answers.print(
        f"In {answer.folder}; kept below {answer.limit / 1e9:g} GB ({LIMIT} changes that).",
        markup=False,
        soft_wrap=True,
    )
