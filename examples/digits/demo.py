"""Compiles a digits network, simulates every test image in RTL, and compares everything.

python examples/digits/demo.py [MODEL.onnx] [DIR]
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

import hwcompile
from hwcompile.report.console import report_console
from hwcompile.report.table import report_table

HERE = Path(sys.argv[0]).resolve().parent


def main() -> int:
    model = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "digits_cnn_w3a3.onnx"
    directory = Path(sys.argv[2]) if len(sys.argv) > 2 else Path("out") / model.stem
    console = report_console()
    split = np.load(HERE / "test_split.npz")
    images = (split["images"] / 16).astype(np.float32)
    labels = split["labels"]

    started = time.perf_counter()
    design = hwcompile.compile(model, directory, fastest=True, force=True)
    compiled = time.perf_counter() - started
    outcome = design.verify(inputs=images, levels=("reference", "rtl"))
    verified = time.perf_counter() - started - compiled

    console.print(report_table(design.report))
    for level in ("reference", "rtl"):
        (scores,) = design.simulate(images, level=level).real.values()
        right = int((scores.reshape(len(labels), -1).argmax(1) == labels).sum())
        console.print(
            f"accuracy   {level:<9} {right} of {len(labels)} test images, {right / len(labels):.2%}"
        )
    for line in outcome.lines():
        console.print(line)
    console.print(f"compiled in {compiled:.1f} s, verified in {verified:.1f} s; RTL in {directory}")
    return 0 if outcome.passed else 1


if __name__ == "__main__":
    sys.exit(main())
