"""Clocks: how fast networks are on boards, and how fast the delay model says they are.

    python benchmarks/clock.py [--rows A@X,B@Y] [--frames N] [--seeds N] [--keep FOLDER]
                               [--json FILE] [--markdown FILE]

Every row is one network, compiled for a board and a clock and built up to place and route.
`fmax` is what nextpnr promises with the first seed that reaches the limit, or with the best of
`--seeds`, `predicted` what the delays of the family say of the slowest path of the stages, in MHz;
`path` is that path, and `slowest` the stage in which the real one ends (empty for the link).
`netlist` counts frames that the mapped cells computed in simulation, and how many elements were
wrong. Networks that are not part of the project are skipped when their folder is absent.

Exit code 1: a row below its limit, predicted more than a fifth too high or low, or wrong.
"""

from __future__ import annotations

import argparse
import sys
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
from hwcompile.toolchains.board_top import led_count
from hwcompile.toolchains.build import slowest_stage
from hwcompile.toolchains.place_and_route import place_and_route

FARTHEST = 0.2
"""Most that a prediction may be off, as a share."""


@dataclass(frozen=True)
class Case:
    """A network on a board.

    Attributes:
        network: Its name.
        board: The board's.
        target_cycles: Cycles that a frame may take.
        clock_mhz: The clock that is aimed at.
        limit: The clock that is to be reached, in MHz; 0 for none.
        frames: At most so many for level netlist.
    """

    network: str
    board: str
    target_cycles: int
    clock_mhz: float
    limit: float
    frames: int = 10

    @property
    def name(self) -> str:
        """As on the command line."""
        return f"{self.network}@{self.board}"


CASES = (
    Case("tfc_w1a1", "ulx3s_85", 2_000, 125, 120),
    Case("kws_w3a3", "ulx3s_85", 8_000, 125, 120),
    Case("digits_cnn_w3a3", "ulx3s_85", 16_000, 125, 120),
    Case("digits_cnn_int8", "ulx3s_85", 16_000, 125, 120),
    Case("cnv_w1a1", "ulx3s_85", 120_000, 115, 100, frames=2),
    Case("digits_cnn_w3a3", "tang_nano_9k", 64_000, 95, 90),
    Case("digits_mlp_w1a1", "icebreaker", 4_000, 44, 42),
    Case("digits_mlp_w1a1", "hx8k_breakout", 4_000, 105, 100),
)

TITLES = (
    *("network", "board", "path", "slowest", "limit", "fmax", "predicted", "error", "LUT", "FF"),
    "netlist",
)
TABLES = {"": TITLES}


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    network: str
    board: str
    limit: float
    clock_mhz: float
    fmax_mhz: float
    fmax_predicted_mhz: float
    path: str
    slowest: str
    lut: int
    ff: int
    frames: int
    mismatches: int

    @property
    def error(self) -> float:
        """Of the prediction, as a share of what place and route promises."""
        return self.fmax_predicted_mhz / self.fmax_mhz - 1

    @property
    def surprising(self) -> bool:
        """See the exit code."""
        slow = self.fmax_mhz < self.limit
        return slow or abs(self.error) > FARTHEST or self.mismatches > 0

    @property
    def line(self) -> list[str]:
        """As documents show it."""
        checked = f"{self.frames} frames, {self.mismatches} wrong" if self.frames else "-"
        return [
            *(f"`{self.network}`", self.board, self.path, self.slowest or "-"),
            *(f"{self.limit:g}", f"{self.fmax_mhz:.1f}", f"{self.fmax_predicted_mhz:.1f}"),
            *(f"{self.error:+.0%}", number(self.lut), number(self.ff), checked),
        ]


def measure(case: Case, folder: Path, seeds: int, frames: int) -> Row:
    """Compile, build and simulate a network; the clock is aimed at, and not demanded."""
    design = hwcompile.compile(
        model_of(case.network),
        folder,
        board=case.board,
        target_cycles=case.target_cycles,
        clock_mhz=case.clock_mhz,
        force=True,
    )
    clock = design.report["design"]["fit"]["clock"]
    built = design.build(case.board, seeds=1)
    fmax, slowest, use = built.fmax_mhz, built.slowest, built.use
    if fmax < case.limit and seeds > 1:
        # Any seed meets a board's oscillator; the limit asks for the best of some.
        board = load_board(case.board)
        routed = place_and_route(
            board,
            led_count(board),
            built.folder,
            clock_mhz=case.limit,
            seeds=seeds,
            progress=lambda _: None,
        )
        fmax, slowest, use = routed.fmax_mhz, slowest_stage(routed, built.stages), routed.use
    wrong = 0
    if frames:
        levels = ("reference", "rtl", "netlist")
        outcome = design.verify(levels=levels, frames=frames, board=case.board)
        wrong = sum(m.count for found in outcome.mismatches.values() for m in found)
        wrong += not outcome.passed and not wrong
    return Row(
        *(case.network, case.board, case.limit, case.clock_mhz),
        *(round(fmax, 2), clock["mhz"]),
        *(f"{clock['stage']}: {clock['path']}", slowest),
        *(use.lut, use.ff, frames, wrong),
    )


def rows(options: argparse.Namespace, console: Console) -> Iterator[Row]:
    """A row for every case that is asked for and whose model is there."""
    wanted = options.rows.split(",") if options.rows else [case.name for case in CASES]
    for case in (case for case in CASES if case.name in wanted):
        if not model_of(case.network).is_file():
            console.print(f"{case.network}: skipped, there is no {model_of(case.network)}")
            continue
        console.print(f"{case.name} for {case.clock_mhz:g} MHz ...", style="dim")
        frames = min(options.frames, case.frames)
        with tempfile.TemporaryDirectory() as work:
            folder = (options.keep or Path(work)) / case.name.replace("@", "_")
            yield measure(case, folder, options.seeds, frames)


def main() -> int:
    options_of = parser(__doc__)
    options_of.add_argument("--rows", default="", help="network@board, with commas between them")
    options_of.add_argument("--frames", type=int, default=10, help="for level netlist; 0: none")
    options_of.add_argument("--seeds", type=int, default=3)
    options_of.add_argument("--keep", type=Path, help="where build directories stay")
    options = options_of.parse_args()
    console = Console(width=170, highlight=False)
    console.print(f"Predicted paths take at most {SPARE:.0%} of a period.", style="dim")
    found = list(rows(options, console))
    lines = [row.line for row in found]
    show(TITLES, lines, left=4)
    write(options, [asdict(row) for row in found], markdown(TITLES, lines, left=4))
    return any(row.surprising for row in found)


if __name__ == "__main__":
    sys.exit(main())
