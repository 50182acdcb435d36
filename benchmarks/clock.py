"""Clocks: how fast networks are on boards, and how fast the delay model says they are.

    python benchmarks/clock.py [--rows A@X,B@Y] [--seeds N] [--json FILE] [--markdown FILE]

Every row is one network, compiled for a board and a clock and built up to place and route.
`fmax` is what nextpnr promises, `predicted` what the delays of the family say of the slowest path
of the stages; `limit` is that path, and `slowest` the stage in which the real one ends (empty for
the link). Networks that are not part of the project are skipped when their folder is absent.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console

import hwcompile
from benchmarks.boards import model_of
from benchmarks.output import markdown, number, parser, show, write
from hwcompile.boards import load_board
from hwcompile.schedule.choose.pace import SPARE
from hwcompile.toolchains.build import build_for_board
from hwcompile.toolchains.options import BuildOptions


@dataclass(frozen=True)
class Case:
    """A network on a board: the cycles that a frame may take, and the clock that is aimed at."""

    network: str
    board: str
    target_cycles: int
    clock_mhz: float

    @property
    def name(self) -> str:
        """As on the command line."""
        return f"{self.network}@{self.board}"


CASES = (
    Case("tfc_w1a1", "ulx3s_85", 2_000, 125),
    Case("kws_w3a3", "ulx3s_85", 8_000, 125),
    Case("digits_cnn_w3a3", "ulx3s_85", 16_000, 125),
    Case("digits_cnn_int8", "ulx3s_85", 16_000, 125),
    Case("cnv_w1a1", "ulx3s_85", 120_000, 105),
    Case("digits_cnn_w3a3", "tang_nano_9k", 64_000, 95),
    Case("digits_mlp_w1a1", "icebreaker", 4_000, 44),
    Case("digits_mlp_w1a1", "hx8k_breakout", 4_000, 105),
)

TITLES = ("network", "board", "limit", "slowest", "fmax", "predicted", "error", "LUT", "FF")


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    network: str
    board: str
    clock_mhz: float
    fmax_mhz: float
    fmax_predicted_mhz: float
    limit: str
    slowest: str
    lut: int
    ff: int

    @property
    def error(self) -> float:
        """Of the prediction, as a share of what place and route promises."""
        return self.fmax_predicted_mhz / self.fmax_mhz - 1


def measure(case: Case, folder: Path, seeds: int) -> Row:
    """Compile and build a network; the clock is aimed at, and not demanded."""
    design = hwcompile.compile(
        model_of(case.network),
        folder,
        board=case.board,
        target_cycles=case.target_cycles,
        clock_mhz=case.clock_mhz,
    )
    clock = design.report["design"]["fit"]["clock"]
    built = build_for_board(folder, load_board(case.board), BuildOptions(seeds=seeds))
    return Row(
        case.network,
        case.board,
        case.clock_mhz,
        round(built.fmax_mhz, 2),
        clock["mhz"],
        f"{clock['stage']}: {clock['path']}",
        built.slowest,
        built.use.lut,
        built.use.ff,
    )


def rows(options: argparse.Namespace, console: Console) -> Iterator[Row]:
    """A row for every case that is asked for and whose model is there."""
    wanted = options.rows.split(",") if options.rows else [case.name for case in CASES]
    for case in (case for case in CASES if case.name in wanted):
        if not model_of(case.network).is_file():
            console.print(f"{case.network}: skipped, there is no {model_of(case.network)}")
            continue
        console.print(f"{case.name} for {case.clock_mhz:g} MHz ...", style="dim")
        with tempfile.TemporaryDirectory() as work:
            folder = (options.keep or Path(work)) / case.name.replace("@", "_")
            yield measure(case, folder, options.seeds)


def main() -> None:
    options_of = parser(__doc__)
    options_of.add_argument("--rows", default="", help="network@board, with commas between them")
    options_of.add_argument("--seeds", type=int, default=1)
    options_of.add_argument("--keep", type=Path, help="where build directories stay")
    options = options_of.parse_args()
    console = Console(width=170, highlight=False)
    console.print(f"Predicted paths take at most {SPARE:.0%} of a period.", style="dim")
    found = list(rows(options, console))
    lines = [
        [
            *(row.network, row.board, row.limit, row.slowest or "-"),
            *(number(row.fmax_mhz), number(row.fmax_predicted_mhz), f"{row.error:+.0%}"),
            *(number(row.lut), number(row.ff)),
        ]
        for row in found
    ]
    show(TITLES, lines, left=4)
    write(options, [asdict(row) for row in found], markdown(TITLES, lines, left=4))


if __name__ == "__main__":
    main()
