"""The published 8-bit keyword spotter against ONNX Runtime, layer by layer.

    python benchmarks/onnxruntime_layers.py [--form qdq|qoperator] [--frames N]
                                            [--json FILE] [--markdown FILE]

Every layer is fed with the integers that ONNX Runtime computed before it, so a difference is the
layer's own. For each quantized tensor: elements, how many differ with graph optimizations off and
on, and how many of those lie on an exact rounding tie of the average. Documents show the tensors
that differ, and the sum of all.
"""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime

from benchmarks.output import markdown, number, parser, show, write
from benchmarks.workloads import models_folder
from hwcompile.frontends.load import ImportedModel, load_model

Array = np.ndarray[Any, Any]


def tensors(path: Path, x: Array, *, optimized: bool) -> dict[str, Array]:
    """ONNX Runtime's quantized tensors by the name of the node that makes them."""
    model = onnx.load(path)
    quantizing = ("QuantizeLinear", "QLinear")
    made = {n.output[0]: n.name for n in model.graph.node if n.op_type.startswith(quantizing)}
    known = {output.name for output in model.graph.output}
    model.graph.output.extend(onnx.ValueInfoProto(name=n) for n in made if n not in known)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    if not optimized:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    source = session.get_inputs()[0].name
    runs = [session.run(list(made), {source: frame[None]}) for frame in x]
    columns = zip(*runs, strict=True)
    return {made[n]: np.concatenate(c) for n, c in zip(made, columns, strict=True)}


def compare(
    imported: ImportedModel, x: Array, truth: dict[str, Array]
) -> dict[str, tuple[int, ...]]:
    """Node name to (elements, differing elements, differing elements on a tie of four)."""
    graph = imported.graph
    values = dict(imported.run_host_inputs(x))
    found: dict[str, tuple[int, ...]] = {}
    for node in graph.nodes:
        inputs = tuple(values[v] for v in node.inputs)
        (y,) = node.op.evaluate(graph.input_types(node), inputs)
        expected = truth.get(node.origin.node)
        if node.op.family in ("threshold", "table", "elementwise") and expected is not None:
            moved = expected.transpose(0, 2, 3, 1) if expected.ndim == 4 else expected
            moved = moved.astype(np.int64).reshape(y.shape)
            wrong = y != moved
            ties = np.count_nonzero((inputs[0][wrong] + 4 * 128) % 4 == 2)
            averaged = "average_pooling" in node.origin.node
            found[node.name] = (y.size, int(wrong.sum()), int(ties) if averaged else 0)
            y = moved
        values[node.outputs[0]] = y
    return found


@dataclass(frozen=True)
class Row:
    """One tensor, or all; field names are those of the JSON output.

    Attributes:
        network: Its id.
        node: The node that makes the tensor; "all" for the sum.
        elements: Compared.
        mismatches_off: Of these, how many differ from ONNX Runtime without graph optimizations.
        ties_off: Of those, how many lie on a rounding tie of an average.
        mismatches_on: As `mismatches_off`, with optimizations.
        ties_on: As `ties_off`, with optimizations.
    """

    network: str
    node: str
    elements: int
    mismatches_off: int
    ties_off: int
    mismatches_on: int
    ties_on: int


def measure(form: str, x: Array) -> list[Row]:
    """A row for every tensor that both sides have, and their sum."""
    path = models_folder() / "kws_int8_onnx" / f"micro_kws_m_static_{form}.onnx"
    imported = load_model(path)
    off, on = (compare(imported, x, tensors(path, x, optimized=o)) for o in (False, True))
    rows = [
        Row(f"kws_int8_{form}", name, *counts, *on.get(name, (0, 0, 0))[1:])
        for name, counts in off.items()
    ]
    columns = list(zip(*([*asdict(row).values()][2:] for row in rows), strict=True))
    return [*rows, Row(f"kws_int8_{form}", "all", *(sum(column) for column in columns))]


TABLES = {
    "": (
        *("tensor of", "elements", "differ, optimizations off", "of these on ties"),
        *("differ, optimizations on", "of these on ties"),
    )
}
FORMS = ("qdq", "qoperator")


def line(row: Row) -> list[str]:
    """A row as the table shows it."""
    return [row.node, *(number(value) for value in [*asdict(row).values()][2:])]


def main() -> int:
    options_of = parser(__doc__)
    options_of.add_argument("--form", choices=FORMS, default="qdq")
    options_of.add_argument("--frames", type=int, default=100)
    options = options_of.parse_args()
    rng, frames = np.random.default_rng(1), options.frames
    x = (rng.normal(size=(frames, 1960)) * rng.uniform(0.5, 4, (frames, 1))).astype(np.float32)
    rows = measure(options.form, x)
    show(TABLES[""], [line(row) for row in rows], left=1)
    shown = [row for row in rows if row.node == "all" or row.mismatches_off or row.mismatches_on]
    text = markdown(TABLES[""], [line(row) for row in shown], left=1)
    write(options, [asdict(row) for row in rows], text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
