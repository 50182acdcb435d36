"""What networks take on boards, estimated from the changes of their nets in a simulation.

    python benchmarks/power.py [--only NETWORK ...] [--frames N] [--json FILE] [--markdown FILE]

Each network is compiled for a board, with what `compile --board` chooses, and random frames run
through its RTL (`hwcompile power`). `activity` is the share of all bits of nets that change in a
cycle, over the run; `busiest` is the layer that takes most; `clock` the share of the clock network.
Cells are predicted. All dynamic figures may be larger or smaller by the factor.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import hwcompile
from benchmarks.output import markdown, number, parser, show, write
from benchmarks.workloads import ROOT
from hwcompile.explore.power import AROUND, PowerOptions, estimate_power

DIGITS = ROOT / "examples/digits"
CASES = (
    ("digits_mlp_w1a1", "icebreaker"),
    ("digits_cnn_w3a3", "ulx3s_85"),
    ("digits_cnn_int8", "ulx3s_85"),
)

TITLES = (
    *("network", "board", "MHz", "interval", "changes per frame", "activity", "nJ per frame"),
    *("busiest", "clock", "mW", "factor"),
)
TABLES = {"": TITLES}


def measure(network: str, board: str, frames: int, folder: Path) -> dict[str, Any]:
    """A network's row."""
    design = hwcompile.compile(DIGITS / f"{network}.onnx", folder / network, board=board)
    found = estimate_power(design, PowerOptions(board=board, frames=frames))
    interval = design.report["design"]["interval_cycles"]["predicted"]
    bits = sum(layer.net_bits for layer in found.layers)
    layers = [layer for layer in found.layers if layer.name != AROUND]
    return {
        "network": network,
        "board": board,
        "clock_mhz": found.clock_mhz,
        "interval": interval,
        "changes_per_frame": round(found.changes_per_frame),
        "activity": round(found.changes_per_frame / bits / interval, 4),
        "nj_per_frame": found.nj_per_frame,
        "busiest": max(layers, key=lambda layer: layer.nj_per_frame).name,
        "clock_share": round(found.clock_nj_per_frame / found.nj_per_frame, 3),
        "dynamic_mw": found.dynamic_mw,
        "factor": found.factor,
    }


def line(row: dict[str, Any]) -> list[str]:
    """A row as text."""
    return [
        *(f"`{row['network']}`", row["board"]),
        *(f"{row['clock_mhz']:g}", number(row["interval"]), number(row["changes_per_frame"])),
        *(f"{row['activity']:.1%}", f"{row['nj_per_frame']:,.1f}", f"`{row['busiest']}`"),
        *(f"{row['clock_share']:.0%}", f"{row['dynamic_mw']:.3g}", f"{row['factor']:g}"),
    ]


def main() -> None:
    """Print the table."""
    known = parser(__doc__)
    known.add_argument("--only", nargs="*", default=[], metavar="NETWORK", help="names of networks")
    known.add_argument("--frames", type=int, default=8)
    options = known.parse_args()
    with TemporaryDirectory() as name:
        rows = [
            measure(network, board, options.frames, Path(name))
            for network, board in CASES
            if not options.only or network in options.only
        ]
    lines = [line(row) for row in rows]
    show(TITLES, lines)
    write(options, rows, markdown(TITLES, lines))


if __name__ == "__main__":
    main()
