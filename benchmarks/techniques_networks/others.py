"""What needs a file of published weights, or is no ONNX model (rows 38, 44 and 54)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper
from scipy.linalg import hadamard

from benchmarks.lenet import BUDGET, images, lenet
from benchmarks.techniques_networks.chains import Chain, sparse, whole
from benchmarks.techniques_networks.network import Frames, Network, extremes_first
from benchmarks.workloads import models_folder
from hwcompile import rnn
from hwcompile.ir.graph import Graph

LENET = models_folder() / "lenet_sparse" / "lenet300100.npz"

STEPS, INPUTS, CELLS, OUTPUTS = 3, 12, 16, 8
PES = 4
DENSITY = 0.2

SIZE = 16
"""Of the transform."""


def surgery(path: Path) -> None:
    """Guo, 1608.04493: LeNet-300-100 with the weights that were published, scores in 8 bits."""
    model = lenet(LENET)
    graph = model.graph
    numbers = {"y_scale": np.float32(0.125), "y_zero": np.int8(0)}
    graph.initializer.extend(numpy_helper.from_array(np.array(n), k) for k, n in numbers.items())
    graph.node.append(
        helper.make_node("QuantizeLinear", [graph.output[0].name, *numbers], ["codes"], "codes")
    )
    graph.node.append(helper.make_node("DequantizeLinear", ["codes", *numbers], ["y"], "y"))
    graph.output[0].name = "y"
    onnx.save(model, path)


def digits(path: Path) -> Frames:
    """Random pixels, most of them black."""
    return {"image": (images(6) / 255).astype(np.float32)}


def cell_weights() -> dict[str, Any]:
    """Of a small cell with peepholes and a projection, one weight in five left."""
    r = np.random.default_rng(44)
    shapes = {
        "wx": (4 * CELLS, INPUTS), "wr": (4 * CELLS, OUTPUTS), "projection": (OUTPUTS, CELLS),
    }  # fmt: skip
    sizes = {name: sparse(r, DENSITY, *shape) / 8 for name, shape in shapes.items()}
    return sizes | {
        "bias": r.normal(size=(4, CELLS)) * 0.5, "peepholes": whole(r, 3, CELLS) / 16,
    }  # fmt: skip


def cell_graph(path: Path | None = None) -> Graph:
    """ESE, 1612.00694, in small: three steps of the cell."""
    return rnn.lstm(**cell_weights(), steps=STEPS)


def _signals(path: Path) -> Frames:
    frames = extremes_first(np.random.default_rng(44), (1, STEPS, INPUTS), -8192, 8191)
    return {"x": frames * np.float32(2.0**-12)}


def _cell(path: Path, inputs: Frames) -> Frames:
    """What the definition of the fixed-point cell makes of them."""
    graph = cell_graph()
    (x,), (y,) = graph.inputs, graph.outputs
    codes = np.rint(inputs["x"] / graph.types[x].scale[0]).astype(np.int64)
    return {y: graph.evaluate({x: codes})[y] * graph.types[y].scale[0]}


def cell_bound() -> int:
    """Cycles of a frame that no schedule of the products beats."""
    weights = cell_weights()
    entries = [int(np.count_nonzero(weights[name])) for name in ("wx", "wr", "projection")]
    return STEPS * -(-sum(entries) // PES)


def deep_fried(path: Path) -> None:
    """1412.7149: signs, transform, permutation, diagonal, transform, diagonal, in units of 1."""
    r = np.random.default_rng(54)
    net = Chain(1, 1, SIZE)
    y = net.op("Flatten", net.quant("x", 4, True))
    transform = net.constant(hadamard(SIZE).astype(np.float32))
    y = net.op("Mul", y, net.constant(r.choice([-1.0, 1.0], SIZE)))
    y = net.op("MatMul", y, transform)
    y = net.op("Gather", y, net.constant(r.permutation(SIZE)), axis=1)
    y = net.op("Mul", y, net.constant(r.choice([1.0, 2.0, 4.0], SIZE)))
    y = net.op("MatMul", y, transform)
    net.save(path, net.act(net.op("Mul", y, net.constant(r.choice([0.5, 1.0], SIZE))), 6, 8.0))


NETWORKS = (
    *(
        [
            Network(
                38, "LeNet-300-100, published weights", surgery, frames=digits,
                options={"schedule": {"nodes": {"ip1": {"kernel": "sparse", "pes": 8}}}},
                bound=BUDGET,
            )
        ]
        if LENET.is_file()
        else []
    ),
    Network(
        44, "small cell of ESE", cell_graph, frames=_signals, expected=_cell,
        options={"schedule": {"nodes": {"lstm": {"kernel": "static", "pes": PES}}}},
    ),
    Network(
        54, "deep fried", deep_fried, codes=(-8, 7), options={"target_cycles": 1}, bound=1,
        multipliers=0, ideal_bits=0,
    ),
)  # fmt: skip
