"""Bitstreams: what networks take on boards, how fast they run, and whether the netlists are right.

    python benchmarks/boards.py [--networks A,B] [--boards X,Y] [--frames N] [--seeds N]
                                [--json FILE] [--markdown FILE] [--keep FOLDER]

Every row is one network on one board, from the model file to the bitstream. `frames/s` is the
board's clock divided by the interval: what the design computes when the link keeps up. `netlist`
counts frames that the mapped cells computed in simulation, and how many elements were wrong.
Networks that are not part of the project are skipped when their folder is absent (see
tests/models.py); without --networks only those that are part of it are built.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table
from workloads import ROOT, models_folder

import hwcompile
from hwcompile.boards import load_board
from hwcompile.diagnostics import CompileError
from hwcompile.toolchains.build import SEEDS

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


@dataclass
class Row:
    """One line of the table; field names are those of the JSON output.

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
        model_of(network), folder, target_cycles=row.target_cycles, clock_mhz=clock, force=True
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


TITLES = (
    *("network", "board", "LUT", "FF", "RAM", "DSP", "fmax", "clock", "interval", "frames/s"),
    *("netlist", "minutes"),
)


def cells(row: Row) -> tuple[str, ...]:
    """A row as text, in the order of `TITLES`."""
    minutes = f"{sum(row.seconds.values()) / 60:.1f}"
    if row.failure and not row.use:
        return (row.network, row.board, *["-"] * (len(TITLES) - 3), minutes)
    use = (f"{used:,}/{holds:,}" for used, holds in (row.use[p] for p in ("lut", "ff", "bram")))
    frames, wrong = row.netlist or (0, 0)
    return (
        *(row.network, row.board, *use, "{:,}/{:,}".format(*row.use["dsp"])),
        *(f"{row.fmax_mhz:.1f}", f"{row.clock_mhz:g}", f"{row.interval_cycles:,}"),
        f"{row.frames_per_second:,.0f}",
        f"{frames} frames, {wrong} wrong" if row.netlist else "-",
        minutes,
    )


def table(rows: list[Row]) -> Table:
    """The rows for the terminal."""
    view = Table(box=None, pad_edge=False, header_style="bold")
    for index, title in enumerate(TITLES):
        view.add_column(title, justify="right" if index > 1 else "left")
    for row in rows:
        view.add_row(*cells(row))
    return view


def markdown(rows: list[Row]) -> str:
    """The rows as a table of a document, and below it why some have no figures."""
    lines = [TITLES, ["---"] * 2 + ["---:"] * (len(TITLES) - 2), *map(cells, rows)]
    reasons = [f"\n{row.network} on {row.board}: {row.failure}" for row in rows if row.failure]
    return "\n".join(["| " + " | ".join(line) + " |" for line in lines] + reasons) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", default=",".join(DIGITS))
    parser.add_argument("--boards", default=",".join(BOARDS))
    parser.add_argument("--frames", type=int, default=20, help="for level netlist; 0: none")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--target-cycles", type=int, help="instead of those in this file")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--markdown", type=Path)
    parser.add_argument("--keep", type=Path, help="where build directories stay")
    options = parser.parse_args()
    console, rows = Console(width=170, highlight=False), []
    for network in options.networks.split(","):
        if not model_of(network).is_file():
            console.print(f"{network}: skipped, there is no {model_of(network)}")
            continue
        for board in options.boards.split(","):
            if options.target_cycles:
                TARGETS[network, board] = options.target_cycles
            with tempfile.TemporaryDirectory() as work:
                folder = (options.keep or Path(work)) / f"{network}_{board}"
                console.print(f"{network} on {board} ...", style="dim")
                rows.append(measure(network, board, folder, options.frames, options.seeds))
            if rows[-1].failure:
                console.print(rows[-1].failure)
    console.print(table(rows))
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n")
    if options.markdown:
        options.markdown.write_text(markdown(rows))
    return 1 if any(row.failure or (row.netlist and row.netlist[1]) for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
