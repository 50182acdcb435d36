"""A network that looks at a frame only where something moves (Fast YOLO)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper

from benchmarks.planning_models import Grower
from benchmarks.techniques_networks.network import (
    Array,
    Frames,
    Network,
    executed,
    only_output,
)

PICTURE = (3, 6, 8)
RESULT = (5, 3, 4)
RESULT_NAME = "found"
FILM, SETTLED = 24, 8
"""Frames, and those of them at the end in which everything moves."""

THRESHOLD = 60.0
"""Of the sum of a motion map."""


class Branches(Grower):
    """Operators of plain ONNX alone, of which some are in a graph of their own."""

    def quant(self, x: str, bits: int, signed: bool, step: float = 1.0) -> str:
        """QuantizeLinear and DequantizeLinear; fewer bits than 8 by a Clip in front."""
        kind = np.int8 if signed else np.uint8
        if bits < 8:
            low, high = (
                (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
            )
            x = self.op("Clip", x, self.constant(low * step), self.constant(high * step))
        numbers = (self.constant(step), self.constant(np.array(0, kind)))
        return self.op("DequantizeLinear", self.op("QuantizeLinear", x, *numbers), *numbers)

    def weights(self, bits: int, *shape: int) -> str:
        """Random integers of so many bits."""
        half = 1 << (bits - 1)
        values = self.random.integers(-half + 1, half, shape).astype(np.int8)
        numbers = (self.constant(1.0), self.constant(np.array(0, np.int8)))
        return self.op("DequantizeLinear", self.constant(values), *numbers)

    def graph_from(self, start: int, result: str, name: str) -> onnx.GraphProto:
        """The nodes from `start` on as a graph of their own."""
        nodes = self.nodes[start:]
        del self.nodes[start:]
        return helper.make_graph(nodes, name, [], [onnx.ValueInfoProto(name=result)])


def _motion(net: Branches, x: str, reference: str) -> str:
    """A convolution of 1 x 1 over both frames gives a motion map; is there more than a little?"""
    both = net.op("Concat", x, reference, axis=1)
    channels = PICTURE[0]
    line = np.repeat([1, -1], channels)
    weights = np.stack([line, -line]).reshape(2, 2 * channels, 1, 1).astype(np.int8)
    numbers = (net.constant(1.0), net.constant(np.array(0, np.int8)))
    kernel = net.op("DequantizeLinear", net.constant(weights), *numbers)
    moved = net.act(net.op("Conv", both, kernel, kernel_shape=[1, 1]), 4, 4.0)
    total = net.op("ReduceSum", moved, net.constant(np.array([1, 2, 3])), keepdims=0)
    return net.op("Greater", total, net.constant(np.array([THRESHOLD])))


def _deep(net: Branches, x: str) -> str:
    """Leaky ReLU, a map in four parts beside a smaller one, and what is detected."""
    fine = net.op("LeakyRelu", net.conv(x, 2, 3, 4), alpha=0.125)
    fine = net.quant(fine, 8, True, 16.0)
    small = net.pool(fine, 2, 2)
    parts = net.op("SpaceToDepth", fine, blocksize=2)
    net.channels[parts] = 8
    both = net.op("Concat", small, parts, axis=1)
    net.channels[both] = 10
    return net.quant(net.conv(both, RESULT[0], 1, 4), 8, True, 32.0)


def fast_yolo(path: Path) -> None:
    """Where nothing moves, the result is that of an earlier frame, which comes as an input."""
    net = Branches(*PICTURE)
    x, reference = net.quant("x", 8, True), net.quant("reference", 8, True)
    net.channels.update({x: PICTURE[0], reference: PICTURE[0]})
    condition = _motion(net, x, reference)
    start = len(net.nodes)
    result = _deep(net, x)
    then = net.graph_from(start, result, "moved")
    kept = net.quant("held", 8, True, 32.0)
    other = net.graph_from(start, kept, "still")
    net.nodes.append(
        helper.make_node(
            "If", [condition], [RESULT_NAME], "gate", then_branch=then, else_branch=other
        )
    )
    inputs = [
        helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, *shape])
        for name, shape in (("x", PICTURE), ("reference", PICTURE), ("held", RESULT))
    ]
    output = helper.make_tensor_value_info(RESULT_NAME, onnx.TensorProto.FLOAT, [1, *RESULT])
    graph = helper.make_graph(net.nodes, path.stem, inputs, [output], net.constants)
    versions = [helper.make_opsetid("", 13)]
    onnx.save(helper.make_model(graph, opset_imports=versions, ir_version=8), path)


def video(path: Path) -> Frames:
    """Frames that mostly stand still, each with the one before, and results of other frames.

    In the last ones everything moves, so that they follow each other as fast as they can.
    """
    random = np.random.default_rng(68)
    frames: list[Array] = [random.integers(-128, 128, PICTURE)]
    moving = random.random(FILM) < 0.4
    moving[-SETTLED:] = True
    for moves in moving:
        change = random.integers(-128, 128, PICTURE) if moves else random.integers(-2, 3, PICTURE)
        frames.append(np.clip(change if moves else frames[-1] + change, -128, 127))
    film = np.stack(frames).astype(np.float32)
    held = 32.0 * random.integers(-128, 128, (FILM, *RESULT))
    return {"x": film[1:], "reference": film[:-1], "held": held.astype(np.float32)}


def without_result(path: Path) -> Frames:
    """The same film alone."""
    return {name: x for name, x in video(path).items() if name != "held"}


def fed_back(path: Path, inputs: Frames) -> Frames:
    """What an executor says where each result is an input beside the next frame."""
    name, rows = only_output(path), [np.zeros((1, *RESULT), np.float32)]
    for number in range(len(inputs["x"])):
        frame = {key: x[number : number + 1] for key, x in inputs.items()}
        rows.append(executed(path, {**frame, "held": rows[-1]})[name])
    return {name: np.concatenate(rows[1:])}


def _options(**more: Any) -> dict[str, Any]:
    return {"target_cycles": 400, **more}


NETWORKS = (
    Network(68, "Fast YOLO, results come in", fast_yolo, frames=video, options=_options()),
    Network(
        68,
        "Fast YOLO, held in hardware",
        fast_yolo,
        frames=without_result,
        expected=fed_back,
        options=_options(held={"held": RESULT_NAME}),
    ),
)
