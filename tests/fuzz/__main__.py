"""`python -m tests.fuzz`: run the campaign, print its table; exit code 1 when it found a fault."""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.fuzz.budget import Budget
from tests.fuzz.figures import Figures
from tests.fuzz.parts import PARTS, part

LONG = ("networks-rtl", "directories", "kills")
"""Parts that take minutes."""


def arguments() -> argparse.Namespace:
    """What was typed."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="seed of all random numbers")
    parser.add_argument("--minutes", type=float, default=0.0, help="go on for at least so long")
    parser.add_argument("--share", type=float, default=1.0, help="part of the least to do")
    parser.add_argument("--only", default="", help=f"parts, of {', '.join(PARTS)}")
    parser.add_argument("--case", type=int, action="append", default=[], help="run this case only")
    parser.add_argument("--json", type=Path, help="write the rows to this file")
    parser.add_argument("--jobs", type=int, default=2, help="parts that run at the same time")
    parser.add_argument("--failures", type=Path, default=Path("out/fuzz"), help="where cases go")
    parser.add_argument("--inside", action="store_true", help="run one part in this process")
    return parser.parse_args()


def run_inside(name: str, chosen: argparse.Namespace) -> Figures:
    """Run one part here."""
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="hwcompile-fuzz-", ignore_cleanup_errors=True) as work:
        budget = Budget(
            name,
            chosen.seed,
            60 * chosen.minutes,
            chosen.share,
            Path(work),
            chosen.failures.absolute(),
            tuple(chosen.case),
        )
        figures = part(name)(budget)
    figures.seconds = time.monotonic() - start
    return figures


def run_apart(names: Sequence[str], chosen: argparse.Namespace, log: Console) -> list[Figures]:
    """Run every part in a process of its own, so that one that dies takes no other with it."""
    results: dict[str, Figures] = {}
    # The longest first, so that no processor waits for it in the end.
    waiting = sorted(names, key=lambda name: name not in LONG)
    running: dict[str, subprocess.Popen[bytes]] = {}
    folder = Path(tempfile.mkdtemp(prefix="hwcompile-fuzz-rows-"))
    minutes = chosen.minutes * chosen.jobs / len(names)
    try:
        while waiting or running:
            while waiting and len(running) < chosen.jobs:
                name = waiting.pop(0)
                running[name] = subprocess.Popen(_command(name, chosen, minutes, folder))
            time.sleep(0.2)
            for name in [n for n, process in running.items() if process.poll() is not None]:
                results[name] = _collect(name, running.pop(name).returncode, folder, chosen)
                log.print(f"{name}: {results[name].seconds:.0f} s", highlight=False)
    finally:
        for process in running.values():
            process.kill()
        shutil.rmtree(folder, ignore_errors=True)
    return [results[name] for name in names]


def _command(name: str, chosen: argparse.Namespace, minutes: float, folder: Path) -> list[str]:
    words: list[object] = [sys.executable, "-m", "tests.fuzz", "--inside", "--only", name]
    words += ["--seed", chosen.seed, "--minutes", minutes, "--share", chosen.share]
    words += ["--failures", chosen.failures, "--json", folder / f"{name}.json"]
    for case in chosen.case:
        words += ["--case", case]
    return [str(word) for word in words]


def _collect(name: str, code: int, folder: Path, chosen: argparse.Namespace) -> Figures:
    path = folder / f"{name}.json"
    if path.is_file():
        return Figures.from_json(json.loads(path.read_text())[0])
    figures = Figures(name)
    running = chosen.failures / f"{name}.running"
    case = f" in case {running.read_text()}" if running.is_file() else ""
    figures.fault("died", f"the process of '{name}' ended with code {code}{case}")
    return figures


def table(rows: Sequence[Figures]) -> Table:
    """One row per count and per kind of fault."""
    shown = Table("part", "what", "number", "must be", "seconds")
    for row in rows:
        seconds = f"{row.seconds:.0f}"
        for what, count in row.counts.items():
            least = f"at least {row.least[what]:,}" if what in row.least else ""
            shown.add_row(row.part, what, f"{count:,}", least, seconds)
            seconds = ""
        for what, count in row.faults.items():
            style = "bold red" if count else ""
            shown.add_row(row.part, what, f"{count:,}", "0", seconds, style=style)
            seconds = ""
        shown.add_section()
    return shown


def main() -> int:
    """Run what was asked for; 0 when every count that must be zero is."""
    chosen, console = arguments(), Console(width=100)
    names = [n for n in PARTS if not chosen.only or n in chosen.only.split(",")]
    if unknown := set(filter(None, chosen.only.split(","))) - set(PARTS):
        console.print(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
        return 2
    if chosen.inside:
        rows = [run_inside(name, chosen) for name in names]
    else:
        rows = run_apart(names, chosen, console)
        console.print(table(rows))
        for row in rows:
            for case in row.cases:
                console.print(f"{row.part}: {case}", markup=False, highlight=False, soft_wrap=True)
    if chosen.json:
        chosen.json.write_text(json.dumps([row.to_json() for row in rows], indent=2) + "\n")
    whole = chosen.share >= 1 and not chosen.case
    return int(any(not row.good or (whole and row.missing) for row in rows))


if __name__ == "__main__":
    sys.exit(main())
