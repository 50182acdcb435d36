"""LeNet-300-100 with pruned weights that were published, as a quantized ONNX model.

Guo, Yao and Chen, "Dynamic network surgery for efficient DNNs", NIPS 2016: 4,351, 552 and 49
weights are left of its three layers.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

LAYERS = ("ip1", "ip2", "ip3")
SCALES = (1 / 255, 1 / 64, 1 / 64)
"""Of the layers' inputs, unsigned 8 bits."""
BUDGET = 560
"""Cycles per image."""

IntArray = npt.NDArray[np.int64]


def lenet(weights: Path) -> onnx.ModelProto:
    """The model: weights symmetric in 8 bits per layer, biases in 32 bits, QuantizeLinear pairs.

    Args:
        weights: The file `lenet300100.npz`, with `ip1_weight` [300, 784], `ip1_bias` ... as floats.
    """
    data = np.load(weights)
    nodes: list[onnx.NodeProto] = []
    constants: list[onnx.TensorProto] = []

    def constant(name: str, value: npt.NDArray[Any]) -> str:
        constants.append(numpy_helper.from_array(value, name))
        return name

    def node(kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        nodes.append(helper.make_node(kind, inputs, [output], output, **attributes))
        return output

    value = "image"
    for layer, scale in zip(LAYERS, SCALES, strict=True):
        pair = [
            constant(f"{layer}_x_scale", np.asarray(scale, np.float32)),
            constant(f"{layer}_x_zero", np.asarray(0, np.uint8)),
        ]
        value = node("QuantizeLinear", [value, *pair], f"{layer}_quantized")
        value = node("DequantizeLinear", [value, *pair], f"{layer}_input")
        step, integers = _integers(data[f"{layer}_weight"])
        quantized = constant(f"{layer}_w", integers)
        bias_step = np.float32(scale) * step
        bias = np.rint(data[f"{layer}_bias"] / bias_step).astype(np.int32)
        scales = [
            constant(f"{layer}_{of}_scale", np.asarray(size))
            for of, size in (("w", step), ("b", bias_step))
        ]
        w = node("DequantizeLinear", [quantized, scales[0]], f"{layer}_weight")
        b = node("DequantizeLinear", [constant(f"{layer}_b", bias), scales[1]], f"{layer}_bias")
        value = node("Gemm", [value, w, b], layer, transB=1)
        if layer != LAYERS[-1]:
            value = node("Relu", [value], f"{layer}_relu")
    graph = helper.make_graph(
        nodes,
        "lenet300100",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 784])],
        [helper.make_tensor_value_info(value, TensorProto.FLOAT, [1, 10])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    return model


def _integers(weights: npt.NDArray[np.float32]) -> tuple[np.float32, npt.NDArray[np.int8]]:
    """Step and integers of a layer; the smallest kept weight is not rounded off to zero."""
    step = np.float32(np.abs(weights).max() / 127)
    integers = np.clip(np.rint(weights / step), -127, 127)
    lost = (integers == 0) & (weights != 0)
    integers[lost] = np.sign(weights[lost])
    return step, integers.astype(np.int8)


def images(count: int) -> IntArray:
    """Random pixels [count, 784] of 0 to 255, most of them black."""
    rng = np.random.default_rng(0)
    found = rng.integers(0, 256, (count, 784))
    found[rng.random(found.shape) < 0.6] = 0
    return found
