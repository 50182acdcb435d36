"""The cache of simulators damaged in many ways: the run is right, or is refused in words."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import hwcompile
from tests.cli.small import save
from tests.fuzz.attempts import attempt
from tests.fuzz.budget import Budget
from tests.fuzz.figures import Figures

FAULTS = ("tracebacks", "hangs", "wrong runs")
Harm = Callable[[Path], object]


def _program(cache: Path) -> Path:
    """The simulator that the cache holds."""
    found = [p for p in cache.rglob("*") if p.is_file() and p.stat().st_mode & 0o100]
    return max(found, key=lambda p: p.stat().st_size)


def _folder_instead(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _emptied(folder: Path) -> None:
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _root_is_a_file(cache: Path) -> None:
    shutil.rmtree(cache)
    cache.write_text("not a folder")


HARMS: dict[str, Harm] = {
    "truncated": lambda cache: os.truncate(_program(cache), 1000),
    "empty": lambda cache: os.truncate(_program(cache), 0),
    "deleted": lambda cache: _program(cache).unlink(),
    "not executable": lambda cache: _program(cache).chmod(0o600),
    "a folder instead": lambda cache: _folder_instead(_program(cache)),
    "another file": lambda cache: _program(cache).write_text("#!/bin/sh\nexit 0\n"),
    "emptied folder": lambda cache: _emptied(_program(cache).parent),
    "root is a file": _root_is_a_file,
    "root is gone": lambda cache: shutil.rmtree(cache),
}
"""What happens to a cache that was good."""


def _verified(design: hwcompile.Design) -> None:
    outcome = design.verify(frames=2)
    if not outcome.passed:
        raise AssertionError("; ".join(outcome.lines()))


def run(budget: Budget) -> Figures:
    """Every harm once, to a cache of the campaign's own."""
    figures = Figures(budget.part, least={"damaged caches": budget.scaled(6)})
    figures.faults.update(dict.fromkeys(FAULTS, 0))
    root = budget.folder / "a cache"
    design = hwcompile.compile(save(budget.folder), budget.folder / "out", target_cycles=50)
    before = os.environ.get("HWCOMPILE_CACHE")
    os.environ["HWCOMPILE_CACHE"] = str(root)
    try:
        for case in budget.cases(len(HARMS)):
            if case >= len(HARMS):
                break
            name, harm = list(HARMS.items())[case]
            _restored(root, design)
            harm(root)
            tried = attempt(lambda: _verified(design), seconds=120)
            figures.counts["damaged caches"] += 1
            figures.counts["replaced" if tried.kind == "right" else "refused"] += not tried.bad
            if tried.bad:
                kind = "wrong runs" if tried.text.startswith("Assertion") else tried.kind
                figures.fault(kind, f"{name}: {tried.text}; {budget.again(case)}")
    finally:
        if before is None:
            del os.environ["HWCOMPILE_CACHE"]
        else:
            os.environ["HWCOMPILE_CACHE"] = before
    return figures


def _restored(root: Path, design: hwcompile.Design) -> None:
    """A good cache at `root`, copied from one beside it that is filled once."""
    good = root.with_name("a good cache")
    if not good.is_dir():
        _verified(design)
        root.rename(good)
    if root.is_dir():
        shutil.rmtree(root)
    root.unlink(missing_ok=True)
    shutil.copytree(good, root)
