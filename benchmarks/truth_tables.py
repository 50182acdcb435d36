"""Sparse networks as truth tables, and the same layers on lanes: logic and clock on an FPGA.

    python benchmarks/truth_tables.py [--only NAME ...] [--frames N] [--json FILE] [--markdown FILE]

The networks are those of `examples/jets`, for one frame per cycle. `lanes` is what a schedule makes
that asks for the kernel `parallel`; real weights have no lanes. Every design is compared at the
levels reference, hls and rtl, synthesized for a board's FPGA, placed and routed with one seed.
LUT, FF and DSP are those of the layers, the clock that of the whole FPGA with the link to the host.
The build on lanes takes some ten minutes.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

import hwcompile
from benchmarks.output import markdown, number, parser, show, write

JETS = Path(__file__).resolve().parents[1] / "examples" / "jets"
BOARD = "ulx3s_25"
LEVELS = ("reference", "hls", "rtl")
LANES = {f"layer{number}": {"kernel": "parallel"} for number in range(4)}

CASES: Mapping[tuple[str, str], Mapping[str, Mapping[str, str]]] = {
    ("jets_w4", "lanes"): LANES,
    ("jets_w4", "truth_table"): {},
    ("jets_float", "truth_table"): {},
}

TITLES = (
    "network", "kernel", "interval", "latency", "frames", "mismatches", "LUT", "FF", "DSP",
    "fmax MHz",
)  # fmt: skip
TABLES = {"": TITLES}


@dataclass(frozen=True)
class Row:
    """A network in one form."""

    network: str
    kernel: str
    interval_cycles: int
    latency_cycles: int
    frames: int
    mismatches: int
    lut: int
    ff: int
    dsp: int
    fmax_mhz: float

    @property
    def line(self) -> list[str]:
        """As it is printed."""
        return [text if isinstance(text, str) else number(text) for text in asdict(self).values()]


def measure(network: str, kernel: str, folder: Path, frames: int) -> Row:
    """Compile, compare, build."""
    schedule = {"nodes": CASES[network, kernel]}
    model = JETS / f"{network}.onnx"
    design = hwcompile.compile(model, folder / "design", schedule=schedule, target_cycles=1)
    inputs = folder / "features.npy"
    np.save(inputs, np.load(JETS / "test_points.npz")["features"][:frames])
    outcome = design.verify(levels=LEVELS, inputs=inputs)
    wrong = sum(m.count for found in outcome.mismatches.values() for m in found)
    timing = design.report["design"]
    interval, latency = (timing[f"{part}_cycles"]["measured"] for part in ("interval", "latency"))
    built = design.build(BOARD, seeds=1)
    stages = built.stages.values()
    lut, ff, dsp = (sum(getattr(use, part) for use in stages) for part in ("lut", "ff", "dsp"))
    fmax = round(built.fmax_mhz, 1)
    return Row(network, kernel, interval, latency, frames, wrong, lut, ff, dsp, fmax)


def rows(only: list[str], frames: int) -> Iterator[Row]:
    """A row for every case whose network or kernel is asked for."""
    for network, kernel in CASES:
        if not only or network in only or kernel in only:
            with tempfile.TemporaryDirectory() as name:
                yield measure(network, kernel, Path(name), frames)


def main() -> int:
    """Measure and print."""
    options_of = parser(__doc__)
    options_of.add_argument("--only", nargs="+", default=[], metavar="NAME")
    options_of.add_argument("--frames", type=int, default=1000)
    options = options_of.parse_args()
    found = list(rows(options.only, options.frames))
    lines = [row.line for row in found]
    show(TITLES, lines, left=2)
    write(options, [asdict(row) for row in found], markdown(TITLES, lines, left=2))
    return any(row.mismatches for row in found)


if __name__ == "__main__":
    raise SystemExit(main())
