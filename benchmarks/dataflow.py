"""Networks as streaming dataflow: interval, latency, lanes, compile time, simulation speed.

    python benchmarks/dataflow.py [--only NETWORK] [--frames N] [--json FILE] [--markdown FILE]

Every row is one network at one folding: `finn` is the folding FINN publishes for it, `own` is
what the compiler chooses for a target. Intervals and latencies are predicted at compile time and
measured in RTL simulation, on 200 random frames of small networks and fewer of large ones;
mismatches are elements that differ from the integer reference. Documents show one column for both,
because any difference ends the benchmark with exit code 1.
Networks that are not part of the project are skipped when their folder is absent (see
tests/models.py).
"""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console

import hwcompile
from benchmarks.output import markdown, number, parser, show, write
from benchmarks.workloads import Workload, workloads


@dataclass
class Row:
    """One line of the table; field names are those of the JSON output."""

    network: str
    folding: str
    interval_cycles: int
    interval_cycles_measured: int | None
    latency_cycles: int | None
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
            fastest=work.fastest,
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


TITLES = (
    *("network", "folding", "interval", "measured", "latency", "measured", "lanes"),
    *("compile s", "frames", "mismatches", "cycles/s"),
)
TABLES = {"": ("network", "folding", "interval", "latency", "lanes", "frames", "mismatches")}


def line(row: Row) -> list[str]:
    """A row as documents show it."""
    values = (row.interval_cycles, row.latency_cycles, row.lanes, row.frames, row.mismatches)
    return [f"`{row.network}`", row.folding, *map(number, values)]


def surprising(row: Row) -> bool:
    """Whether anything differs from the reference or from what was predicted."""
    predicted = (row.interval_cycles, row.latency_cycles)
    measured = (row.interval_cycles_measured, row.latency_cycles_measured)
    return bool(row.mismatches) or predicted != measured


def main() -> int:
    options_of = parser(__doc__)
    options_of.add_argument("--only")
    options_of.add_argument("--frames", type=int, help="for all networks")
    options = options_of.parse_args()
    console = Console(width=160, highlight=False)
    rows = []
    for work in workloads(console.print):
        if options.only in (None, work.network):
            console.print(f"{work.network} ({work.folding}) ...", style="dim")
            rows.append(measure(work, options.frames or work.frames))
    show(TITLES, [[number(value) for value in asdict(row).values()] for row in rows])
    write(options, [asdict(row) for row in rows], markdown(TABLES[""], [*map(line, rows)]))
    return 1 if any(surprising(row) for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
