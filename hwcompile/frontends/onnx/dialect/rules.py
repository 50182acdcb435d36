"""What the ONNX operators' pages demand and neither schema nor shape inference checks."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from hwcompile.frontends.model import SourceNode
from hwcompile.frontends.onnx.dialect.contrib import is_number_tensor
from hwcompile.frontends.symbolic.values import (
    Constant,
    Failed,
    QuantizedConstant,
    Value,
    constant_of,
    shape_of,
)

_FLAGS = frozenset(
    {"keepdims", "transA", "transB", "ceil_mode", "count_include_pad", "storage_order",
     "allowzero", "select_last_index", "exclusive", "reverse", "largest", "sorted", "signed",
     "narrow", "channels_last", "training_mode", "layout", "linear_before_reset", "input_forget",
     "noop_with_empty_axes", "exclude_outside", "antialias", "align_corners"}
)  # fmt: skip

_RANKS = {
    "LSTM": {0: 3, 1: 3, 2: 3, 3: 2, 7: 2},
    "GRU": {0: 3, 1: 3, 2: 3, 3: 2},
    "RNN": {0: 3, 1: 3, 2: 3, 3: 2},
    "BatchNormalization": {1: 1, 2: 1, 3: 1, 4: 1},
    "QGemm": {0: 2, 3: 2},
}
"""Axes that inputs must have, by position."""

_CHANNELS = {
    "QLinearConv": (3, 0, (4, 5)),
    "QLinearMatMul": (3, -1, (4, 5)),
    "ConvInteger": (1, 0, (3,)),
    "MatMulInteger": (1, -1, (3,)),
}
"""Position of the weights, their axis of output channels, and inputs with 1 or one per channel."""

_MAY_BE_EMPTY = frozenset({"Resize", "Upsample", "Reshape", "Squeeze", "Unsqueeze", "Expand"})
_REDUCED = "Reduce"


def _permutation(node: SourceNode, shapes: Sequence[tuple[int, ...] | None]) -> str:
    """An empty order is one, though shape inference takes it for that of a scalar."""
    order, shape = node.attributes.get("perm"), shapes[0] if shapes else None
    if node.op_type != "Transpose" or order is None or shape is None:
        return ""
    axes = len(shape)
    if not _whole(order):
        return "the attribute perm is no list of integers"
    return "" if sorted(order) == list(range(axes)) else f"perm {order} is no order of {axes} axes"


def _one_way(node: SourceNode, shapes: Sequence[tuple[int, ...] | None]) -> str:
    """A bias and slopes spread over the result, and the result does not spread over them."""
    result: tuple[int, ...]
    if node.op_type == "Gemm" and len(shapes) > 2 and all(s and len(s) == 2 for s in shapes[:2]):
        a, b = (s or () for s in shapes[:2])
        rows = a[1 if node.attributes.get("transA") else 0]
        result, position = (rows, b[0 if node.attributes.get("transB") else 1]), 2
    elif node.op_type == "PRelu" and len(shapes) > 1 and shapes[0] is not None:
        result, position = shapes[0], 1
    else:
        return ""
    shape = shapes[position]
    if shape is None or _spreads(shape, result):
        return ""
    return f"input {position} has shape {list(shape)} for a result of shape {list(result)}"


def _spreads(shape: tuple[int, ...], result: tuple[int, ...]) -> bool:
    pairs = zip(shape[::-1], result[::-1], strict=False)
    return len(shape) <= len(result) and all(n in (1, size) for n, size in pairs)


def broken_rule(node: SourceNode, inputs: Sequence[Value | None]) -> str:
    """Which rule the node breaks; empty when none."""
    for name, value in node.attributes.items():
        if is_number_tensor(node, value):
            continue
        if name in _FLAGS and not (isinstance(value, int) and value in (0, 1)):
            return f"the attribute {name} is {value}, where it is 0 or 1"
        if name == "axes" and not _whole(value):
            return "the attribute axes is no list of integers"
    shapes = [
        None if value is None or isinstance(value, Failed) else shape_of(value) for value in inputs
    ]
    return (
        _emptiness(node, inputs, shapes)
        or _permutation(node, shapes)
        or _one_way(node, shapes)
        or _ranks(node, shapes)
        or _per_channel(node, shapes)
        or _repeated_axes(node, inputs, shapes)
    )


def _whole(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(v, int) for v in value)


def _emptiness(
    node: SourceNode, inputs: Sequence[Value | None], shapes: Sequence[tuple[int, ...] | None]
) -> str:
    """Tensors of the network have elements, and so have their constants of numbers."""
    if node.op_type in _MAY_BE_EMPTY:
        return ""
    known = [v is None or isinstance(v, Constant | QuantizedConstant) for v in inputs]
    if all(known):
        return ""
    for position, (value, shape) in enumerate(zip(inputs, shapes, strict=True)):
        sizes = isinstance(value, Constant) and value.dtype == np.int64 and position > 0
        if shape is not None and prod(shape) == 0 and not sizes:
            return f"input {position} has no elements"
    return ""


def _ranks(node: SourceNode, shapes: Sequence[tuple[int, ...] | None]) -> str:
    slope = shapes[1] if node.op_type == "PRelu" and len(shapes) > 1 else None
    if slope is not None and shapes[0] is not None and len(slope) > len(shapes[0]):
        return f"the slopes have shape {list(slope)}, more axes than the input"
    for position, rank in _RANKS.get(node.op_type, {}).items():
        shape = shapes[position] if position < len(shapes) else None
        if shape is not None and len(shape) != rank:
            return f"input {position} has shape {list(shape)}, where it needs {rank} axes"
    return ""


def _per_channel(node: SourceNode, shapes: Sequence[tuple[int, ...] | None]) -> str:
    if node.op_type not in _CHANNELS or node.domain:
        return ""
    place, axis, positions = _CHANNELS[node.op_type]
    weights = shapes[place] if place < len(shapes) else None
    if not weights:
        return f"input {place} has no axes"
    for position in positions:
        shape = shapes[position] if position < len(shapes) else None
        if shape is None:
            continue
        if prod(shape) not in (1, weights[axis]):
            return f"input {position} has shape {list(shape)} for {weights[axis]} output channels"
    return ""


def _repeated_axes(
    node: SourceNode, inputs: Sequence[Value | None], shapes: Sequence[tuple[int, ...] | None]
) -> str:
    if not node.op_type.startswith(_REDUCED) or not shapes or shapes[0] is None:
        return ""
    value = node.attributes.get("axes")
    if value is None and len(inputs) > 1 and inputs[1] is not None:
        value = constant_of(inputs[1])
    rank = len(shapes[0])
    if value is None or not rank:
        return ""
    axes = [int(a) % rank for a in (value.reshape(-1) if hasattr(value, "reshape") else value)]
    return f"the axes {axes} repeat one" if len(set(axes)) < len(axes) else ""
