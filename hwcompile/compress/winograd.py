"""Weights in the domain of Winograd's F(2 x 2, 3 x 3), and layers of a model that work there.

The algorithm is that of `hwcompile.ops.conv.winograd`, here in ONNX's operators.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper

from hwcompile.compress.checked import FloatArray, finite, same_kind
from hwcompile.compress.weights import (
    QUANTIZERS,
    WeightedLayer,
    attributes_of,
    fresh_name,
    layers_of,
    model_constants,
)
from hwcompile.frontends.onnx.quantizer_sources import from_qonnx_quant
from hwcompile.frontends.symbolic.weights import on_grid
from hwcompile.ir.types import IntArray
from hwcompile.ops.conv.winograd import (
    DIGITS,
    INPUT,
    OUTPUT,
    POSITIONS,
    TWICE_FILTER,
    both_axes,
    products_in_domain,
)


def winograd_weights(weights: npt.ArrayLike) -> FloatArray:
    """`G g G^T` for each filter and channel.

    Args:
        weights: [outputs, channels, 3, 3].

    Returns:
        [outputs, channels, 4, 4].
    """
    array = finite(weights)
    if array.ndim != 4 or array.shape[2:] != (3, 3):
        raise ValueError(f"weights are [outputs, channels, 3, 3], not {list(array.shape)}")
    return same_kind(TWICE_FILTER @ array @ TWICE_FILTER.T / 4, weights)


def to_winograd(proto: onnx.ModelProto, layer: WeightedLayer) -> WeightedLayer:
    """Put three layers of plain operators in the place of a convolution, with the same result.

    `<name>_input` makes 16 numbers of each channel of a tile, `<name>_products` has a matrix for
    each of the 16, and `<name>_output` adds up the products of a tile, which `DepthToSpace` puts
    beside each other. Maps with an odd number of rows or columns have tiles that hang over the end.

    Args:
        proto: The model, which is changed; its initializers and nodes before the layer stay.
        layer: A convolution of 3 x 3 in steps of 1, of one group, with weights on a grid.

    Returns:
        The products; its weights are [16 * outputs, channels, 1, 1], those of position (0, 0) of
        the tiles first.

    Raises:
        ValueError: If it is no such layer.
    """
    node = proto.graph.node[layer.node]
    shape = _padded_shape(proto, node, layer.weights)
    integers, steps = _integers(proto, node, layer.weights)
    filters, channels = integers.shape[:2]
    products = products_in_domain(integers).reshape(POSITIONS * filters, channels, 1, 1)
    parts = _Parts(proto, layer.name or node.output[0])
    x = parts.conv(
        "input",
        node.input[0],
        parts.constant("input", np.tile(both_axes(INPUT), (channels, 1)).reshape(-1, 1, 4, 4)),
        channels,
        strides=[2, 2],
        pads=list(shape.pads),
    )
    x = parts.turned(x, channels, POSITIONS)
    quarters = np.tile(np.ldexp(steps, -DIGITS), POSITIONS)
    x = parts.conv("products", x, parts.stepped(products, quarters), POSITIONS)
    x = parts.turned(x, POSITIONS, filters)
    sums = np.tile(both_axes(OUTPUT), (filters, 1)).reshape(-1, POSITIONS, 1, 1)
    bias = parts.bias(node)
    x = parts.conv("output", x, parts.constant("output", sums), filters, *bias)
    x = parts.node("DepthToSpace", [x], "tiles", blocksize=2, mode="CRD")
    if any(shape.odd):
        ends = [-1 if odd else np.iinfo(np.int32).max for odd in shape.odd]
        bounds = {"starts": [0, 0], "ends": ends, "axes": [2, 3]}
        names = [parts.constant(word, np.array(each)) for word, each in bounds.items()]
        x = parts.node("Slice", [x, *names], "cut")
    parts.nodes[-1].output[0] = node.output[0]
    place = layer.node
    del proto.graph.node[place]
    for one in reversed(parts.nodes):
        proto.graph.node.insert(place, one)
    name = f"{parts.name}_products"
    (found,) = (one for one in layers_of(proto) if one.name == name)
    return found


@dataclass(frozen=True)
class _Shape:
    """Padding of the tiles, and which sizes of the result are odd (vertical, horizontal)."""

    pads: tuple[int, int, int, int]
    odd: tuple[bool, bool]


def _padded_shape(proto: onnx.ModelProto, node: onnx.NodeProto, weights: FloatArray) -> _Shape:
    attributes = attributes_of(node)
    usual = {"strides": [1, 1], "dilations": [1, 1], "group": 1}
    if node.op_type != "Conv" or weights.shape[2:] != (3, 3):
        raise ValueError("only convolutions of 3 x 3 have these tiles")
    for name, value in usual.items():
        if attributes.get(name, value) != value:
            raise ValueError(f"{name} is {attributes[name]}, and these tiles need {value}")
    if attributes.get("auto_pad", b"NOTSET") not in (b"NOTSET", b"VALID"):
        raise ValueError("auto_pad leaves open what is padded; write pads")
    top, left, bottom, right = (int(n) for n in attributes.get("pads", [0, 0, 0, 0]))
    height, width = _map_of(proto, node.input[0])
    odd = (height + top + bottom) % 2 == 1, (width + left + right) % 2 == 1
    return _Shape((top, left, bottom + odd[0], right + odd[1]), odd)


def _map_of(proto: onnx.ModelProto, value: str) -> tuple[int, int]:
    """Height and width of a value, by ONNX's inference; quantizers change no shape."""
    known = onnx.ModelProto()
    known.CopyFrom(proto)
    for node in known.graph.node:
        if node.op_type in QUANTIZERS:
            own = helper.make_node("Identity", [node.input[0]], list(node.output))
            node.CopyFrom(own)
    graph = onnx.shape_inference.infer_shapes(known).graph
    for info in (*graph.value_info, *graph.input):
        if info.name == value:
            sizes = [dim.dim_value for dim in info.type.tensor_type.shape.dim]
            if len(sizes) == 4 and min(sizes[2:]) > 0:
                return sizes[2], sizes[3]
    raise ValueError("the size of its map is not known; give the model's inputs whole shapes")


