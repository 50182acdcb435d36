"""TensorFlow Lite models beside TFLite's reference kernels: every tensor, and the hardware.

    python benchmarks/tflite_models.py [--only WORD ...] [--inputs N] [--frames N] [--json FILE]
                                [--markdown FILE]

For each model, and for small ones of operators that are several steps of arithmetic: random inputs
with the least and the largest integers among them, how many elements of all tensors of the network
and of its outputs differ from the kernels of ai-edge-litert; then the design for 100,000
cycles, and how many elements of a few frames differ in RTL simulation. Models that are not part of
the project are skipped when their folder is absent.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

import hwcompile
from benchmarks.output import markdown, number, parser, show, write
from hwcompile.frontends.names import identifier
from hwcompile.frontends.tflite.read import read_file
from tests.frontends.tflite.networks import MAKERS
from tests.frontends.tflite.oracle import differing, differing_in_sequence, frames_of
from tests.frontends.tflite.streaming import STREAMING
from tests.models import ROOT, model_folder

TARGET = 100_000
"""Cycles between frames that designs are made for."""

NAMES = {
    "mlperf_ad01": "ad01_int8.tflite",
    "mlperf_kws": "kws_ref_model.tflite",
    "mlperf_resnet": "pretrainedResnet_quant.tflite",
}


@dataclass
class Row:
    """One line of the table; field names are those of the JSON output."""

    network: str
    inputs: int
    differing: int
    tensors: int
    tensors_differing: int
    interval_cycles: int
    latency_cycles: int
    frames: int
    mismatches: int
    cycles_agree: bool
    import_seconds: float
    compile_seconds: float


SMALL = ("attention", "softmax int16", "logistic int16")
"""Of `tests/frontends/tflite/networks.py`."""

KEEPING = ("lstm", "lstm long", "lstm projection", "svdf of rank 2", "window")
"""Of `tests/frontends/tflite/streaming.py`: what is kept goes in again with the next frame."""


def networks(folder: Path) -> Iterator[tuple[str, Path]]:
    """The project's model, the public ones where they are there, and small ones in a folder."""
    yield "digits_cnn", ROOT / "examples" / "digits" / "digits_cnn.tflite"
    for name, file in NAMES.items():
        path = model_folder() / "mlperf_tiny" / file
        if path.is_file():
            yield name, path
    for name in (*SMALL, *KEEPING):
        writer, inputs, outputs = (MAKERS | STREAMING)[name](np.random.default_rng(1))
        yield name, writer.save(folder / f"{identifier(name, 'small')}.tflite", inputs, outputs)


def measure(name: str, path: Path, inputs: int, frames: int) -> Row:
    """Compare a model with the kernels, and its design with the model."""
    started = time.perf_counter()
    compare = differing_in_sequence if name in KEEPING else differing
    by_tensor, outputs = compare(path, inputs)
    seconds = time.perf_counter() - started
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        design = hwcompile.compile(path, Path(folder) / "build", target_cycles=TARGET)
        compiling = time.perf_counter() - started
        outcome = design.verify(**given(name, path, frames))
        report = design.report["design"]
    return Row(
        network=name,
        inputs=inputs,
        differing=outputs,
        tensors=len(by_tensor),
        tensors_differing=sum(1 for count in by_tensor.values() if count),
        interval_cycles=report["interval_cycles"]["predicted"],
        latency_cycles=report["latency_cycles"]["predicted"],
        frames=frames,
        mismatches=sum(m.count for found in outcome.mismatches.values() for m in found),
        cycles_agree=outcome.cycles_agree,
        import_seconds=round(seconds, 2),
        compile_seconds=round(compiling, 2),
    )


def given(name: str, path: Path, frames: int) -> dict[str, Any]:
    """Frames for a verification; states are drawn with the rest."""
    if name in KEEPING:
        return {"frames": frames}
    file = read_file(path)
    names = [file.tensors[n].name for n in file.inputs]
    drawn = zip(names, frames_of(path, max(frames, 2), seed=1), strict=True)
    return {"inputs": {n: x[:frames].astype(np.float32) for n, x in drawn}}


TABLES = {
    "": ("network", "inputs", "differing", "tensors", "tensors differing", "interval", "latency",
         "RTL frames", "mismatches")
}  # fmt: skip


def line(row: Row) -> list[str]:
    """A row as documents show it."""
    found = [row.inputs, row.differing, row.tensors, row.tensors_differing, row.interval_cycles,
             row.latency_cycles, row.frames, row.mismatches]  # fmt: skip
    return [f"`{row.network}`", *(number(value) for value in found)]


def main() -> int:
    options_of = parser(__doc__)
    options_of.add_argument("--only", nargs="+", default=[], help="networks whose names begin so")
    options_of.add_argument("--inputs", type=int, default=200)
    options_of.add_argument("--frames", type=int, default=2)
    options = options_of.parse_args()
    console = Console(width=160, highlight=False)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name, path in networks(Path(folder)):
            if options.only and not name.startswith(tuple(options.only)):
                continue
            console.print(f"{name} ...", style="dim")
            rows.append(measure(name, path, options.inputs, options.frames))
            write(options, [asdict(row) for row in rows], "")
    lines = [line(row) for row in rows]
    show(TABLES[""], lines, left=1)
    write(options, [asdict(row) for row in rows], markdown(TABLES[""], lines, left=1))
    wrong = any(r.differing or r.tensors_differing or r.mismatches for r in rows)
    return 1 if wrong or not all(r.cycles_agree for r in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
