"""Bitstreams: what networks take on boards, how fast they run, and whether the netlists are right.

    python benchmarks/boards.py [--networks A,B] [--boards X,Y] [--frames N] [--seeds N]
                                [--json FILE] [--markdown FILE] [--keep FOLDER]
    python benchmarks/boards.py --published      the rows of docs/boards.md, in hours
    python benchmarks/boards.py --summary        those of README.md, out of docs/boards.md

Every row is one network on one board, from the model file to the bitstream, at the folding in
`benchmarks/board_schedules` where there is one: figures stay those of the same design when the
planner finds a better one, and hours of place and route need not follow. `frames/s` is the
board's clock divided by the interval: what the design computes when the link keeps up. `netlist`
counts frames that the mapped cells computed in simulation, and how many elements were wrong.
Networks that are not part of the project are skipped when their folder is absent (see
tests/models.py); without --networks only those that are part of it are built.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

import hwcompile
from benchmarks import figures
from benchmarks.output import markdown, parser, show, write
from benchmarks.workloads import ROOT, models_folder
from hwcompile.boards import load_board
from hwcompile.diagnostics import CompileError
from hwcompile.toolchains.options import SEEDS

DIGITS = ("digits_mlp_w1a1", "digits_cnn_w3a3", "digits_cnn_int8")
BOARDS = ("icebreaker", "ulx3s_85", "tang_nano_9k")
PUBLISHED = {
    "tfc_w1a1": "tfc_mnist/TFC_1W1A.onnx",
    "kws_w3a3": "kws_w3a3/kws_w3a3.onnx",
    "cnv_w1a1": "cnv_cifar10/cnv_w1a1.onnx",
}

TARGETS = {
    ("digits_mlp_w1a1", ""): 4_000,
    ("digits_cnn_w3a3", ""): 64_000,
    ("digits_cnn_w3a3", "ulx3s_85"): 16_000,
    ("digits_cnn_int8", ""): 64_000,
    ("digits_cnn_int8", "ulx3s_85"): 16_000,
    ("tfc_w1a1", ""): 2_000,
    ("kws_w3a3", ""): 8_000,
    ("cnv_w1a1", ""): 120_000,
}
"""Cycles per frame for a network on a board; the board "" stands for all others."""

SCHEDULES = ROOT / "benchmarks" / "board_schedules"
"""Foldings of rows, `<network>_<target>.toml`; other rows get what the planner chooses."""

ROWS = {
    "digits_mlp_w1a1": ("icebreaker", "ulx3s_85", "tang_nano_9k", "crosslink_nx_evn",
                        "gatemate_a1_evb"),
    "digits_cnn_w3a3": ("icebreaker", "ulx3s_85", "tang_nano_9k", "crosslink_nx_evn"),
    "digits_cnn_int8": ("ulx3s_85", "tang_nano_9k", "crosslink_nx_evn"),
    "tfc_w1a1": ("ulx3s_85", "tang_nano_20k"),
    "kws_w3a3": ("ulx3s_85",),
    "cnv_w1a1": ("ulx3s_85",),
}  # fmt: skip
"""What docs/boards.md shows."""

WITHOUT_NETLIST = ("cnv_w1a1",)
"""Networks whose mapped cells take hours to simulate."""

SUMMARY = {
    "digits_mlp_w1a1": "icebreaker",
    "digits_cnn_w3a3": "tang_nano_9k",
    "digits_cnn_int8": "tang_nano_9k",
    "tfc_w1a1": "tang_nano_20k",
    "kws_w3a3": "ulx3s_85",
    "cnv_w1a1": "ulx3s_85",
}
"""What README.md shows."""


@dataclass
class Row:
    """One line of the table.

    Attributes:
        network: Name of the network.
        board: Name of the board.
        target_cycles: What the compiler was asked for.
        interval_cycles: Cycles per frame.
        use: Part to (used, available) after place and route.
        fmax_mhz: What place and route promises, in MHz.
        clock_mhz: What the board runs at, in MHz.
        frames_per_second: Clock over interval.
        netlist: Frames simulated at level `netlist`, and mismatches; None when not asked for.
        seconds: Step to wall-clock seconds.
        layers: Stage to what synthesis made of it.
        failure: Why there is no bitstream.
    """

    network: str
    board: str
    target_cycles: int
    interval_cycles: int = 0
    use: dict[str, tuple[int, int]] = field(default_factory=dict)
    fmax_mhz: float = 0.0
    clock_mhz: float = 0.0
    frames_per_second: float = 0.0
    netlist: tuple[int, int] | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    layers: dict[str, dict[str, int]] = field(default_factory=dict)
    failure: str = ""


def measure(network: str, board: str, folder: Path, frames: int, seeds: int) -> Row:
    """Compile a network, build it for a board, and simulate its netlist."""
    row = Row(network, board, TARGETS.get((network, board)) or TARGETS[network, ""])
    clock = load_board(board).clock.mhz
    started = time.perf_counter()
    design = hwcompile.compile(
        model_of(network),
        folder,
        target_cycles=row.target_cycles,
        schedule=schedule_of(network, row.target_cycles),
        clock_mhz=clock,
        force=True,
    )
    row.interval_cycles = design.report["design"]["interval_cycles"]["predicted"]
    row.seconds["compile"] = time.perf_counter() - started
    try:
        _build(row, design, seeds)
        if frames:
            started = time.perf_counter()
            levels = ("reference", "rtl", "netlist")
            outcome = design.verify(levels=levels, frames=frames, board=board)
            wrong = sum(m.count for found in outcome.mismatches.values() for m in found)
            row.netlist = frames, wrong + (not outcome.passed and not wrong)
            row.seconds["verify"] = time.perf_counter() - started
    except CompileError as error:
        row.failure = str(error)
    return row


def schedule_of(network: str, target_cycles: int) -> Path | None:
    """The folding of a row; None where the planner chooses it."""
    path = SCHEDULES / f"{network}_{target_cycles}.toml"
    return path if path.is_file() else None


def _build(row: Row, design: hwcompile.Design, seeds: int) -> None:
    built = design.build(row.board, seeds=seeds)
    holds = load_board(row.board).capacities
    row.use = {
        part: (getattr(built.use, part), getattr(holds, part))
        for part in ("lut", "ff", "bram", "dsp", "large_ram")
    }
    row.fmax_mhz, row.clock_mhz = built.fmax_mhz, built.clock_mhz
    row.frames_per_second = row.clock_mhz * 1e6 / row.interval_cycles
    row.seconds |= built.seconds
    row.layers = {name: asdict(use) for name, use in built.stages.items()}


def model_of(network: str) -> Path:
    """The model file of a network."""
    if network in PUBLISHED:
        return models_folder() / PUBLISHED[network]
    return ROOT / "examples" / "digits" / f"{network}.onnx"


def plain(row: Row) -> dict[str, Any]:
    """A row of the JSON output: parts in use and available, frames and mismatches by name."""
    found = asdict(row)
    for part, (used, holds) in found.pop("use").items():
        found |= {part: used, f"{part}_available": holds}
    frames, wrong = found.pop("netlist") or (None, None)
    return found | {"frames": frames, "mismatches": wrong}


TITLES = (
    *("network", "board", "LUT", "FF", "RAM", "DSP", "fmax", "clock", "interval", "frames/s"),
    *("netlist", "minutes"),
)
TABLES = {
    "--published": TITLES,
    "--summary": (
        *("network", "board", "LUT", "block RAM", "DSP", "fmax, MHz"),
        "frames/s at the oscillator's clock",
    ),
}


def cells(row: Row) -> tuple[str, ...]:
    """A row as text, in the order of `TITLES`."""
    minutes = f"{sum(row.seconds.values()) / 60:.1f}"
    network = f"`{row.network}`"
    if row.failure and not row.use:
        return (network, row.board, *["-"] * (len(TITLES) - 3), minutes)
    use = (f"{used:,}/{holds:,}" for used, holds in (row.use[p] for p in ("lut", "ff", "bram")))
    frames, wrong = row.netlist or (0, 0)
    return (
        *(network, row.board, *use, "{:,}/{:,}".format(*row.use["dsp"])),
        *(f"{row.fmax_mhz:.1f}", f"{row.clock_mhz:g}", f"{row.interval_cycles:,}"),
        f"{row.frames_per_second:,.0f}",
        f"{frames} frames, {wrong} wrong" if row.netlist else "-",
        minutes,
    )


def summary(text: str) -> list[list[str]]:
    """The rows of README.md out of the table of docs/boards.md."""
    names = figures.titles(text)
    found = {}
    for line in text.splitlines()[2:]:
        each = dict(zip(names, figures.cells(line), strict=True))
        found[each["network"].strip("`"), each["board"]] = each
    lines = []
    for network, board in SUMMARY.items():
        each = found[network, board]
        parts = [each[part].partition("/")[0] for part in ("LUT", "RAM", "DSP")]
        title = load_board(board).name
        lines.append([each["network"], title, *parts, each["fmax"], each["frames/s"]])
    return lines


def published() -> str:
    """The table in docs/boards.md."""
    (block,) = figures.blocks(ROOT / "docs" / "boards.md")
    return block.text


def pairs(options: argparse.Namespace) -> Iterator[tuple[str, str]]:
    """Networks and boards to build."""
    if options.published:
        yield from ((network, board) for network, boards in ROWS.items() for board in boards)
        return
    for network in options.networks.split(","):
        yield from ((network, board) for board in options.boards.split(","))


def build_all(options: argparse.Namespace, console: Console) -> Iterator[Row]:
    """A row for every network on every board."""
    for network, board in pairs(options):
        if not model_of(network).is_file():
            console.print(f"{network}: skipped, there is no {model_of(network)}")
            continue
        if options.target_cycles:
            TARGETS[network, board] = options.target_cycles
        frames = 0 if options.published and network in WITHOUT_NETLIST else options.frames
        with tempfile.TemporaryDirectory() as work:
            folder = (options.keep or Path(work)) / f"{network}_{board}"
            console.print(f"{network} on {board} ...", style="dim")
            row = measure(network, board, folder, frames, options.seeds)
        if row.failure:
            console.print(row.failure)
        yield row


def main() -> int:
    options_of = parser(__doc__)
    options_of.add_argument("--networks", default=",".join(DIGITS))
    options_of.add_argument("--boards", default=",".join(BOARDS))
    options_of.add_argument("--published", action="store_true", help="rows of docs/boards.md")
    options_of.add_argument("--summary", action="store_true", help="rows of README.md")
    options_of.add_argument("--frames", type=int, default=20, help="for level netlist; 0: none")
    options_of.add_argument("--seeds", type=int, default=SEEDS)
    options_of.add_argument("--target-cycles", type=int, help="instead of those in this file")
    options_of.add_argument("--keep", type=Path, help="where build directories stay")
    options = options_of.parse_args()
    if options.summary:
        lines = summary(published())
        show(TABLES["--summary"], lines)
        write(options, [], markdown(TABLES["--summary"], lines))
        return 0
    rows = list(build_all(options, Console(width=170, highlight=False)))
    lines = [list(cells(row)) for row in rows]
    show(TITLES, lines)
    reasons = [f"\n{row.network} on {row.board}: {row.failure}\n" for row in rows if row.failure]
    write(options, [plain(row) for row in rows], markdown(TITLES, lines) + "".join(reasons))
    return 1 if any(row.failure or (row.netlist and row.netlist[1]) for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
