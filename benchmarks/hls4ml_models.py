"""Models that hls4ml converts, beside hls4ml's own C simulation: integers and speed.

    python benchmarks/hls4ml_models.py [--source NAME ...] [--only WORD ...] [--inputs N] [--hasty]
                                       [--csim] [--json FILE] [--markdown FILE]

For each model: random and extreme inputs, how many elements of all outputs differ, or why the model
is refused or absent; seconds to convert, compile and predict 1,000 frames here and with hls4ml's
Vitis backend; frames per second of hls4ml's compiled C++ and, with --csim, of the C++ that is
emitted here. With --hasty hls4ml's C++ is compiled without optimization, which changes no integer
but says nothing about its speed. Both programs run in turns, several times, so that others at work
on the machine slow both down; the best time of each counts.
"""

from __future__ import annotations

import sys
import time
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.hls4ml_oracle import Reals, computed, hasty_compiler, inputs_of, simulated
from benchmarks.hls4ml_sample import Sample, absent
from benchmarks.hls4ml_zoo import samples
from benchmarks.output import markdown, number, parser, show, write
from hwcompile.compiler import build
from hwcompile.design import Design
from hwcompile.diagnostics import CompileError
from hwcompile.frontends.hls4ml.load import import_model_graph
from hwcompile.frontends.imported import ImportedModel
from hwcompile.options import CompileOptions

FRAMES = 1000

SOURCES = ("keras3", "keras2", "hgq2", "pytorch", "qonnx", "qkeras")
"""What models are made with; keras2 are lists of layers as hls4ml reads Keras 2."""

ABSENT = "absent: "
"""Begins the reason for a model whose source is not installed; documents leave it out."""

REPEATED = 5
"""Runs of each program for the speed, in turns."""


@dataclass(frozen=True)
class Row:
    """A model.

    Attributes:
        model: Its name.
        source: What it was trained with.
        io_type: hls4ml's.
        inputs: Frames compared.
        elements: Elements of all their outputs.
        differing: Elements in which both differ; None when refused.
        refused_reason: What the front end says; empty when it is built.
        seconds: To convert, compile and predict here.
        hls4ml_seconds: The same with hls4ml's Vitis backend.
        reference_fps: Frames per second of `predict` here.
        csim_fps: Of the C++ that is emitted here; None when it was not asked for.
        hls4ml_fps: Of hls4ml's compiled C++.
    """

    model: str
    source: str
    io_type: str
    inputs: int
    elements: int = 0
    differing: int | None = None
    refused_reason: str = ""
    seconds: float = 0.0
    hls4ml_seconds: float = 0.0
    reference_fps: float = 0.0
    csim_fps: float | None = None
    hls4ml_fps: float = 0.0


def measured(sample: Sample, folder: Path, frames: int, *, csim: bool) -> Row:
    """Convert, compile and predict both ways, and compare."""
    start = time.perf_counter()
    graph = sample.graph(folder / "project")
    converted = time.perf_counter() - start
    named = Row(sample.name, sample.source, sample.io_type, 0)
    start = time.perf_counter()
    try:
        imported = import_model_graph(graph)
    except CompileError as error:
        first = error.diagnostics[0]
        return replace(named, refused_reason=f"{first.what}: {first.why}")
    inputs = inputs_of(imported, frames, seed=0)
    read, start = time.perf_counter() - start, time.perf_counter()
    values, digits = computed(imported, inputs)
    ours, start = time.perf_counter() - start, time.perf_counter()
    graph.compile()
    compiled, start = time.perf_counter() - start, time.perf_counter()
    expected = simulated(graph, inputs)
    theirs = time.perf_counter() - start
    emitted = Emitted.of(imported, inputs, folder / "build") if csim else None
    again, cpp = [theirs], []
    for _ in range(REPEATED):
        start = time.perf_counter()
        simulated(graph, inputs)
        again.append(time.perf_counter() - start)
        if emitted is not None:
            cpp.append(emitted.seconds())
    wrong = [
        int(np.sum(a != np.ldexp(b, d))) for a, b, d in zip(values, expected, digits, strict=True)
    ]
    return replace(
        named,
        inputs=frames,
        elements=sum(a.size for a in values),
        differing=sum(wrong),
        seconds=converted + read + ours,
        hls4ml_seconds=converted + compiled + theirs,
        reference_fps=frames / ours,
        csim_fps=frames / min(cpp) if cpp else None,
        hls4ml_fps=frames / min(again),
    )


