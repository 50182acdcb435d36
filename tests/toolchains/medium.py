"""A small folded network that needs block RAM and multipliers, unlike that of `tests.cli.small`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tests.cli.small import QONNX

TARGET_CYCLES = 1024


def save(folder: Path) -> Path:
    """Write a network 64 -> 32 -> 8 with 8-bit weights and values; returns its path."""
    rng = np.random.default_rng(1)
    constants = {
        "w1": rng.integers(-127, 128, (64, 32)),
        "w2": rng.integers(-127, 128, (32, 8)),
        "fine": 0.0317,
        "middle": 7.77,
        "coarse": 300.1,
        "one": 1.0,
        "zero": 0.0,
        "eight": 8.0,
    }
    nodes = [
        quant("x", "fine", "xq", 1),
        quant("w1", "one", "w1q", 1),
        helper.make_node("MatMul", ["xq", "w1q"], ["acc1"], "fc1"),
        helper.make_node("Relu", ["acc1"], ["act"], "relu"),
        quant("act", "middle", "h", 0),
        quant("w2", "one", "w2q", 1),
        helper.make_node("MatMul", ["h", "w2q"], ["acc2"], "fc2"),
        quant("acc2", "coarse", "y", 1),
    ]
    graph = helper.make_graph(
        nodes,
        "medium",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 64])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 8])],
        [
            numpy_helper.from_array(np.asarray(value, np.float32), name)
            for name, value in constants.items()
        ],
    )
    opsets = [helper.make_opsetid("", 13), helper.make_opsetid(QONNX, 1)]
    path = folder / "medium.onnx"
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)
    return path


def quant(source: str, scale: str, output: str, signed: int, bits: str = "eight") -> onnx.NodeProto:
    return helper.make_node(
        "Quant",
        [source, scale, "zero", bits],
        [output],
        f"quant_{output}",
        domain=QONNX,
        signed=signed,
        narrow=0,
        rounding_mode="ROUND",
    )
