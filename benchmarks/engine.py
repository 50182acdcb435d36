"""How much sooner work is done by two processors than by one, through the engine.

    python benchmarks/engine.py [--only WORK ...] [--jobs N] [--times N] [--json FILE]
                                [--markdown FILE]

Each piece of work is done with one job and with N, by default as many as there are processors, with
nothing in the cache but programs: `verify` compares many frames of a network at levels reference
and rtl, in a simulator that is compiled before; `seeds` places a network for a board with seeds
none of which reaches the clock, so that the best of all is looked for; `calibration` synthesizes
circuits of one kernel alone. `same` is yes where both find the same: integers and cycles, the
routed design byte for byte, the counts of cells. Seconds are those of the fastest of `--times`
runs, as whatever else the computer does only makes them longer.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console

import hwcompile
from benchmarks.output import markdown, number, parser, show, write
from benchmarks.resource_runs import Alone, measured
from benchmarks.resource_sites import subjects
from benchmarks.workloads import ROOT
from hwcompile.boards import load_board
from hwcompile.emit.alone import circuit_of
from hwcompile.processes import Jobs
from hwcompile.toolchains.board_top import led_count
from hwcompile.toolchains.build import EAGER_MHZ
from hwcompile.toolchains.place_and_route import LOG, place_and_route

NETWORK = ROOT / "examples/digits/digits_cnn_w3a3.onnx"
SMALL = ROOT / "examples/digits/digits_mlp_w1a1.onnx"
BOARD = "icebreaker"
FRAMES = 1200
SEEDS = 2
KERNEL = "threshold"
CIRCUITS = 8

TITLES = ("work", "jobs", "seconds", "speedup", "same")
TABLES = {"": TITLES}


@dataclass(frozen=True)
class Timed:
    """A piece of work that was done: how long it took, and what it found."""

    seconds: float
    found: Any


def verify(folder: Path) -> Callable[[], Any]:
    """Compare frames of a network."""
    design = hwcompile.compile(NETWORK, folder / "design")

    def work() -> Any:
        outcome = design.verify(frames=FRAMES)
        assert outcome.passed
        return outcome.lines(), outcome.cycles

    work()  # compiles the simulator for so many cycles
    return work


def seeds(folder: Path) -> Callable[[], Any]:
    """Try seeds of place and route."""
    board = load_board(BOARD)
    design = hwcompile.compile(SMALL, folder / "design", target_cycles=4000)
    built = design.build(BOARD, seeds=1)

    def work() -> Any:
        made = place_and_route(
            board,
            led_count(board),
            built.folder,
            clock_mhz=EAGER_MHZ,
            seeds=SEEDS,
            progress=lambda _: None,
            at_once=True,
        )
        files = {path.name: path.read_bytes() for path in built.folder.glob("routed.*")}
        assert (built.folder / LOG).is_file()
        return made, files

    return work


def calibration(folder: Path) -> Callable[[], Any]:
    """Synthesize circuits."""
    board = load_board(BOARD)
    some = [subject for subject in subjects() if KERNEL in subject.name][:CIRCUITS]
    circuits = [Alone(circuit_of(subject.built), board) for subject in some]
    number_of_runs = iter(range(1000))

    def work() -> Any:
        cache = folder / str(next(number_of_runs))
        return measured(circuits, cache, "synthesis", Console(stderr=True))

    return work


WORKS = {"verify": verify, "seeds": seeds, "calibration": calibration}


def timed(work: Callable[[], Any], jobs: int) -> Timed:
    """Do a piece of work with so many jobs, and with nothing kept of former results."""
    Jobs.most = jobs
    with without_results():
        begun = time.perf_counter()
        found = work()
        return Timed(time.perf_counter() - begun, found)


@contextmanager
def without_results() -> Any:
    """A cache that has the programs of the usual one, and is thrown away."""
    usual = os.environ["HWCOMPILE_CACHE"]
    with TemporaryDirectory() as name:
        for kind in Path(usual).iterdir():
            if kind.name != "routed":
                (Path(name) / kind.name).symlink_to(kind)
        os.environ["HWCOMPILE_CACHE"] = name
        try:
            yield
        finally:
            os.environ["HWCOMPILE_CACHE"] = usual


def rows_of(name: str, jobs: int, times: int, folder: Path) -> list[dict[str, Any]]:
    """With one job, and with so many."""
    work = WORKS[name](folder)
    runs = {count: [timed(work, count) for _ in range(times)] for count in (1, jobs)}
    same = all(run.found == runs[1][0].found for each in runs.values() for run in each)
    alone, together = (min(each, key=lambda run: run.seconds) for each in runs.values())
    return [
        {
            "work": name,
            "jobs": count,
            "seconds": round(one.seconds, 2),
            "speedup": round(alone.seconds / one.seconds, 2),
            "same": same,
        }
        for count, one in ((1, alone), (jobs, together))
    ]


def main() -> None:
    """Print the table."""
    known = parser(__doc__)
    known.add_argument("--only", nargs="*", default=[], choices=list(WORKS), metavar="WORK")
    known.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    known.add_argument("--times", type=int, default=3)
    options = known.parse_args()
    rows = []
    with TemporaryDirectory() as cache:
        os.environ["HWCOMPILE_CACHE"] = cache
        for name in options.only or WORKS:
            with TemporaryDirectory() as folder:
                rows += rows_of(name, options.jobs, options.times, Path(folder))
    lines = [
        [
            *(row["work"], number(row["jobs"]), number(row["seconds"]), number(row["speedup"])),
            "yes" if row["same"] else "no",
        ]
        for row in rows
    ]
    show(TITLES, lines, left=1)
    write(options, rows, markdown(TITLES, lines, left=1))


if __name__ == "__main__":
    main()
