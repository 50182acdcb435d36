"""A fully connected layer whose weights fill a block RAM on every family."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tests.cli.small import QONNX
from tests.toolchains.medium import quant

INPUTS, OUTPUTS = 32, 16
TARGET_CYCLES = 256


def save(path: Path, seed: int, largest: int = 7) -> Path:
    """Write a layer with random 4-bit weights, two a cycle; the largest stand at fixed places.

    So the ranges of all values, and with them the structure, are the same for every seed.
    """
    rng = np.random.default_rng(seed)
    weights = rng.integers(-largest - 1, largest + 1, (INPUTS, OUTPUTS))
    weights[:, 0], weights[:, 1] = -largest - 1, largest
    constants = {
        "w": weights, "fine": 0.25, "coarse": 2.0, "one": 1.0,
        "zero": 0.0, "four": 4.0, "eight": 8.0,
    }  # fmt: skip
    nodes = [
        quant("x", "fine", "xq", 1, "four"),
        quant("w", "one", "wq", 1, "four"),
        helper.make_node("MatMul", ["xq", "wq"], ["acc"], "fc"),
        quant("acc", "coarse", "y", 1, "eight"),
    ]
    graph = helper.make_graph(
        nodes,
        "folded",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, INPUTS])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, OUTPUTS])],
        [
            numpy_helper.from_array(np.asarray(value, np.float32), name)
            for name, value in constants.items()
        ],
    )
    opsets = [helper.make_opsetid("", 13), helper.make_opsetid(QONNX, 1)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)
    return path
