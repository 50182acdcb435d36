"""Layers of ONNX models as chains of thinner ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from hwcompile.compress import low_rank
from hwcompile.compress.checked import FloatArray
from hwcompile.compress.weights import WeightedLayer, attributes_of, fresh_name


@dataclass(frozen=True, eq=False)
class ThinLayer:
    """One layer of a chain.

    Attributes:
        weights: [outputs, inputs of a group, ...].
        rows: It takes over the stride, dilation and padding of rows.
        columns: The same for columns.
        groups: As many as channels for a depthwise layer.
    """

    weights: FloatArray
    rows: bool = False
    columns: bool = False
    groups: int = 1


def _matrix(weights: FloatArray, rank: int) -> tuple[ThinLayer, ...]:
    return tuple(ThinLayer(factor) for factor in low_rank.matrix_factors(weights, rank))


def _filters(weights: FloatArray, rank: int) -> tuple[ThinLayer, ...]:
    thin, mix = low_rank.filter_factors(weights, rank)
    return ThinLayer(thin, True, True), ThinLayer(mix)


def _spatial(weights: FloatArray, rank: int) -> tuple[ThinLayer, ...]:
    vertical, horizontal = low_rank.spatial_factors(weights, rank)
    return ThinLayer(vertical, rows=True), ThinLayer(horizontal, columns=True)


def _tucker(weights: FloatArray, inputs: int, outputs: int) -> tuple[ThinLayer, ...]:
    first, core, last = low_rank.tucker_factors(weights, inputs, outputs)
    return ThinLayer(first), ThinLayer(core, True, True), ThinLayer(last)


def _cp(weights: FloatArray, rank: int) -> tuple[ThinLayer, ...]:
    into, vertical, horizontal, out = low_rank.cp_factors(weights, rank)
    middle = (
        ThinLayer(vertical, rows=True, groups=rank),
        ThinLayer(horizontal, columns=True, groups=rank),
    )
    return ThinLayer(into), *middle, ThinLayer(out)


FACTORS: Mapping[str, Callable[..., tuple[ThinLayer, ...]]] = {
    "cp": _cp,
    "filters": _filters,
    "matrix": _matrix,
    "spatial": _spatial,
    "tucker": _tucker,
}
"""What `factor` may be: weights [outputs, ...] become those of a chain."""


def check_chain(layer: WeightedLayer, node: onnx.NodeProto) -> None:
    """Refuse layers that have no chain.

    Raises:
        ValueError: For transposed and grouped convolutions, and transposed inputs.
    """
    if attributes_of(node).get("transA", 0):
        raise ValueError("a layer that turns its input is no chain of thinner ones")
    if node.op_type == "ConvTranspose":
        raise ValueError("a transposed convolution is no chain of thinner ones")
    if attributes_of(node).get("group", 1) != 1:
        raise ValueError("a grouped convolution is no chain of thinner ones")


def insert_chain(proto: onnx.ModelProto, layer: WeightedLayer, links: Sequence[ThinLayer]) -> None:
    """Put a chain in the place of a layer, whose node becomes the last one and keeps its bias.

    Args:
        proto: The model, which is changed; layers behind this one move.
        layer: Of `layers_of`, as `check_chain` lets pass.
        links: First to last.
    """
    graph = proto.graph
    node = graph.node[layer.node]
    value = node.input[0]
    before = []
    for number, link in enumerate(links):
        last = number == len(links) - 1
        turned = layer.turned if last else node.op_type != "Conv"
        array = np.swapaxes(link.weights, 0, 1) if turned else link.weights
        name = fresh_name(graph, f"{layer.source}_factor_{number}")
        graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        if last:
            node.input[0], node.input[1] = value, name
            if node.op_type == "Conv":
                _set(node, _convolution(node, link))
            break
        result = fresh_name(graph, f"{layer.name}_factor_{number}")
        kind = "Conv" if node.op_type == "Conv" else "MatMul"
        own = helper.make_node(kind, [value, name], [result], result)
        if kind == "Conv":
            _set(own, _convolution(node, link))
        before.append(own)
        value = result
    for number, own in enumerate(before):
        graph.node.insert(layer.node + number, own)


def multiplied_out(links: Sequence[ThinLayer]) -> FloatArray:
    """The weights of the one layer that a chain of convolutions or matrices is: [outputs, ...]."""
    total = None
    for link in links:
        own = _dense(link)
        total = own if total is None else _composed(total, own)
    assert total is not None, "a chain has links"
    return total


def _dense(link: ThinLayer) -> FloatArray:
    """Weights with zeros between groups, [outputs, inputs, rows, columns]."""
    own = link.weights.reshape(*link.weights.shape[:2], *(link.weights.shape[2:] or (1, 1)))
    if link.groups == 1:
        return own
    outputs, inputs = own.shape[0] // link.groups, own.shape[1]
    dense = np.zeros((own.shape[0], inputs * link.groups, *own.shape[2:]), own.dtype)
    for group in range(link.groups):
        out, into = group * outputs, group * inputs
        dense[out : out + outputs, into : into + inputs] = own[out : out + outputs]
    return dense


def _composed(first: FloatArray, second: FloatArray) -> FloatArray:
    rows = first.shape[2] + second.shape[2] - 1
    columns = first.shape[3] + second.shape[3] - 1
    total = np.zeros((second.shape[0], first.shape[1], rows, columns), first.dtype)
    for a in range(second.shape[2]):
        for b in range(second.shape[3]):
            part = np.einsum("nm,mcij->ncij", second[:, :, a, b], first)
            total[:, :, a : a + first.shape[2], b : b + first.shape[3]] += part
    return total


def _convolution(node: onnx.NodeProto, link: ThinLayer) -> dict[str, Any]:
    """Attributes of a link: of each axis those of the node, or none."""
    own = attributes_of(node)
    takes = (link.rows, link.columns)
    found: dict[str, Any] = {"kernel_shape": list(link.weights.shape[2:]), "group": link.groups}
    for name in ("strides", "dilations"):
        numbers = own.get(name, [1, 1])
        found[name] = [number if take else 1 for number, take in zip(numbers, takes, strict=True)]
    padding = own.get("auto_pad", b"NOTSET")
    if any(takes) and padding != b"NOTSET":
        return found | {"auto_pad": padding}
    pads = own.get("pads", [0] * 4) if padding == b"NOTSET" else [0] * 4
    taken = zip(pads, (*takes, *takes), strict=True)
    return found | {"pads": [number if take else 0 for number, take in taken]}


def _set(node: onnx.NodeProto, attributes: Mapping[str, Any]) -> None:
    del node.attribute[:]
    node.attribute.extend(helper.make_attribute(*item) for item in sorted(attributes.items()))
