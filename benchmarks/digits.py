"""Accuracy of the project's digits networks at levels reference and rtl, on all test images.

python benchmarks/digits.py
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
from rich.table import Table

import hwcompile
from hwcompile.report.console import wide_console

DIGITS = Path(sys.argv[0]).resolve().parents[1] / "examples" / "digits"
sys.path.insert(0, str(DIGITS))  # before the benchmark of the same name
NETWORKS = ("mlp_w1a1", "cnn_w3a3", "cnn_int8", "lstm", "gru")


def build(name: str, folder: Path) -> hwcompile.Design:
    """Compile a model file, or the graph of a recurrent network."""
    model = DIGITS / f"digits_{name}.onnx"
    if model.is_file():
        return hwcompile.compile(model, folder)
    from recurrent import load_weights, network

    return hwcompile.compile_graph(network(load_weights(DIGITS / f"digits_{name}.npz")), folder)


def main() -> int:
    split = np.load(DIGITS / "test_split.npz")
    images, labels = (split["images"] / 16).astype(np.float32), split["labels"]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("network", "reference", "rtl", "images", "mismatches", "interval"):
        table.add_column(title, justify="left" if title == "network" else "right")
    passed = True
    for name in NETWORKS:
        with tempfile.TemporaryDirectory() as folder:
            design = build(name, Path(folder) / "build")
            outcome = design.verify(inputs=images)
            right = []
            for level in ("reference", "rtl"):
                (scores,) = design.simulate(images, level=level).real.values()
                right.append(str(int((scores.reshape(len(labels), -1).argmax(1) == labels).sum())))
            wrong = sum(m.count for found in outcome.mismatches.values() for m in found)
            passed = passed and outcome.passed
            row = (*right, str(len(labels)), str(wrong), f"{outcome.interval[1]:,}")
            table.add_row(f"digits_{name}", *row)
    wide_console().print(table)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
