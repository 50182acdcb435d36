"""What exporters write of each kind of layer, compiled and held against their own executors.

    python benchmarks/exporters.py [--only KIND ...] [--columns COLUMN ...]
                                   [--json FILE] [--markdown FILE]

A cell is a small random network with the kind of layer in its middle, quantized and exported by the
real tool. 16 frames run through the integer reference and through the tool's executor: ONNX Runtime
without graph optimizations, or PyTorch. `=` says that no element differs, `n steps` how many steps
of the output's quantizer they differ at most, `digits` that real numbers at the end differ in their
last digits, `near` that a recurrent cell is built in fixed point, a code why it is refused, and `-`
that the exporter does not write it, for a reason that is on file (`LACKS`); any other failure of a
tool ends the run. What an executor computes must vary (`monotony`), or the cell is `vacuous`.

The last column builds the network of one column, and runs its C++ and its RTL on the same frames.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import onnx

import hwcompile
from benchmarks.output import markdown, parser, show, write
from benchmarks.workloads import ROOT
from hwcompile.diagnostics import CompileError
from hwcompile.frontends.load import load_model
from hwcompile.frontends.memory.kinds import model_file
from hwcompile.frontends.memory.packages import quiet

Array = np.ndarray[Any, Any]
NEAR = 2.0**-6
"""How far real numbers of recurrent cells in fixed point may be off."""


class NotWrittenError(Exception):
    """The exporter does not write this kind of layer."""


@dataclass(frozen=True)
class Case:
    """A network that an exporter wrote: the model, frames, and what the executor computes."""

    model: object
    frames: Array
    expected: Array


@dataclass(frozen=True)
class Cell:
    """What is measured of a kind of layer in a column; field names are those of the JSON output."""

    kind: str
    column: str
    result: str
    elements: int = 0
    differing: int = 0
    values: int = 0


@cache
def workplace() -> Path:
    """A folder for all files of the run."""
    holder = tempfile.TemporaryDirectory(prefix="exporters_")
    _HELD.append(holder)
    return Path(holder.name)


_HELD: list[tempfile.TemporaryDirectory[str]] = []


@cache
def torch_file(kind: str) -> tuple[Path, Array]:
    """PyTorch's float model of a kind, and frames."""
    from benchmarks.exporters_torch import export

    path = workplace() / f"torch {kind}.onnx"
    return path, export(kind, path)


@cache
def keras_folder() -> Path:
    """Keras' float models, all of them: a program of its own makes them."""
    folder = workplace() / "keras"
    folder.mkdir()
    subprocess.run(
        [sys.executable, "-m", "benchmarks.exporters_keras", str(folder)],
        cwd=ROOT,
        env=os.environ | {"KERAS_BACKEND": "torch", "PYTHONPATH": str(ROOT)},
        check=True,
        capture_output=True,
    )
    return folder


def keras_file(kind: str) -> tuple[Path, Array]:
    """Keras' float model of a kind, and frames."""
    from benchmarks.exporters_keras import LACKS

    path = keras_folder() / f"{kind}.onnx"
    if not path.is_file():
        said = path.with_suffix(".txt").read_text()
        if said.partition(":")[0] != LACKS.get(kind):
            raise RuntimeError(f"Keras does not write {kind}, for no known reason: {said}")
        raise NotWrittenError(said)
    (shape,) = ([d.dim_value for d in i.type.tensor_type.shape.dim]
                for i in onnx.load(path).graph.input)  # fmt: skip
    rng = np.random.default_rng(len(kind))
    return path, rng.normal(size=(16, *shape[1:])).astype(np.float32)


