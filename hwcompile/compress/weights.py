"""Finds the weights of an ONNX model's layers, behind quantizers too, and puts others in place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from hwcompile.compress.checked import FloatArray

LAYERS = ("Conv", "ConvTranspose", "Gemm", "MatMul")

QUANTIZERS = ("Quant", "IntQuant", "BipolarQuant", "FloatQuant")


@dataclass(frozen=True, eq=False)
class WeightedLayer:
    """A layer with constant weights.

    Attributes:
        name: The node's, or its output's where it has none.
        node: Index of the node.
        source: Name of the constant.
        turned: Axes of `weights` are those of the constant in the opposite order of the first two.
        weights: float32 [outputs, ...], before quantizers.
    """

    name: str
    node: int
    source: str
    turned: bool
    weights: FloatArray


def layers_of(proto: onnx.ModelProto) -> list[WeightedLayer]:
    """Layers whose weights are constant: floats, also behind QONNX's quantizers, or dequantized."""
    graph = proto.graph
    constants = model_constants(graph)
    makers = {name: node for node in graph.node for name in node.output}
    for node in graph.node:
        if node.op_type == "DequantizeLinear" and set(node.input) <= set(constants):
            constants[node.output[0]] = _dequantized(node, proto, constants)
    found = []
    for index, node in enumerate(graph.node):
        if node.op_type not in LAYERS or len(node.input) < 2:
            continue
        source = _source(node.input[1], makers)
        array = constants.get(source)
        if array is None or not np.issubdtype(array.dtype, np.floating) or array.ndim < 2:
            continue
        turned = _outputs_second(node)
        weights = np.swapaxes(array, 0, 1) if turned else array
        found.append(WeightedLayer(node.name or node.output[0], index, source, turned, weights))
    return found


def replace_weights(
    proto: onnx.ModelProto, layer: WeightedLayer, weights: FloatArray, quantized: bool
) -> None:
    """Give a layer other weights, in a constant of their own; layers behind it move by a node.

    Args:
        proto: The model, which is changed.
        layer: Of `layers_of`.
        weights: As `layer.weights`.
        quantized: The quantizers between the constant and the layer stay.
    """
    graph = proto.graph
    node = graph.node[layer.node]
    array = np.ascontiguousarray(np.swapaxes(weights, 0, 1) if layer.turned else weights)
    name = fresh_name(graph, f"{layer.source}_compressed")
    maker = next((one for one in graph.node if node.input[1] in one.output), None)
    if not quantized or maker is None or maker.op_type == "Constant":
        graph.initializer.append(numpy_helper.from_array(array, name))
        node.input[1] = name
        return
    if maker.op_type == "DequantizeLinear":
        array = _zeroed(maker, model_constants(graph), array == 0)
    graph.initializer.append(numpy_helper.from_array(array, name))
    # The quantizer may serve other layers too: this layer gets one of its own.
    own = onnx.NodeProto()
    own.CopyFrom(maker)
    own.input[0] = name
    own.output[0] = fresh_name(graph, f"{maker.output[0]}_compressed")
    own.name = own.output[0]
    node.input[1] = own.output[0]
    graph.node.insert(layer.node, own)


def remove_unused(proto: onnx.ModelProto) -> None:
    """Take away quantizers of constants, and constants, that nothing reads any more."""
    graph = proto.graph
    while True:
        read = _read(graph)
        dead = [
            node
            for node in graph.node
            if node.op_type in (*QUANTIZERS, "Constant", "DequantizeLinear")
            and not read & set(node.output)
        ]
        if not dead:
            break
        for node in dead:
            graph.node.remove(node)
    for tensor in [tensor for tensor in graph.initializer if tensor.name not in read]:
        graph.initializer.remove(tensor)


def _read(graph: onnx.GraphProto) -> set[str]:
    """Names that nodes read, those of branches and loops too, and the outputs."""
    found = {value.name for value in graph.output}
    for node in graph.node:
        found |= set(node.input)
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                found |= _read(inner)
    return found


def model_constants(graph: onnx.GraphProto) -> dict[str, np.ndarray]:
    """Initializers, and what nodes `Constant` give as tensors."""
    found = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    for node in graph.node:
        values = [a.t for a in node.attribute if a.name == "value"]
        if node.op_type == "Constant" and values:
            found[node.output[0]] = numpy_helper.to_array(values[0])
    return found


def _zeroed(
    node: onnx.NodeProto, constants: dict[str, np.ndarray], zeros: np.ndarray
) -> np.ndarray:
    """The integers in front of a `DequantizeLinear`, with those of 0.0 in some places."""
    codes = constants[node.input[0]]
    zero = constants[node.input[2]] if len(node.input) > 2 else np.zeros((), codes.dtype)
    if zero.ndim == 1 and zero.size > 1:
        axis = next((a.i for a in node.attribute if a.name == "axis"), 1)
        zero = zero.reshape([-1 if i == axis % codes.ndim else 1 for i in range(codes.ndim)])
    elif zero.ndim > 1:
        raise ValueError("weights whose zero points lie in blocks can not be pruned")
    return np.where(zeros, zero, codes).astype(codes.dtype)


def _dequantized(
    node: onnx.NodeProto, proto: onnx.ModelProto, constants: dict[str, np.ndarray]
) -> np.ndarray:
    """Scales of every kind, by ONNX's own reference, which begins with operator set 19."""
    outputs = [helper.make_tensor_value_info(node.output[0], onnx.TensorProto.FLOAT, None)]
    tensors = [numpy_helper.from_array(constants[name], name) for name in node.input]
    graph = helper.make_graph([node], "weights", [], outputs, tensors)
    version = max(one.version for one in proto.opset_import if one.domain in ("", "ai.onnx"))
    opsets = [helper.make_opsetid("", max(version, 19))]
    model = helper.make_model(graph, opset_imports=opsets)
    results: Any = ReferenceEvaluator(model).run(None, {})
    return np.asarray(results[0])


def _source(name: str, makers: dict[str, onnx.NodeProto]) -> str:
    """The constant in front of quantizers."""
    while name in makers and makers[name].op_type in QUANTIZERS:
        name = makers[name].input[0]
    return name


def _outputs_second(node: onnx.NodeProto) -> bool:
    """Whether output channels are the second axis of the constant."""
    if node.op_type == "Gemm":
        turned = next((a.i for a in node.attribute if a.name == "transB"), 0)
        return not turned
    return node.op_type in ("MatMul", "ConvTranspose")


def attributes_of(node: onnx.NodeProto) -> dict[str, Any]:
    """Values of a node's attributes, by name; texts are bytes."""
    return {one.name: helper.get_attribute_value(one) for one in node.attribute}


def fresh_name(graph: onnx.GraphProto, wish: str) -> str:
    """A name that no value of a graph has, `wish` where it is free."""
    taken = {name for node in graph.node for name in (*node.output, *node.input)}
    taken |= {tensor.name for tensor in graph.initializer}
    name, count = wish, 1
    while name in taken:
        count += 1
        name = f"{wish}_{count}"
    return name
