"""Runs of tools that calibrations are made from: through the engine, each once, kept for good."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from rich.console import Console
from rich.progress import Progress

from hwcompile.engine.work import FolderStore, Job, ProgramThreads, Work, WorkEngine


class Kept(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a run brings.

    Attributes:
        problem: What the tool said when it failed; such a run is not kept.
    """

    problem: str = ""


R = TypeVar("R", bound=Kept)


def key_of(everything: Any) -> str:
    """Of all that goes into a run, as JSON."""
    return hashlib.sha256(json.dumps(everything).encode()).hexdigest()[:24]


def done(
    perform: Callable[[Any], R],
    result: type[R],
    works: Sequence[Work],
    cache: Path,
    title: str,
    console: Console | None = None,
) -> list[R]:
    """Results of runs in their order, as many of them at once as there are processors.

    Args:
        perform: Does one; it waits for programs.
        result: The type of results.
        works: Runs, with keys of all that goes in.
        cache: The folder in which results are kept.
        title: Of the progress that is shown.
        console: Where.
    """

    def performed(_: bytes, task: Any) -> R:
        return perform(task)

    job = Job(_same, ("runs", b""), performed, result, lasting=_good)
    with Progress(console=console, transient=True) as bar:
        shown = bar.add_task(title, total=len(works))
        engine = WorkEngine(ProgramThreads(), FolderStore(cache), step=lambda: bar.advance(shown))
        return engine.run(job, works)


def _same(data: bytes) -> bytes:
    return data


def _good(result: Kept) -> bool:
    return not result.problem
