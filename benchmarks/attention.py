"""Transformer encoders beside ONNX Runtime, and their matrix engines beside the arithmetic.

    python benchmarks/attention.py [--tensors] [--only NETWORK ...] [--frames N]
                                   [--json FILE] [--markdown FILE]

Small encoders with random weights (`benchmarks/attention_models.py`), quantized by ONNX Runtime's
`quantize_static`, and a block of 4 bits that Brevitas exports (`benchmarks/attention_brevitas.py`).
For each: how many integers of all its quantized tensors differ from ONNX Runtime's without
optimizations on random frames, computed from the input on, and by how many steps; then the design
for a target, its interval in RTL simulation beside the cycles that its slowest matrix engine needs
at least (multiplications by lanes), and mismatches of all levels. `--tensors` has a row for each
tensor instead, and makes no designs.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

import hwcompile
from benchmarks.attention_brevitas import TOKENS, WIDTH, exported
from benchmarks.attention_models import MODELS, Sizes, calibration, quantized
from benchmarks.output import markdown, number, parser, show, write
from hwcompile.frontends.load import load_model
from hwcompile.ir.graph import Graph, Node
from hwcompile.ops.attention.op import PairMatmul
from hwcompile.ops.depthwise.op import Depthwise
from hwcompile.ops.matmul.op import Matmul
from hwcompile.passes.pipelines import LOWERING, run_passes

Array = np.ndarray[Any, Any]

TARGET = 1024
FRAMES = 64
SIMULATED = 3
BREVITAS = "brevitas_4_bits"
NETWORKS = (*MODELS, BREVITAS)
QUANTIZERS = ("QuantizeLinear", "Clip")
MOVES = ("Reshape", "Transpose", "Split")
"""What they give is left out where their operand is quantized: these are the same integers."""


@dataclass(frozen=True)
class Distance:
    """One tensor beside ONNX Runtime's; field names are those of the JSON output.

    Attributes:
        network: Its name.
        tensor: The node that quantizes it.
        operator: What made its real numbers.
        elements: Compared.
        differing: Of them.
        most_steps: The greatest difference.
    """

    network: str
    tensor: str
    operator: str
    elements: int
    differing: int
    most_steps: int


@dataclass(frozen=True)
class Row:
    """One network; field names are those of the JSON output.

    Attributes:
        network: Its name.
        tensors: Quantized tensors that are compared.
        elements: Of all of them.
        differing: From ONNX Runtime's.
        most_steps: The greatest difference.
        interval: Cycles between frames, measured.
        engine: Cycles that the slowest matrix engine needs for its multiplications.
        share: Of the interval in which that engine multiplies, percent.
        mismatches: Of `hls` and `rtl` with the reference.
    """

    network: str
    tensors: int
    elements: int
    differing: int
    most_steps: int
    interval: int
    engine: int
    share: float
    mismatches: int


def written(name: str, folder: Path) -> Path:
    """A network's file."""
    return exported(folder) if name == BREVITAS else quantized(MODELS[name], folder)


def frames_of(name: str, frames: int, seed: int) -> Array:
    """Random frames of a network, [frames, tokens, width]."""
    sizes = Sizes(tokens=TOKENS, width=WIDTH) if name == BREVITAS else MODELS[name]
    return calibration(sizes, frames, seed)[:, 0]


def distances(name: str, path: Path, x: Array) -> list[Distance]:
    """Every quantized tensor of a model, in the model's order, with all seen from outside.

    Args:
        name: Of the network.
        path: Its file; beside it another one is written that gives these tensors away.
        x: Frames, [frames, ...].
    """
    model = onnx.load(path)
    makers = {output: node for node in model.graph.node for output in node.output}
    names = [tensor for tensor in makers if _is_quantized(tensor, model.graph)]
    model.graph.ClearField("output")
    model.graph.output.extend(onnx.ValueInfoProto(name=tensor) for tensor in names)
    wide = path.with_name(f"seen_{path.name}")
    onnx.save(model, wide)
    ours, theirs = load_model(wide).run(x), _runtime(wide, x)
    found = []
    for tensor, expected in zip(names, theirs, strict=True):
        apart = ours[tensor].astype(np.int64).reshape(-1) - expected.astype(np.int64).reshape(-1)
        steps = np.abs(apart)
        node = makers[tensor]
        while node.op_type in (*QUANTIZERS, *MOVES) and node.input[0] in makers:
            node = makers[node.input[0]]
        operator = "input" if node.op_type in QUANTIZERS else node.op_type
        counts = steps.size, int(np.count_nonzero(steps)), int(steps.max())
        found.append(Distance(name, makers[tensor].name, operator, *counts))
    return found


