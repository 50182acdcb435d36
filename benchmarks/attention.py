"""Transformer encoders beside ONNX Runtime, and their matrix engines beside the arithmetic.

    python benchmarks/attention.py [--only NETWORK ...] [--frames N] [--json FILE] [--markdown FILE]

Small encoders with random weights (`benchmarks/attention_models.py`), quantized by ONNX Runtime's
`quantize_static`. For each: how many integers of all its quantized tensors differ from ONNX
Runtime's without optimizations on random frames, computed from the input on, and by how many steps;
then the design for a target, its interval in RTL simulation beside the cycles that its slowest
matrix engine needs at least (multiplications by lanes), and mismatches of all levels.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

import hwcompile
from benchmarks.attention_models import MODELS, calibration, quantized
from benchmarks.onnxruntime_layers import tensors
from benchmarks.output import markdown, number, parser, show, write
from hwcompile.frontends.load import ImportedModel, load_model
from hwcompile.ir.graph import Graph, Node
from hwcompile.ops.attention.op import PairMatmul
from hwcompile.ops.matmul.op import Matmul
from hwcompile.passes.pipelines import LOWERING, run_passes

Array = np.ndarray[Any, Any]

TARGET = 1024
FRAMES = 64
SIMULATED = 3


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


def differences(imported: ImportedModel, x: Array, truth: dict[str, Array]) -> Iterator[Array]:
    """How many steps every element of each tensor is away, tensor by tensor."""
    graph = imported.graph
    values = dict(imported.run_host_inputs(x))
    last = {node.origin.node: node.outputs[0] for node in graph.nodes}
    for node in graph.nodes:
        inputs = tuple(values[v] for v in node.inputs)
        (values[node.outputs[0]],) = node.op.evaluate(graph.input_types(node), inputs)
    for name, expected in truth.items():
        if name in last and values[last[name]].size == expected.size:
            yield _apart(values[last[name]], expected.astype(np.int64))


def _apart(ours: Array, theirs: Array) -> Array:
    """Heads are beside each other in a token here, and the tokens of a head in ONNX's tensors."""
    frames = ours.shape[0]
    orders = [theirs]
    if theirs.ndim == 4:
        orders = [theirs.transpose(0, 2, 1, 3), theirs.transpose(0, 3, 1, 2)]
    found = [np.abs(ours.reshape(frames, -1) - o.reshape(frames, -1)) for o in orders]
    return min(found, key=lambda apart: int(apart.sum()))


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
    if isinstance(node.op, Matmul):
        return kinds[0].pixels * int(node.op.weights.size)
    if isinstance(node.op, PairMatmul):
        return graph.types[node.outputs[0]].size * node.op.sizes(kinds)[1]
    return 0


def measured(name: str, frames: int, folder: Path) -> Row:
    """One network."""
    path = quantized(MODELS[name], folder)
    x = calibration(MODELS[name], frames, seed=5)[:, 0]
    imported = load_model(path)
    apart = list(differences(imported, x, tensors(path, x, optimized=False)))
    design = hwcompile.compile(path, folder / "design", target_cycles=TARGET, hls=True)
    checked = design.verify(frames=SIMULATED, levels=("reference", "hls", "rtl"))
    lowered = run_passes(imported.graph, LOWERING)
    engine, interval = engine_cycles(lowered, design.report["nodes"]), int(checked.settled or 0)
    return Row(
        name,
        len(apart),
        sum(steps.size for steps in apart),
        sum(int(np.count_nonzero(steps)) for steps in apart),
        max(int(steps.max()) for steps in apart),
        interval,
        engine,
        100.0 * engine / interval,
        sum(map(len, checked.mismatches.values())),
    )


TITLES = ("network", "tensors", "elements", "differ", "steps", "interval", "engine", "share, %",
          "mismatches")  # fmt: skip
TABLES = {"": TITLES}


def _cells(row: Row) -> list[str]:
    numbers = (row.tensors, row.elements, row.differing, row.most_steps, row.interval, row.engine)
    return [f"`{row.network}`", *map(number, numbers), f"{row.share:.1f}", number(row.mismatches)]


def main() -> int:
    """Run the benchmark; 1 when a level differs from the reference."""
    options = parser(__doc__)
    options.add_argument("--only", nargs="+", choices=MODELS, default=list(MODELS))
    options.add_argument("--frames", type=int, default=FRAMES)
    args = options.parse_args()
    rows = []
    for name in args.only:
        with tempfile.TemporaryDirectory() as folder:
            rows.append(measured(name, args.frames, Path(folder)))
            show(TITLES, [_cells(rows[-1])], left=1)
    write(args, [asdict(row) for row in rows], markdown(TITLES, [_cells(r) for r in rows], left=1))
    return 1 if any(row.mismatches for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
