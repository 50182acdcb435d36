"""Pruned QONNX models, and what is compared of their hardware."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from hwcompile.design import Design
from tests.e2e.oracles import Array


def quant(name: str, x: str, scale: float, bits: int, signed: int) -> list[onnx.NodeProto]:
    numbers = {"scale": scale, "zero": 0.0, "bits": float(bits)}
    constants = [
        helper.make_node(
            "Constant",
            [],
            [f"{name}_{part}"],
            value=numpy_helper.from_array(np.array(number, np.float32)),
        )
        for part, number in numbers.items()
    ]
    inputs = [x, *(f"{name}_{part}" for part in numbers)]
    node = helper.make_node(
        "Quant", inputs, [name], f"{name}_node", domain="qonnx.custom_op.general",
        signed=signed, narrow=0, rounding_mode="ROUND",
    )  # fmt: skip
    return [*constants, node]


def weights(rng: np.random.Generator, *shape: int) -> Array:
    return (rng.integers(-7, 8, shape) / 16).astype(np.float32)


def save(
    path: Path,
    nodes: list[onnx.NodeProto],
    source: Sequence[int],
    result: Sequence[int],
    tensors: Mapping[str, Array],
) -> Path:
    """Write a model from `x` to `y`, with the name of its file and tensors as constants."""
    graph = helper.make_graph(
        nodes,
        path.stem,
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, *source])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, *result])],
        [numpy_helper.from_array(value, name) for name, value in tensors.items()],
    )
    opsets = [helper.make_opsetid("", 13), helper.make_opsetid("qonnx.custom_op.general", 1)]
    path.parent.mkdir()
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)
    return path


def rtl_texts(design: Design) -> dict[str, bytes]:
    """Everything in `rtl/`, memory images included."""
    return {path.name: path.read_bytes() for path in (design.directory / "rtl").iterdir()}