@dataclass(frozen=True)
class Emitted:
    """The C++ of a design, compared with the reference once.

    Attributes:
        design: Its build directory.
        inputs: Frames of each input, by name.
    """

    design: Design
    inputs: dict[str, Reals]

    @classmethod
    def of(cls, imported: ImportedModel, inputs: list[Reals], folder: Path) -> Emitted | None:
        """Build and compare; None where a part of the design has no C++."""
        build(imported, folder, CompileOptions(force=True))
        hosts = zip(imported.host_inputs, inputs, strict=True)
        found = cls(Design(folder), {host.source: x for host, x in hosts})
        try:
            run = found.design.simulate(found.inputs, level="hls")
        except CompileError as error:
            print(error, file=sys.stderr)
            return None
        reference = found.design.simulate(found.inputs, level="reference")
        for name, raw in reference.raw.items():
            np.testing.assert_array_equal(run.raw[name], raw)
        return found

    def seconds(self) -> float:
        """Of the compiled program alone, for all frames."""
        return self.design.simulate(self.inputs, level="hls").seconds


def rows_of(chosen: list[Sample], frames: int, *, hasty: bool, csim: bool) -> list[Row]:
    found = []
    for sample in chosen:
        with TemporaryDirectory() as place:
            folder = Path(place)
            with hasty_compiler(folder) if hasty else nullcontext():
                row = row_of(sample, folder, frames, csim=csim)
        print(row, file=sys.stderr, flush=True)
        found.append(row)
    return found


def row_of(sample: Sample, folder: Path, frames: int, *, csim: bool) -> Row:
    """The row, also of a model that can not be made here or that hls4ml does not take."""
    named = Row(sample.name, sample.source, sample.io_type, 0)
    reason = absent(sample.source)
    if reason:
        return replace(named, refused_reason=f"{ABSENT}{reason}")
    try:
        return measured(sample, folder, frames, csim=csim)
    except Exception as error:  # hls4ml's own converters and compilers fail too
        return replace(named, refused_reason=f"hls4ml: {error}"[:200])


TITLES = (
    "model", "source", "io_type", "inputs", "elements", "differing", "refused", "s", "hls4ml s",
    "predict/s", "C++/s", "hls4ml C++/s",
)  # fmt: skip


TABLES = {
    "--csim": (
        *("model", "source", "io_type", "elements", "differing"),
        *("s", "hls4ml s", "C++/s", "hls4ml C++/s"),
    )
}
"""Columns of documents."""


def texts(row: Row) -> list[str]:
    return ["-" if value is None else number(value) for value in asdict(row).values()]


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--only", nargs="*", default=[], metavar="WORD", help="models by name")
    arguments.add_argument("--source", nargs="*", default=SOURCES, choices=SOURCES)
    arguments.add_argument("--inputs", type=int, default=FRAMES, help="frames of each model")
    arguments.add_argument("--hasty", action="store_true", help="compile hls4ml's C++ with -O0")
    arguments.add_argument("--csim", action="store_true", help="the speed of the emitted C++ too")
    options: Any = arguments.parse_args()
    words = options.only
    chosen = [
        s
        for s in samples()
        if s.source in options.source and (not words or any(word in s.name for word in words))
    ]
    rows = rows_of(chosen, options.inputs, hasty=options.hasty, csim=options.csim)
    table = [texts(row) for row in rows]
    show(TITLES, table, left=3)
    kept = TABLES["--csim"]
    shown = [
        [text for title, text in zip(TITLES, line, strict=True) if title in kept]
        for row, line in zip(rows, table, strict=True)
        if not row.refused_reason.startswith(ABSENT)
    ]
    write(options, [asdict(row) for row in rows], markdown(kept, shown, left=3))


if __name__ == "__main__":
    main()
