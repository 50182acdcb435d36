"""Writes the trained networks as QONNX and as float ONNX, node by node, with readable names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
import torch
from networks import BinaryMlp, FloatCnn, QuantConv, ResidualCnn
from onnx import TensorProto, helper, numpy_helper
from quantizers import ActivationQuant, WeightQuant

QONNX = "qonnx.custom_op.general"


class Writer:
    """Collects nodes and initializers of one model."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, name: str, value: object) -> str:
        if isinstance(value, torch.Tensor):
            value = value.detach().numpy()
        array = np.asarray(value)
        array = array.astype(np.int64 if array.dtype.kind == "i" else np.float32)
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def node(
        self, op: str, name: str, inputs: list[str], domain: str = "", **attributes: Any
    ) -> str:
        self.nodes.append(
            helper.make_node(op, inputs, [f"{name}_out"], name, domain=domain, **attributes)
        )
        return f"{name}_out"

    def quant(
        self, name: str, x: str, scale: object, bits: int, *, signed: bool, narrow: bool
    ) -> str:
        inputs = [
            x,
            self.constant(f"{name}_scale", scale),
            self.constant(f"{name}_zero", 0.0),
            self.constant(f"{name}_bits", float(bits)),
        ]
        return self.node(
            "Quant",
            name,
            inputs,
            QONNX,
            signed=int(signed),
            narrow=int(narrow),
            rounding_mode="ROUND",
        )

    def bipolar(self, name: str, x: str) -> str:
        return self.node("BipolarQuant", name, [x, self.constant(f"{name}_scale", 1.0)], QONNX)

    def batch_norm(self, name: str, x: str, norm: torch.nn.Module) -> str:
        parts = ("weight", "bias", "running_mean", "running_var")
        inputs = [self.constant(f"{name}_{p}", getattr(norm, p)) for p in parts]
        return self.node("BatchNormalization", name, [x, *inputs], epsilon=norm.eps)

    def model(self, shape: Sequence[int | str], output: str, classes: int) -> onnx.ModelProto:
        graph = helper.make_graph(
            self.nodes,
            self.name,
            [helper.make_tensor_value_info("image", TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info(output, TensorProto.FLOAT, [shape[0], classes])],
            self.constants,
        )
        domains = {n.domain for n in self.nodes if n.domain}
        opsets = [helper.make_opsetid("", 13), *(helper.make_opsetid(d, 1) for d in domains)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def export_mlp(net: BinaryMlp) -> onnx.ModelProto:
    w = Writer("digits_mlp_w1a1")
    x = w.quant("image_quant", "image", 1 / 16, 4, signed=False, narrow=False)
    x = w.node("Flatten", "flatten", [x])
    for index, (latent, norm) in enumerate(zip(net.weights, net.norms, strict=True), start=1):
        weight = w.constant(f"fc{index}_weight", latent.T)
        x = w.node("MatMul", f"fc{index}", [x, w.bipolar(f"fc{index}_weight_quant", weight)])
        x = w.batch_norm(f"fc{index}_norm", x, norm)
        if index < len(net.layers):
            x = w.bipolar(f"fc{index}_sign", x)
    return w.model([1, 1, 8, 8], x, 10)


def _conv(w: Writer, name: str, x: str, layer: QuantConv) -> str:
    conv = layer.conv
    weight = w.constant(f"{name}_weight", conv.weight)
    scale = layer.quant.scale(conv.weight)
    quant = w.quant(
        f"{name}_weight_quant", weight, scale, layer.quant.bits, signed=True, narrow=True
    )
    x = w.node(
        "Conv",
        name,
        [x, quant],
        kernel_shape=list(conv.kernel_size),
        pads=[*conv.padding, *conv.padding],
        strides=list(conv.stride),
        group=conv.groups,
    )
    return w.batch_norm(f"{name}_norm", x, layer.norm)


def _act(w: Writer, name: str, x: str, quant: ActivationQuant, *, relu: bool) -> str:
    if relu:
        x = w.node("Relu", f"{name}_relu", [x])
    return w.quant(
        f"{name}_quant", x, quant.scale.abs(), quant.bits, signed=quant.signed, narrow=False
    )


def export_cnn(net: ResidualCnn) -> onnx.ModelProto:
    w = Writer("digits_cnn_w3a3")
    x = w.quant("image_quant", "image", 1 / 16, 4, signed=False, narrow=False)
    x = _act(w, "stem", _conv(w, "stem", x, net.stem), net.stem_act, relu=True)
    y = _act(w, "block1", _conv(w, "block1", x, net.block1), net.block1_act, relu=True)
    y = _act(w, "block2", _conv(w, "block2", y, net.block2), net.block2_act, relu=False)
    x = _act(w, "join", w.node("Add", "join", [x, y]), net.join_act, relu=True)
    x = _act(w, "depthwise", _conv(w, "depthwise", x, net.depthwise), net.depthwise_act, relu=True)
    x = _act(w, "pointwise", _conv(w, "pointwise", x, net.pointwise), net.pointwise_act, relu=True)
    x = w.node("MaxPool", "pool", [x], kernel_shape=[2, 2], strides=[2, 2])
    x = w.node("Flatten", "flatten", [x])
    quant: WeightQuant = net.head_quant
    weight = w.constant("head_weight", net.head.weight.T)
    scale = quant.scale(net.head.weight).T
    weight = w.quant("head_weight_quant", weight, scale, quant.bits, signed=True, narrow=True)
    return w.model([1, 1, 8, 8], w.node("MatMul", "head", [x, weight]), 10)


def export_float(net: FloatCnn) -> onnx.ModelProto:
    w = Writer("digits_cnn_int8")

    def conv(name: str, x: str) -> str:
        layer = getattr(net, name)
        inputs = [
            x,
            w.constant(f"{name}_weight", layer.weight),
            w.constant(f"{name}_bias", layer.bias),
        ]
        return w.node("Conv", name, inputs, kernel_shape=[3, 3], pads=[1, 1, 1, 1])

    x = w.node("Relu", "relu1", [conv("conv1", "image")])
    x = w.node("MaxPool", "pool1", [x], kernel_shape=[2, 2], strides=[2, 2])
    x = w.node("Relu", "relu2", [conv("conv2", x)])
    x = w.node("Relu", "relu3", [w.node("Add", "join", [x, conv("conv3", x)])])
    x = w.node("GlobalAveragePool", "mean", [x])
    x = w.node("Flatten", "flatten", [x])
    inputs = [x, w.constant("head_weight", net.head.weight), w.constant("head_bias", net.head.bias)]
    return w.model(["batch", 1, 8, 8], w.node("Gemm", "head", inputs, transB=1), 10)
