"""The published 8-bit keyword spotter against ONNX Runtime, layer by layer.

    python benchmarks/onnxruntime_layers.py [--frames N]

Every layer is fed with the integers that ONNX Runtime computed before it, so a difference is the
layer's own. For each quantized tensor: elements, how many differ with graph optimizations off and
on, and how many of those lie on an exact rounding tie of the average.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from rich.console import Console
from rich.table import Table
from workloads import models_folder

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
    found = {}
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
            found[node.name] = (y.size, int(wrong.sum()), ties if averaged else 0)
            y = moved
        values[node.outputs[0]] = y
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=100)
    frames = parser.parse_args().frames
    rng = np.random.default_rng(1)
    x = (rng.normal(size=(frames, 1960)) * rng.uniform(0.5, 4, (frames, 1))).astype(np.float32)
    path = models_folder() / "kws_int8_onnx" / "micro_kws_m_static_qdq.onnx"
    imported = load_model(path)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("node", "elements", "differ, off", "on ties", "differ, on", "on ties"):
        table.add_column(title, justify="left" if title == "node" else "right")
    off, on = (compare(imported, x, tensors(path, x, optimized=o)) for o in (False, True))
    for name, (size, wrong, ties) in off.items():
        _, wrong_on, ties_on = on.get(name, (0, 0, 0))
        table.add_row(name, *(f"{n:,}" for n in (size, wrong, ties, wrong_on, ties_on)))
    Console(width=140, highlight=False).print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
