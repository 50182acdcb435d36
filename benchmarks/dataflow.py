"""Networks as streaming dataflow: interval, latency, lanes, compile time, simulation speed.

    python benchmarks/dataflow.py [--json FILE] [--only NETWORK] [--frames N]

Every row is one network at one folding: `finn` is the folding FINN publishes for it, `own` is
what the compiler chooses for a target. Intervals and latencies are predicted at compile time and
measured in RTL simulation; mismatches are elements that differ from the integer reference.
Networks that are not part of the project are skipped when their folder is absent (see
tests/models.py).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from workloads import Workload, workloads

import hwcompile


@dataclass
class Row:
    """One line of the table; field names are those of the JSON output."""

    network: str
    folding: str
    interval_cycles: int
    interval_cycles_measured: int | None
    latency_cycles: int
    latency_cycles_measured: int | None
    lanes: int
    compile_seconds: float
    frames: int
    mismatches: int
    simulated_cycles_per_second: float


def measure(work: Workload, frames: int) -> Row:
    """Compile one workload, verify it on random frames, and time a simulation."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        design = hwcompile.compile(
            work.model,
            Path(folder) / "build",
            schedule=work.schedule,
            target_cycles=work.target_cycles,
        )
        seconds = time.perf_counter() - started
        outcome = design.verify(frames=frames)
        report = design.report["design"]
        speed = outcome.cycles / outcome.seconds if outcome.cycles and outcome.seconds else 0.0
    return Row(
        network=work.network,
        folding=work.folding,
        interval_cycles=outcome.interval[0],
        interval_cycles_measured=outcome.interval[1],
        latency_cycles=outcome.latency[0],
        latency_cycles_measured=outcome.latency[1],
        lanes=report["lanes"],
        compile_seconds=round(seconds, 2),
        frames=frames,
        mismatches=sum(level["mismatches"] for level in report["levels"].values()),
        simulated_cycles_per_second=round(speed),
    )


def table(rows: list[Row]) -> Table:
    """The rows for the terminal."""
    view = Table(box=None, pad_edge=False, header_style="bold")
    titles = ("network", "folding", "interval", "measured", "latency", "measured", "lanes")
    for title in (*titles, "compile s", "frames", "mismatches", "cycles/s"):
        view.add_column(title, justify="left" if title in ("network", "folding") else "right")
    for row in rows:
        view.add_row(*(_text(value) for value in asdict(row).values()))
    return view


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.2f}" if value < 1000 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--only")
    parser.add_argument("--frames", type=int, default=4)
    options = parser.parse_args()
    console = Console(width=160, highlight=False)
    rows = []
    for work in workloads(console.print):
        if options.only in (None, work.network):
            console.print(f"{work.network} ({work.folding}) ...", style="dim")
            rows.append(measure(work, options.frames))
    console.print(table(rows))
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n")
    return 1 if any(row.mismatches for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
