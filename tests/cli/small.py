"""A tiny QONNX model, and ways to spoil it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

QONNX = "qonnx.custom_op.general"


def model(
    *, scale: float = 0.25, batch: int | str = 1, width: int | str = 6, op: str = "Relu"
) -> onnx.ModelProto:
    """Quant -> MatMul with ternary weights -> `op` -> Quant; input [batch, width]."""
    weights = np.random.default_rng(3).integers(-1, 2, (6, 4)).astype(np.float32)
    constants = {
        "scale": scale, "zero": 0.0, "four": 4.0, "one": 1.0, "two": 2.0,
    }  # fmt: skip
    nodes = [
        _quant("quant_in", ["x", "scale", "zero", "four"], "xq", signed=1),
        _quant("quant_w", ["weights", "one", "zero", "two"], "wq", signed=1),
        helper.make_node("MatMul", ["xq", "wq"], ["acc"], "fc"),
        helper.make_node(op, ["acc"], ["act"], "activation"),
        _quant("quant_out", ["act", "scale", "zero", "four"], "y", signed=0),
    ]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [batch, width])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [batch, 4])],
        [numpy_helper.from_array(weights, "weights")]
        + [numpy_helper.from_array(np.asarray(v, np.float32), k) for k, v in constants.items()],
    )
    opsets = [helper.make_opsetid("", 13), helper.make_opsetid(QONNX, 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def save(folder: Path, name: str = "small.onnx", **options: object) -> Path:
    """Write `model(**options)` below `folder` and return its path."""
    path = folder / name
    onnx.save(model(**options), path)  # type: ignore[arg-type]
    return path


def _quant(name: str, inputs: list[str], output: str, signed: int) -> onnx.NodeProto:
    return helper.make_node(
        "Quant",
        inputs,
        [output],
        name,
        domain=QONNX,
        signed=signed,
        narrow=0,
        rounding_mode="ROUND",
    )