def by_onnxruntime(
    source: Callable[[str], tuple[Path, Array]],
    kind: str,
    *,
    form: str = "QDQ",
    activations: str = "QUInt8",
    per_channel: bool = False,
    prepare: bool = False,
) -> Case:
    """A float model quantized by ONNX Runtime's `quantize_static`."""
    import onnxruntime.quantization as tools
    from onnxruntime.quantization.shape_inference import quant_pre_process

    path, frames = source(kind)
    name = onnx.load(path).graph.input[0].name
    feeds = ({name: frame[None]} for frame in frames)

    class Reader(tools.CalibrationDataReader):
        def get_next(self) -> dict[str, Array] | None:
            return next(feeds, None)

    target = workplace() / "quantized.onnx"
    with quiet():
        if prepare:
            quant_pre_process(path, workplace() / "prepared.onnx", skip_symbolic_shape=True)
            path = workplace() / "prepared.onnx"
        tools.quantize_static(
            path,
            target,
            Reader(),
            quant_format=getattr(tools.QuantFormat, form),
            activation_type=getattr(tools.QuantType, activations),
            weight_type=tools.QuantType.QInt8,
            per_channel=per_channel,
        )
    return Case(target, frames, executed(target, name, frames))


def by_one_call(kind: str) -> Case:
    """Keras' model and `hwcompile.quantize`, which gives ONNX Runtime its Einsums as MatMul."""
    path, frames = keras_file(kind)
    source = onnx.load(path)
    target = workplace() / "quantized.onnx"
    onnx.save(hwcompile.quantize(source, frames), target)
    return Case(target, frames, executed(target, source.graph.input[0].name, frames))


def executed(path: Path, name: str, frames: Array) -> Array:
    """ONNX Runtime without graph optimizations, frame by frame."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(
        path.read_bytes(), options, providers=["CPUExecutionProvider"]
    )
    return np.concatenate([session.run(None, {name: frame[None]})[0] for frame in frames])


def by_pt2e(kind: str) -> Case:
    """A program with PT2E's quantizers, in memory; PyTorch runs it."""
    from benchmarks.exporters_torch import quantized_program

    return Case(*quantized_program(kind))


def by_brevitas(kind: str, *, form: str) -> Case:
    """A module of Brevitas as QONNX or QCDQ; PyTorch runs it."""
    from benchmarks.exporters_brevitas import LACKS, case

    if (kind, form) in LACKS:
        raise NotWrittenError(LACKS[kind, form])
    return Case(*case(kind, form, workplace() / "brevitas.onnx"))


COLUMNS: dict[str, Callable[[str], Case]] = {
    "QDQ": partial(by_onnxruntime, torch_file),
    "QDQ pre-processed": partial(by_onnxruntime, torch_file, prepare=True),
    "QDQ per channel": partial(by_onnxruntime, torch_file, per_channel=True),
    "QDQ int16": partial(by_onnxruntime, torch_file, activations="QInt16"),
    "QOperator": partial(by_onnxruntime, torch_file, form="QOperator", prepare=True),
    "QOperator per channel": partial(
        by_onnxruntime, torch_file, form="QOperator", per_channel=True
    ),
    "Keras": by_one_call,
    "PT2E": by_pt2e,
    "Brevitas QONNX": partial(by_brevitas, form="qonnx"),
    "Brevitas QCDQ": partial(by_brevitas, form="qcdq"),
}
"""What a column is made by."""

LEVELS = "C++ and RTL"
"""Title of the column that says whether levels `hls` and `rtl` compute what `reference` does."""
BUILT = "QDQ per channel"
"""The column whose networks are built."""

NEEDS = {"PT2E": "pt2e", "Brevitas QONNX": "brevitas", "Brevitas QCDQ": "brevitas"}
"""The source of a column's models, as tests skip them; PyTorch's exporter for all others."""

KINDS = (
    *("convolution", "batch normalization", "depthwise", "groups, dilation", "transposed"),
    *("1-D convolution", "dense", "flatten", "residual", "concatenation", "max pool"),
    *("average pool", "global average pool", "nearest", "bilinear", "squeeze and excite"),
    *("sigmoid, tanh", "hard swish", "gelu", "silu", "leaky and parametric relu"),
    *("layer normalization", "attention", "LSTM", "GRU", "softmax at the end"),
)
TITLES = ("layer", *COLUMNS, LEVELS)
TABLES = {"": TITLES}