def _integers(
    proto: onnx.ModelProto, node: onnx.NodeProto, weights: FloatArray
) -> tuple[IntArray, npt.NDArray[np.float32]]:
    """Weights as integers [outputs, channels, 3, 3], and a step for each output, float32."""
    constants = model_constants(proto.graph)
    maker = next((one for one in proto.graph.node if node.input[1] in one.output), None)
    if maker is not None and maker.op_type in QUANTIZERS:
        return _quantized(maker, constants, weights)
    found = on_grid(weights.astype(np.float32), 0)
    if found is None:
        raise ValueError("its weights are real numbers: quantize them first")
    return found.integers, found.scale.reshape(weights.shape[0], -1)[:, 0]


def _quantized(
    maker: onnx.NodeProto, constants: dict[str, np.ndarray], weights: FloatArray
) -> tuple[IntArray, npt.NDArray[np.float32]]:
    numbers = [constants.get(name) for name in maker.input[1:]]
    if any(number is None for number in numbers) or maker.op_type not in ("Quant", "IntQuant"):
        raise ValueError(f"its weights stand behind a {maker.op_type} that can not be evaluated")
    attributes = attributes_of(maker)
    scale, zero, bits = (np.asarray(number, dtype=np.float32) for number in numbers)
    filters = weights.shape[0]
    if zero.any() or (scale.size > 1 and scale.shape != (filters, 1, 1, 1)):
        raise ValueError("its weights have zero points, or steps that are not those of outputs")
    steps = np.broadcast_to(scale.reshape(-1), filters)
    rounding = attributes.get("rounding_mode", b"ROUND").decode()
    by = from_qonnx_quant(
        steps, np.float32(0), bits, bool(attributes.get("signed", 1)),
        bool(attributes.get("narrow", 0)), rounding,
    )  # fmt: skip
    integers = by.quantize(weights.astype(np.float32).reshape(filters, -1))
    return integers.reshape(weights.shape), steps


class _Parts:
    """Nodes and constants with names that begin with the layer's."""

    def __init__(self, proto: onnx.ModelProto, name: str) -> None:
        self.graph, self.name = proto.graph, name
        self.nodes: list[onnx.NodeProto] = []
        self.per_axis = any(
            o.version >= 13 for o in proto.opset_import if o.domain in ("", "ai.onnx")
        )

    def constant(self, word: str, array: np.ndarray) -> str:
        """An initializer: integers of 64 bits where words ask for places, else floats."""
        places = word in ("starts", "ends", "axes", "turned", "turned_back")
        values = np.ascontiguousarray(array, dtype=np.int64 if places else np.float32)
        return self._named(word, values)

    def stepped(self, integers: IntArray, steps: npt.NDArray[np.float32]) -> str:
        """Integers times a step for each output, as ONNX dequantizes them."""
        codes = self._named("products_integers", np.ascontiguousarray(integers, dtype=np.int32))
        one = bool((steps == steps[0]).all())
        if not (one or self.per_axis):
            raise ValueError("its outputs have steps of their own, which needs operator set 13")
        step = self._named("products_steps", steps[0] if one else steps)
        axis = {} if one else {"axis": 0}
        return self.node("DequantizeLinear", [codes, step], "products_weights", **axis)

    def node(self, kind: str, inputs: list[str], word: str, **attributes: Any) -> str:
        """A node with one result."""
        name = fresh_name(self.graph, f"{self.name}_{word}")
        self.nodes.append(helper.make_node(kind, inputs, [name], name, **attributes))
        return name

    def conv(
        self, word: str, x: str, weights: str, groups: int, *bias: str, **attributes: Any
    ) -> str:
        """A convolution of some groups."""
        return self.node("Conv", [x, weights, *bias], word, group=groups, **attributes)

    def turned(self, x: str, outer: int, inner: int) -> str:
        """Channels (outer, inner) in the order (inner, outer)."""
        order = np.arange(outer * inner).reshape(outer, inner).T.ravel()
        word = "turned" if outer != POSITIONS else "turned_back"
        return self.node("Gather", [x, self.constant(word, order)], word, axis=1)

    def bias(self, node: onnx.NodeProto) -> tuple[str, ...]:
        """That of the convolution, for each place of a tile."""
        if len(node.input) < 3 or not node.input[2]:
            return ()
        constant = model_constants(self.graph).get(node.input[2])
        if constant is None:
            raise ValueError("its bias is no constant")
        return (self.constant("bias", np.repeat(constant, 4)),)

    def _named(self, word: str, values: np.ndarray) -> str:
        name = fresh_name(self.graph, f"{self.name}_{word}_constant")
        self.graph.initializer.append(numpy_helper.from_array(np.asarray(values), name))
        return name
