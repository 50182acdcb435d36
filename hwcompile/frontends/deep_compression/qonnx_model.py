"""Writes a network as ONNX: with the numbers of the file, or with integers as QONNX has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from hwcompile.frontends.deep_compression.grids import IntegerGrid
from hwcompile.frontends.deep_compression.network import CaffeLayer, CaffeNetwork
from hwcompile.frontends.deep_compression.stored import Floats

_DOMAIN = "qonnx.custom_op.general"
_OPSETS = (("", 13), (_DOMAIN, 1))
_IR_VERSION = 8


@dataclass(frozen=True, eq=False)
class LayerConstants:
    """Of a convolution.

    Attributes:
        weights: float32 [outputs, inputs, rows, columns].
        biases: float32 [outputs].
        grid: Of the weights, or None.
    """

    weights: Floats
    biases: Floats
    grid: IntegerGrid | None = None


def network_model(
    network: CaffeNetwork,
    constants: Mapping[str, LayerConstants],
    grids: Mapping[str, IntegerGrid],
    outputs: Iterable[str] = (),
) -> onnx.ModelProto:
    """The network as a model for batches of 1.

    Args:
        network: The network.
        constants: Of its convolutions, by name.
        grids: Quantizers stand behind these values.
        outputs: Values that come out beside the network's own; those with a grid before it.
    """
    maker = _Maker(network)
    data = helper.make_tensor_value_info(
        network.input, TensorProto.FLOAT, [1, *network.shapes[network.input]]
    )
    maker.quantize(network.input, network.input, grids.get(network.input))
    for layer in network.layers:
        grid = grids.get(layer.name)
        result = layer.name if grid is None else f"{layer.name}/real"
        maker.layer(layer, constants.get(layer.name), result)
        maker.quantize(layer.name, result, grid)
    names = dict.fromkeys([*network.outputs, *outputs])
    results = [
        helper.make_tensor_value_info(maker.tensor[n], TensorProto.FLOAT, [1, *network.shapes[n]])
        for n in names
    ]
    graph = helper.make_graph(
        maker.nodes, network.file.partition(".")[0], [data], results, maker.constants
    )
    opsets = [helper.make_opsetid(domain, version) for domain, version in _OPSETS]
    return helper.make_model(
        graph, producer_name="hwcompile", opset_imports=opsets, ir_version=_IR_VERSION
    )


@dataclass
class _Maker:
    """Nodes and constants, and which tensor a value is."""

    network: CaffeNetwork
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: list[TensorProto] = field(default_factory=list)
    tensor: dict[str, str] = field(default_factory=dict)

    def quantize(self, value: str, raw: str, grid: IntegerGrid | None) -> None:
        """A value is a tensor, or what a quantizer makes of it."""
        self.tensor[value] = raw
        if grid is not None:
            self.tensor[value] = f"{value}/integers" if raw == value else value
            self._quantizer(f"{value}/quant", raw, self.tensor[value], grid, narrow=False)

    def layer(self, layer: CaffeLayer, constants: LayerConstants | None, result: str) -> None:
        """A node for a layer, with what it needs."""
        inputs = [self.tensor[name] for name in layer.inputs]
        attributes: dict[str, Any] = {}
        kind = layer.kind
        if constants is not None:
            inputs += self._weights(layer.name, constants)
            kind, attributes["group"] = "Conv", layer.group
        elif kind == "Pooling":
            name = "AveragePool" if layer.mean else "MaxPool"
            kind = name if layer.window is not None else f"Global{name}"
        elif kind == "ReLU":
            kind = "Relu"
        elif kind == "Dropout":
            kind = "Identity"
        elif kind in ("Concat", "Softmax"):
            attributes["axis"] = 1
        attributes |= _window(layer)
        self.nodes.append(helper.make_node(kind, inputs, [result], name=layer.name, **attributes))

    def _weights(self, name: str, constants: LayerConstants) -> list[str]:
        weights, biases = f"{name}/weights", f"{name}/biases"
        self._constant(weights, constants.weights)
        self._constant(biases, constants.biases)
        if constants.grid is not None:
            result = f"{weights}/integers"
            self._quantizer(f"{weights}/quant", weights, result, constants.grid, narrow=True)
            weights = result
        return [weights, biases]

    def _quantizer(
        self, name: str, source: str, result: str, grid: IntegerGrid, narrow: bool
    ) -> None:
        numbers = {"step": grid.step, "zero": 0.0, "bits": float(grid.bits)}
        for word, number in numbers.items():
            self._constant(f"{name}/{word}", np.float32(number))
        self.nodes.append(
            helper.make_node(
                "Quant",
                [source, *(f"{name}/{word}" for word in numbers)],
                [result],
                name=name,
                domain=_DOMAIN,
                signed=int(grid.signed),
                narrow=int(narrow),
                rounding_mode="ROUND",
            )
        )

    def _constant(self, name: str, array: np.ndarray[Any, Any] | np.float32) -> None:
        self.constants.append(numpy_helper.from_array(np.asarray(array, dtype=np.float32), name))


def _window(layer: CaffeLayer) -> dict[str, Any]:
    """Attributes of a window, without those that say nothing."""
    window = layer.window
    if window is None:
        return {}
    ends = [max(end, 0) for end in window.end]
    found = {
        "kernel_shape": list(window.kernel),
        "strides": list(window.stride),
        "pads": [*window.pad, *ends],
    }
    return found | ({"dilations": list(window.dilation)} if window.dilation != (1, 1) else {})
