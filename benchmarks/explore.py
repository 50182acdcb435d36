"""The designs of whole networks on a board: how many there are, how soon, and against the planner.

    python benchmarks/explore.py [--only NETWORK ...] [--json FILE] [--markdown FILE]

Each network is explored with an empty cache and as many processes as there are processors, those
included that have to be started; `CPU s` is what all of them take together. Then every design of
the front is planned again by the compiler from the model's file and the design's schedule;
`re_planned_differs` counts those with other cycles or other cells. The planner's own choice for the
same board, the fastest folding that fits, is compared with the front at the board's clock: `faster`
is how many times more frames per second the fastest design has that takes no more of anything;
`smaller` the share of the planner's logic cells that the smallest design takes which is as fast and
takes no more blocks. 1 means that the front has the planner's design itself, or one just as good; a
dash that it has none.
"""

from __future__ import annotations

import os
import sys
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.output import markdown, number, parser, show, write
from benchmarks.workloads import ROOT
from hwcompile.boards import Board, load_board
from hwcompile.compiler import lowered_ways, planned_network
from hwcompile.engine.cluster import engine
from hwcompile.explore.network.explore import Effort, default_clocks, explore_network
from hwcompile.explore.network.points import Point
from hwcompile.frontends.load import ImportedModel, load_model
from hwcompile.options import CompileOptions
from hwcompile.report.fit import fit_report

BOARD = "ulx3s_85"
KINDS = ("lut", "bram", "dsp")

MODELS = os.environ.get("HWCOMPILE_MODELS")
NETWORKS = {
    "digits_cnn_w3a3": ROOT / "examples/digits/digits_cnn_w3a3.onnx",
    "kws_w3a3": Path(MODELS or ROOT.parent / "shared/models") / "kws_w3a3/kws_w3a3.onnx",
}

HEADS = (
    *("network", "designs tried", "per second", "planned", "front", "seconds", "CPU s", "workers"),
    *("re-planned differs", "planner's interval", "faster", "smaller"),
)
TABLES = {"": HEADS}


def measure(name: str, model: Path) -> dict[str, Any]:
    """A network's row."""
    board = load_board(BOARD)

    def clocks(one: Board | None) -> tuple[float, ...]:
        return default_clocks(one, board.clock.mhz)

    begun, before = time.perf_counter(), used()
    ways = lowered_ways(model, CompileOptions())
    with engine() as does:
        front = explore_network(ways, [board], clocks, Effort(), does)
        workers = does.workers
    seconds, cpu = time.perf_counter() - begun, used() - before
    source = load_model(model)
    differs = sum(not same(source, board, point) for point in front.points)
    return {
        "network": name,
        "board": BOARD,
        "designs_tried": front.designs_tried,
        "designs_per_second": round(front.designs_tried / seconds),
        "planned": front.planned,
        "front_points": len(front.points),
        "seconds": round(seconds, 1),
        "cpu_seconds": round(cpu, 1),
        "workers": workers,
        "re_planned_differs": differs,
        **greedy(source, board, front.points),
    }


def used() -> float:
    """Processor seconds of this process and of those that it started and that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def replanned(model: ImportedModel, board: Board, **options: Any) -> dict[str, Any]:
    """What the compiler makes of a model for a board."""
    plan, prediction, _ = planned_network(model, CompileOptions(board=board.id, **options))
    cells = fit_report(plan, board)["predicted"]
    return {"interval": prediction.interval, "latency": prediction.latency, **cells}


def same(model: ImportedModel, board: Board, point: Point) -> bool:
    """Whether the compiler makes the point of its schedule."""
    schedule = tomllib.loads(point.schedule)
    found = replanned(model, board, schedule=schedule, clock_mhz=point.clock_mhz)
    return all(getattr(point, kind) == value for kind, value in found.items())


def greedy(model: ImportedModel, board: Board, points: list[Point]) -> dict[str, Any]:
    """The planner's own choice against the front, at the board's clock."""
    own = replanned(model, board)
    at_clock = [point for point in points if point.mhz >= board.clock.mhz]

    def best(counts: Callable[[Point], float], allowed: Callable[[Point], bool]) -> float | None:
        return min((counts(point) for point in at_clock if allowed(point)), default=None)

    fewest = best(
        lambda point: point.interval,
        lambda point: all(getattr(point, kind) <= own[kind] for kind in KINDS),
    )
    least = best(
        lambda point: point.lut,
        lambda point: (
            point.interval <= own["interval"]
            and all(getattr(point, kind) <= own[kind] for kind in ("bram", "dsp"))
        ),
    )
    return {
        "planner_interval": own["interval"],
        "planner_lut": own["lut"],
        "faster": None if fewest is None else round(own["interval"] / fewest, 3),
        "smaller": None if least is None else round(least / own["lut"], 3),
    }


def line(found: dict[str, Any]) -> list[str]:
    """A row as text."""
    fields = (
        *("designs_tried", "designs_per_second", "planned", "front_points", "seconds"),
        *("cpu_seconds", "workers", "re_planned_differs", "planner_interval", "faster", "smaller"),
    )
    cells = ["-" if found[field] is None else number(found[field]) for field in fields]
    return [f"`{found['network']}`", *cells]


def main() -> None:
    """Print the table."""
    known = parser(__doc__)
    known.add_argument("--only", nargs="*", default=[], metavar="NETWORK", help="names of networks")
    options = known.parse_args()
    found = []
    for name, model in NETWORKS.items():
        if options.only and name not in options.only:
            continue
        if not model.is_file():
            print(f"{model} is absent", file=sys.stderr)
            continue
        with TemporaryDirectory() as folder:
            os.environ["HWCOMPILE_CACHE"] = folder
            found.append(measure(name, model))
    cells = [line(item) for item in found]
    show(HEADS, cells, left=1)
    write(options, found, markdown(HEADS, cells, left=1))


if __name__ == "__main__":
    main()
