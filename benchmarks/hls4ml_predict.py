"""How long hls4ml's users wait: convert, compile and predict, at every level and with Vitis.

    python benchmarks/hls4ml_predict.py [--only WORD ...] [--frames N] [--json FILE]
                                        [--markdown FILE]

For each model the seconds of wall-clock time from a trained model to the outputs of 1,000 frames:
with hls4ml's Vitis backend, which compiles its C++ with g++, and with the backend hwcompile, whose
`level` says what `predict` runs: the integer reference, the C++ that is emitted (hls), or the
simulated SystemVerilog (rtl). Nothing was compiled before: the cache of simulators is empty. The
last columns are frames per second of a second `predict`, and milliseconds of one for a single frame
at level reference. All outputs must be equal.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.hls4ml_oracle import Reals, inputs_of
from benchmarks.hls4ml_sample import Sample
from benchmarks.hls4ml_zoo import samples
from benchmarks.output import markdown, number, parser, show, write
from hwcompile.frontends.hls4ml.load import import_model_graph

MODELS = (
    *("dense", "autoencoder", "pictures", "signals", "functions", "softmaxes", "residual"),
    *("mobile", "accumulators", "truncating_convolution_default", "heterogeneous"),
)
"""Of the zoo; each in the first io type that it has."""

LEVELS = ("reference", "hls", "rtl")


@dataclass(frozen=True)
class Row:
    """A model; seconds to convert, compile and predict, frames per second of `predict` alone.

    Attributes:
        model: Its name.
        io_type: hls4ml's.
        frames: Predicted.
        differing: Elements in which any level differs from hls4ml.
        hls4ml_seconds: With hls4ml's Vitis backend.
        reference_seconds: Here, at level reference.
        hls_seconds: At level hls.
        rtl_seconds: At level rtl.
        hls4ml_fps: Of hls4ml's compiled C++.
        reference_fps: Here, at level reference.
        hls_fps: At level hls, files and processes included.
        rtl_fps: At level rtl, likewise.
        single_ms: Milliseconds to predict a single frame at level reference.
    """

    model: str
    io_type: str
    frames: int
    differing: int
    hls4ml_seconds: float
    reference_seconds: float
    hls_seconds: float
    rtl_seconds: float
    hls4ml_fps: float
    reference_fps: float
    hls_fps: float
    rtl_fps: float
    single_ms: float


@dataclass(frozen=True)
class Run:
    """Seconds to the outputs, seconds of a second prediction and of a single frame, outputs."""

    seconds: float
    again: float
    single: float
    outputs: list[Reals]


def run(sample: Sample, folder: Path, inputs: list[Reals], **options: Any) -> Run:
    """Convert, compile and predict as a user does."""
    x: Any = inputs if len(inputs) > 1 else inputs[0]
    start = time.perf_counter()
    graph = sample.graph(folder, **options)
    graph.compile()
    found = graph.predict(x)
    seconds = time.perf_counter() - start
    again = least_seconds(graph, x, 3)
    single = least_seconds(graph, [a[:1] for a in inputs] if len(inputs) > 1 else x[:1], 10)
    outputs = found if isinstance(found, list) else [found]
    return Run(seconds, again, single, [np.asarray(y).reshape(len(inputs[0]), -1) for y in outputs])


def least_seconds(graph: Any, x: Any, times: int) -> float:
    """Of several predictions; others work on the machine, too."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        graph.predict(x)
        found.append(time.perf_counter() - start)
    return min(found)


def measure(sample: Sample, frames: int) -> Row:
    """All ways for one model, with an empty cache."""
    with TemporaryDirectory() as place:
        folder = Path(place)
        os.environ["HWCOMPILE_CACHE"] = str(folder / "cache")
        imported = import_model_graph(sample.graph(folder / "read"))
        inputs = inputs_of(imported, frames, seed=0)
        theirs = run(sample, folder / "vitis", inputs)
        ours = {
            level: run(sample, folder / level, inputs, backend="hwcompile", level=level)
            for level in LEVELS
        }
    wrong = [
        int(np.count_nonzero(a != b))
        for found in ours.values()
        for a, b in zip(found.outputs, theirs.outputs, strict=True)
    ]
    return Row(
        model=sample.name,
        io_type=sample.io_type,
        frames=frames,
        differing=sum(wrong),
        hls4ml_seconds=theirs.seconds,
        reference_seconds=ours["reference"].seconds,
        hls_seconds=ours["hls"].seconds,
        rtl_seconds=ours["rtl"].seconds,
        hls4ml_fps=frames / theirs.again,
        reference_fps=frames / ours["reference"].again,
        hls_fps=frames / ours["hls"].again,
        rtl_fps=frames / ours["rtl"].again,
        single_ms=1000 * ours["reference"].single,
    )


TITLES = (
    *("model", "io_type", "frames", "differing", "hls4ml s", "reference s", "hls s", "rtl s"),
    *("hls4ml/s", "reference/s", "hls/s", "rtl/s", "one, ms"),
)
TABLES = {"": TITLES}


def main() -> int:
    options_of = parser(__doc__)
    options_of.add_argument("--only", nargs="*", default=MODELS, metavar="MODEL")
    options_of.add_argument("--frames", type=int, default=1000)
    options = options_of.parse_args()
    firsts: dict[str, Sample] = {}
    for sample in samples():
        if sample.name in options.only:
            firsts.setdefault(sample.name, sample)
    rows = []
    for sample in firsts.values():
        rows.append(measure(sample, options.frames))
        print(rows[-1], file=sys.stderr, flush=True)
    lines = [[number(value) for value in asdict(row).values()] for row in rows]
    show(TITLES, lines)
    write(options, [asdict(row) for row in rows], markdown(TITLES, lines, left=2))
    return 1 if any(row.differing for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
