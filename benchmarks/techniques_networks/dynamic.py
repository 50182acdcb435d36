"""Networks whose ways depend on what they compute: masks, chosen places, states, embeddings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper

from benchmarks.planning_models import QONNX, Grower
from benchmarks.techniques_networks.network import FRAMES, Array, Frames, Network, extremes_first
from hwcompile.compress import register_signs
from hwcompile.frontends.load import load_model
from hwcompile.ops.lstm.op import Lstm

READ, WRITTEN, WORDS, CELLS = 4, 3, 5, 6
STEP = 2.0**-4
"""Of a decoder's and encoder's inputs."""


def residual_attention(path: Path) -> None:
    """A trunk T, and a mask M from a smaller map that is interpolated: (1 + M) * T."""
    net = Grower(3, 4, 6)
    x = net.quant("x", 8, True)
    trunk = net.quant(net.conv(x, 4, 3, 4), 8, True, 8.0)
    small = net.quant(net.conv(net.pool(trunk, 2, 2), 4, 1, 4), 8, True, 8.0)
    twice = (net.constant(np.zeros(0, np.float32)), net.constant(np.array([1.0, 1, 2, 2])))
    large = net.quant(net.op("Resize", small, *twice, mode="linear"), 8, True, 8.0)
    scaled = net.op("Mul", net.conv(large, 4, 1, 4), net.constant(2.0**-11))
    mask = net.quant(net.op("Sigmoid", scaled), 8, False, 2.0**-8)
    both = net.op("Mul", net.op("Add", mask, net.constant(1.0)), trunk)
    net.save(path, net.quant(both, 8, True, 16.0))


FEATURES = 24
"""Of random features."""


def random_features(path: Path) -> None:
    """Signs that a shift register makes, a cosine of each sum, and weights that are trained."""
    net = Grower(12, 1, 1)
    x = net.op("Flatten", net.quant("x", 8, True))
    signs = net.constant(register_signs((12, FEATURES)))
    binary = net.op("BipolarQuant", signs, net.constant(1.0), domain=QONNX)
    phases = net.constant(net.random.uniform(0, 2 * np.pi, FEATURES))
    angles = net.op(
        "Add", net.op("Mul", net.op("MatMul", x, binary), net.constant(2.0**-7)), phases
    )
    features = net.quant(net.op("Cos", net.quant(angles, 8, True, 2.0**-4)), 8, True, 2.0**-7)
    net.save(path, net.op("MatMul", features, net.weights(4, FEATURES, 5)))


def chosen_places(path: Path) -> None:
    """A coarse network ranks the places of a map; a fine one works on the best six."""
    net = Grower(2, 4, 5)
    maps = net.quant(net.conv(net.quant("x", 8, True), 3, 3, 4), 8, True, 4.0)
    scores = net.quant(net.conv(maps, 1, 1, 4), 8, True, 4.0)
    flat = net.op("Reshape", scores, net.constant(np.array([1, 20])))
    net.nodes.append(
        helper.make_node("TopK", [flat, net.constant(np.array([6]))], ["best", "places"], axis=1)
    )
    rows = net.op("Reshape", maps, net.constant(np.array([1, 3, 20])))
    index = net.op("Reshape", "places", net.constant(np.array([6])))
    tokens = net.op("Transpose", net.op("Gather", rows, index, axis=2), perm=[0, 2, 1])
    net.save(path, net.quant(net.op("MatMul", tokens, net.weights(4, 3, 7)), 8, True, 4.0))


def embedding(path: Path) -> None:
    """A vector of length 1, which the host makes."""
    net = Grower(12, 1, 1)
    x = net.op("Flatten", net.quant("x", 8, True))
    y = net.quant(net.op("MatMul", x, net.weights(4, 12, 7)), 8, True, 16.0)
    net.save(path, net.op("LpNormalization", y, axis=-1, p=2))


def encoder_and_decoder(density: float) -> Callable[[Path], None]:
    """Two LSTMs: the second begins with the state in which the first one ends."""

    def build(path: Path) -> None:
        net = Grower(1, 1, 1)

        def matrix(size: int) -> str:
            kept = net.random.random((1, 4 * CELLS, size)) < density
            return net.constant(np.where(kept, net.random.normal(size=kept.shape), 0.0))

        inputs = [
            helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [steps, 1, WORDS])
            for name, steps in (("read", READ), ("written", WRITTEN))
        ]
        x, y = (net.quant(port.name, 8, True, STEP) for port in inputs)
        for name, operands in (("e", [x]), ("d", [y])):
            more = ["", "", "e_h", "e_c"] if name == "d" else []
            weights = [matrix(WORDS), matrix(CELLS)]
            results = [f"{name}_all", f"{name}_h", f"{name}_c"]
            node = [*operands, *weights, *more]
            net.nodes.append(helper.make_node("LSTM", node, results, name, hidden_size=CELLS))
        ends = [
            helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None)
            for name in ("d_all", "d_c")
        ]
        graph = helper.make_graph(net.nodes, path.stem, inputs, ends, net.constants)
        domains = (("", 14), ("qonnx.custom_op.general", 1))
        versions = [helper.make_opsetid(*domain) for domain in domains]
        onnx.save(helper.make_model(graph, opset_imports=versions, ir_version=8), path)

    return build


def sentences(path: Path) -> Frames:
    """Numbers of both sequences."""
    random = np.random.default_rng(80)
    return {
        name: extremes_first(random, (steps, 1, WORDS), -128, 127) * np.float32(STEP)
        for name, steps in (("read", READ), ("written", WRITTEN))
    }


def fixed_point(path: Path, inputs: Frames) -> Frames:
    """The equations of both cells with the integers that the import makes of the weights."""
    ops = [node.op for node in load_model(path).graph.nodes if isinstance(node.op, Lstm)]
    read, written = (
        np.clip(np.round(inputs[name] / STEP), -128, 127).astype(np.int64)[:, :, 0]
        for name in ("read", "written")
    )
    nothing = np.zeros((FRAMES, CELLS), dtype=np.int64)
    _, h, c = _steps(ops[0], read, nothing, nothing)
    every, _, c = _steps(ops[1], written, h, c)
    real = (every * 2.0**-15, c * 2.0**-11)
    return {
        "d_all": real[0].astype(np.float32)[:, :, None, None],
        "d_c": real[1].astype(np.float32)[:, None, None],
    }


def _steps(op: Lstm, x: Array, h: Array, c: Array) -> tuple[Array, Array, Array]:
    """All outputs [frames, steps, cells] and the last state, in plain integers."""

    def rounded(values: Array, shift: int) -> Array:
        half = (1 << shift) >> 1
        return np.asarray(np.clip((values + half) >> shift, -(1 << 15), (1 << 15) - 1))

    def look(table: Array, values: Array, shift: int) -> Array:
        return np.asarray(table[np.clip((values >> shift) + table.size // 2, 0, table.size - 1)])

    found = []
    for step in range(x.shape[1]):
        z = [
            (x[:, step] @ op.wx[g].T << op.x_shift) + (h @ op.wr[g].T << op.r_shift) + op.bias[g]
            for g in range(4)
        ]
        i, f, o = (look(op.sigma, z[g], op.table_shifts[0]) for g in (0, 1, 3))
        new = i * look(op.candidate, z[2], op.table_shifts[1])
        total = (f * c << op.cell_shifts[0]) + (new << op.cell_shifts[1])
        c = rounded(total, op.cell_shifts[2])
        h = rounded(o * look(op.squash, c, op.table_shifts[2]), op.m_shift)
        found.append(h)
    return np.stack(found, axis=1), h, c


_CYCLES: dict[str, Any] = {"target_cycles": 400}

NETWORKS = (
    Network(66, "Residual Attention", residual_attention, options=_CYCLES),
    Network(69, "Dynamic Capacity Networks", chosen_places, options=_CYCLES),
    Network(70, "random features", random_features, options={"target_cycles": 150}),
    Network(
        80,
        "sequence-level distillation",
        encoder_and_decoder(1 / 4),
        frames=sentences,
        expected=fixed_point,
        options=_CYCLES,
    ),
    Network(82, "DarkRank", embedding),
)