def _is_quantized(tensor: str, graph: onnx.GraphProto) -> bool:
    """What a QuantizeLinear makes from what is computed, or the Clip behind it leaves."""
    makers = {output: node for node in graph.node for output in node.output}
    constants = {constant.name for constant in graph.initializer}
    readers = [node.op_type for node in graph.node if tensor in node.input]
    node = makers[tensor]
    if node.op_type == "Clip" and node.input[0] in makers:
        node = makers[node.input[0]]
    if node.op_type != "QuantizeLinear" or node.input[0] in constants or "Clip" in readers:
        return False
    source = makers.get(node.input[0])
    while source is not None and source.op_type in MOVES:
        source = makers.get(source.input[0])
    return source is None or source.op_type != "DequantizeLinear"


def _runtime(path: Path, x: Array) -> list[Array]:
    """ONNX Runtime's outputs without optimizations, frame by frame."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    source = session.get_inputs()[0].name
    runs = [session.run(None, {source: frame[None]}) for frame in x]
    return [np.concatenate(column) for column in zip(*runs, strict=True)]


def engine_cycles(graph: Graph, nodes: Sequence[Mapping[str, Any]]) -> int:
    """Multiplications by lanes of the matrix engine that needs most cycles.

    Args:
        graph: Lowered.
        nodes: Of the report.
    """
    lanes = {node["name"]: int(node["lanes"]) for node in nodes}
    works = {node.name: _work(graph, node) for node in graph.nodes}
    return max(-(-work // lanes[name]) for name, work in works.items() if work)


def _work(graph: Graph, node: Node) -> int:
    """Multiplications of a frame, for a matrix product."""
    kinds = graph.input_types(node)
    if isinstance(node.op, Matmul | Depthwise):
        return kinds[0].pixels * int(node.op.weights.size)
    if isinstance(node.op, PairMatmul):
        return graph.types[node.outputs[0]].size * node.op.sizes(kinds)[1]
    return 0


def measured(name: str, frames: int, folder: Path) -> Row:
    """One network."""
    path = written(name, folder)
    apart = distances(name, path, frames_of(name, frames, seed=5))
    design = hwcompile.compile(path, folder / "design", target_cycles=TARGET, hls=True)
    checked = design.verify(frames=SIMULATED, levels=("reference", "hls", "rtl"))
    lowered = run_passes(load_model(path).graph, LOWERING)
    engine, interval = engine_cycles(lowered, design.report["nodes"]), int(checked.settled or 0)
    return Row(
        name,
        len(apart),
        sum(tensor.elements for tensor in apart),
        sum(tensor.differing for tensor in apart),
        max(tensor.most_steps for tensor in apart),
        interval,
        engine,
        100.0 * engine / interval,
        sum(map(len, checked.mismatches.values())),
    )


TITLES = ("network", "tensors", "elements", "differ", "steps", "interval", "engine", "share, %",
          "mismatches")  # fmt: skip
OF_TENSORS = ("network", "tensor", "behind", "elements", "differ", "steps")
TABLES = {"": TITLES, "--tensors": OF_TENSORS}


def _cells(row: Row) -> list[str]:
    numbers = (row.tensors, row.elements, row.differing, row.most_steps, row.interval, row.engine)
    return [f"`{row.network}`", *map(number, numbers), f"{row.share:.1f}", number(row.mismatches)]


def _tensor_cells(tensor: Distance) -> list[str]:
    numbers = (tensor.elements, tensor.differing, tensor.most_steps)
    words = (tensor.network, tensor.tensor.removesuffix("_QuantizeLinear"), tensor.operator)
    return [*(f"`{word}`" for word in words), *map(number, numbers)]


def _of_tensors(names: Sequence[str], frames: int) -> list[Distance]:
    found = []
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            path = written(name, Path(folder))
            found += distances(name, path, frames_of(name, frames, seed=5))
    return found


def main() -> int:
    """Run the benchmark; 1 when a level differs from the reference."""
    options = parser(__doc__)
    options.add_argument("--only", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    options.add_argument("--frames", type=int, default=FRAMES)
    options.add_argument("--tensors", action="store_true")
    args = options.parse_args()
    if args.tensors:
        apart = _of_tensors(args.only, args.frames)
        cells = [_tensor_cells(tensor) for tensor in apart]
        show(OF_TENSORS, cells, left=3)
        write(args, [asdict(tensor) for tensor in apart], markdown(OF_TENSORS, cells, left=3))
        return 0
    rows = []
    for name in args.only:
        with tempfile.TemporaryDirectory() as folder:
            rows.append(measured(name, args.frames, Path(folder)))
            show(TITLES, [_cells(rows[-1])], left=1)
    write(args, [asdict(row) for row in rows], markdown(TITLES, [_cells(r) for r in rows], left=1))
    return 1 if any(row.mismatches for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