@contextmanager
def _read(model: object) -> Iterator[Any]:
    with model_file(model) as path:
        yield load_model(path)


def measure(kind: str, column: str) -> Cell:
    """Export, compile, and compare one cell."""
    if column == LEVELS:
        return built(kind)
    try:
        case = COLUMNS[column](kind)
        with _read(case.model) as imported:
            (found,) = imported.run(case.frames).values()
    except NotWrittenError:
        return Cell(kind, column, "-")
    except CompileError as error:
        codes = sorted({diagnostic.code for diagnostic in error.diagnostics})
        return Cell(kind, column, ", ".join(codes))
    differing = int(np.count_nonzero(found != case.expected))
    said = monotony(case.expected)
    result = f"vacuous: {said}" if said else _result(kind, found, case.expected)
    return Cell(kind, column, result, found.size, differing, len(np.unique(case.expected)))


def monotony(expected: Array) -> str:
    """Why an executor's results [frames, ...] say little; empty where they say enough.

    A mistake is seen only where numbers are many, where a frame's differ from another's, and where
    neighbours along every axis differ: alike tokens or channels hide that they were mixed up.
    """
    values, times = np.unique(expected, return_counts=True)
    if len(values) < 20:
        return f"{len(values)} values"
    if times.max() > 2 / 3 * expected.size:
        return f"most are {values[times.argmax()]}"
    still = np.all(expected == expected[:1], axis=0).mean()
    if still > 0.1:
        return f"{still:.0%} of the elements are the same in every frame"
    for axis in range(1, expected.ndim):
        parts = np.moveaxis(expected, axis, 1).reshape(len(expected), expected.shape[axis], -1)
        alike = np.all(parts[:, 1:] == parts[:, :-1], axis=2)
        if alike.size and alike.mean() > 0.1:
            return f"{alike.mean():.0%} of the neighbours along axis {axis} are alike"
    return ""


def built(kind: str) -> Cell:
    """The network of a kind in C++ and RTL, beside `reference`, in integers and cycles."""
    case = COLUMNS[BUILT](kind)
    with tempfile.TemporaryDirectory(dir=workplace()) as folder:
        design = hwcompile.compile(case.model, folder)
        done = design.verify(levels=("reference", "hls", "rtl"), inputs=case.frames)
        (found,) = design.simulate(case.frames, level="rtl").real.values()
    with _read(case.model) as imported:
        (expected,) = imported.run(case.frames).values()
    differing = int(np.count_nonzero(found != expected))
    result = "=" if done.passed and not differing else "; ".join(done.findings) or "differs"
    return Cell(kind, LEVELS, result, found.size, differing, len(np.unique(expected)))


def _result(kind: str, found: Array, expected: Array) -> str:
    far = float(np.abs(found.astype(np.float64) - expected).max())
    if kind in ("LSTM", "GRU") and far:
        return "near" if far <= NEAR else f"off by {far:.2g}"
    if not far:
        return "="
    if far <= 4e-7 * max(1.0, float(np.abs(expected).max())):
        return "digits"
    step = float(np.diff(np.unique(expected.astype(np.float64))).min())
    steps = round(far / step)
    return f"{steps} step{'s' * (steps != 1)}"


def main() -> int:
    options_of = parser(__doc__)
    options_of.add_argument("--only", nargs="+", default=list(KINDS))
    options_of.add_argument("--columns", nargs="+", default=[*COLUMNS, LEVELS])
    options = options_of.parse_args()
    cells = []
    for kind in options.only:
        for column in options.columns:
            cells.append(measure(kind, column))
            print(*asdict(cells[-1]).values(), sep=" | ", file=sys.stderr, flush=True)
    by = {(cell.kind, cell.column): cell.result for cell in cells}
    lines = [[kind, *(by[kind, column] for column in options.columns)] for kind in options.only]
    titles = ("layer", *options.columns)
    show(titles, lines, left=len(titles))
    write(options, [asdict(cell) for cell in cells], markdown(titles, lines, left=len(titles)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
