"""Accuracy of the project's digits networks at levels reference and rtl, on all test images.

python benchmarks/digits.py [--json FILE] [--markdown FILE]
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

import hwcompile
from benchmarks.output import markdown, number, parser, show, write
from hwcompile.ir.types import IntArray
from hwcompile_runtime.rows import FloatArray

DIGITS = Path(sys.argv[0]).resolve().parents[1] / "examples" / "digits"
NETWORKS = {
    "digits_mlp_w1a1": "64-128-128-10, weights and activations ±1, QONNX",
    "digits_cnn_w3a3": "3-bit CNN with a residual block and a depthwise layer, QONNX",
    "digits_cnn_int8": "8-bit CNN from ONNX Runtime's `quantize_static`, QDQ",
    "digits_lstm": "LSTM of 48 cells reading row by row, 15 % of the weights left, "
    "8-bit weights and outputs",
    "digits_gru": "GRU of 48 cells, likewise",
}
"""What the networks are."""


@dataclass(frozen=True)
class Row:
    """One network; field names are those of the JSON output.

    Attributes:
        network: Its id.
        frames: Images.
        right_reference: Of these, how many the integer reference recognizes.
        right_rtl: The same in RTL simulation.
        mismatches: Scores in which they differ.
        interval_cycles: Measured cycles per image.
    """

    network: str
    frames: int
    right_reference: int
    right_rtl: int
    mismatches: int
    interval_cycles: int


def build(name: str, folder: Path) -> hwcompile.Design:
    """Compile a model file, or the graph of a recurrent network."""
    model = DIGITS / f"{name}.onnx"
    if model.is_file():
        return hwcompile.compile(model, folder, fastest=True)
    sys.path.insert(0, str(DIGITS))  # before the benchmark of the same name
    from recurrent import load_weights, network

    graph = network(load_weights(DIGITS / f"{name}.npz"))
    return hwcompile.compile_graph(graph, folder, fastest=True)


def measure(name: str, images: FloatArray, labels: IntArray) -> tuple[Row, bool]:
    """Run a network on all images; its row, and whether integers and cycles agree."""
    with tempfile.TemporaryDirectory() as folder:
        design = build(name, Path(folder) / "build")
        outcome = design.verify(inputs=images)
        reference, rtl = (right(design, level, images, labels) for level in ("reference", "rtl"))
        wrong = sum(m.count for found in outcome.mismatches.values() for m in found)
        row = Row(name, len(labels), reference, rtl, wrong, outcome.interval[1] or 0)
        return row, outcome.passed


def right(design: hwcompile.Design, level: str, images: FloatArray, labels: IntArray) -> int:
    """How many images a level of simulation recognizes."""
    (scores,) = design.simulate(images, level=level).real.values()
    return int((scores.reshape(len(labels), -1).argmax(1) == labels).sum())


TABLES = {"": ("network", "what it is", "images", "right, reference", "right, RTL", "interval")}


def line(row: Row) -> list[str]:
    """A row as the table shows it."""
    share = f"{row.right_reference} ({100 * row.right_reference / row.frames:.1f} %)"
    counts = number(row.frames), share, number(row.right_rtl), number(row.interval_cycles)
    return [f"`{row.network}`", NETWORKS[row.network], *counts]


def main() -> int:
    options = parser(__doc__).parse_args()
    split = np.load(DIGITS / "test_split.npz")
    images, labels = (split["images"] / 16).astype(np.float32), split["labels"]
    rows, passed = zip(*(measure(name, images, labels) for name in NETWORKS), strict=True)
    lines = [line(row) for row in rows]
    show(TABLES[""], lines)
    write(options, [asdict(row) for row in rows], markdown(TABLES[""], lines))
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
