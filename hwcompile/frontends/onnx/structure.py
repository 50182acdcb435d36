"""Operators that only move elements: each becomes one numpy function on any array of that shape.

A *move* takes an array of the operator's input shape and the value for places that come from
nowhere, and returns the array of the output shape. The same move serves index maps, constants
of pending float operators, and constant tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise, zip_longest
from typing import Any

import numpy as np

from hwcompile.diagnostics import fail
from hwcompile.frontends.budget import limited
from hwcompile.frontends.model import Array, SourceNode
from hwcompile.frontends.onnx.dialect.operator import Operator
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.moving import can_fill, moved
from hwcompile.frontends.symbolic.pending import append, lazy_of
from hwcompile.frontends.symbolic.values import (
    Constant,
    Move,
    Stream,
    Value,
    constant_of,
    positions,
    shape_of,
)

Maker = Callable[[Context, SourceNode, Sequence[Value | None]], list[Move]]


def ints(
    ctx: Context, node: SourceNode, inputs: Sequence[Value | None], position: int, attribute: str
) -> list[int] | None:
    """Integers that older operator sets keep in an attribute and newer ones in an input."""
    if attribute in node.attributes:
        return [int(v) for v in np.atleast_1d(node.attributes[attribute])]
    if position < len(inputs) and inputs[position] is not None:
        array = constant_of(inputs[position])
        if array is None:
            raise fail(
                "HW0203",
                f"the {attribute} of this operator are computed while the network runs",
                "hardware is built for one fixed shape",
                "export the model with fixed shapes, or simplify it with onnxsim",
                node.origin,
            )
        return [int(v) for v in array.reshape(-1)]
    return None


def _rank(inputs: Sequence[Value | None]) -> int:
    return len(_shape(inputs))


def _shape(inputs: Sequence[Value | None]) -> tuple[int, ...]:
    assert inputs[0] is not None
    return shape_of(inputs[0])


def _same(ctx: Context, node: SourceNode, inputs: Sequence[Value | None]) -> list[Move]:
    return [lambda a, fill: a]


def _dropout(ctx: Context, node: SourceNode, inputs: Sequence[Value | None]) -> list[Move]:
    """Outside training nothing is dropped."""
    training = inputs[2] if len(inputs) > 2 else None
    flag = constant_of(training)
    mask = len(node.outputs) > 1 and bool(node.outputs[1])
    if mask or (training is not None and (flag is None or np.any(flag))):
        raise fail(
            "HW0201",
            f"this Dropout {'gives its mask away' if mask else 'is in training mode'}",
            "it drops other elements in every run",
            "export the model in evaluation mode (model.eval())",
            node.origin,
        )
    return [lambda a, fill: a]


def _reshape(ctx: Context, node: SourceNode, inputs: Sequence[Value | None]) -> list[Move]:
    wish = ints(ctx, node, inputs, 1, "shape") or []
    old = _shape(inputs)
    copy_zero = not node.attributes.get("allowzero", 0)
    target = [old[i] if v == 0 and copy_zero else v for i, v in enumerate(wish)]
    size = int(np.prod(old, dtype=np.int64))
    known = int(np.prod([v for v in target if v != -1], dtype=np.int64))
    if -1 in target:
        target[target.index(-1)] = size // max(known, 1)
    if int(np.prod(target, dtype=np.int64)) != size:
        raise fail(
            "HW0204",
            f"a tensor of shape {list(old)} cannot be reshaped to {wish}",
            "the batch axis is frozen to 1 and the other sizes do not agree with it",
            "export the model with batch size 1 or a free batch axis",
            node.origin,
        )
    return [lambda a, fill: a.reshape(target)]


def _flatten(ctx: Context, node: SourceNode, inputs: Sequence[Value | None]) -> list[Move]:
    shape = _shape(inputs)
    axis = int(node.attributes.get("axis", 1))
    if not -len(shape) <= axis <= len(shape):
        raise fail(
            "HW0107",
            f"this {node.op_type} is not legal ONNX",
            f"axis {axis} is none of a tensor with {len(shape)} axes",
            "repair the exporter's output",
            node.origin,
        )
    axis += len(shape) if axis < 0 else 0
    target = (int(np.prod(shape[:axis])), int(np.prod(shape[axis:])))
    return [lambda a, fill: a.reshape(target)]


def _squeeze(ctx: Context, node: SourceNode, inputs: Sequence[Value | None]) -> list[Move]:
    axes = ints(ctx, node, inputs, 1, "axes")
    if axes is None:
        return [lambda a, fill: np.squeeze(a)]
    chosen = tuple(axes)
    return [lambda a, fill: np.squeeze(a, axis=chosen)]


def _unsqueeze(ctx: Context, node: SourceNode, inputs: Sequence[Value | None]) -> list[Move]:
    axes = tuple(ints(ctx, node, inputs, 1, "axes") or ())
    return [lambda a, fill: np.expand_dims(a, axis=axes)]


def _transpose(ctx: Context, node: SourceNode, inputs: Sequence[Value | None]) -> list[Move]:
    order = node.attributes.get("perm") or list(range(_rank(inputs)))[::-1]
    return [lambda a, fill: a.transpose(order)]


def _split(ctx: Context, node: SourceNode, inputs: Sequence[Value | None]) -> list[Move]:
    shape = _shape(inputs)
    axis = int(node.attributes.get("axis", 0)) % len(shape)
    sizes = ints(ctx, node, inputs, 1, "split")
    if not sizes:
        parts = len(node.outputs)
        step = -(-shape[axis] // parts)
        sizes = [min(step, shape[axis] - i * step) for i in range(parts)]
    if int(node.attributes.get("num_outputs", len(sizes))) != len(node.outputs):
        raise ValueError("num_outputs is not the number of outputs")
    if sum(sizes) != shape[axis] or min(sizes) < 0 or len(sizes) != len(node.outputs):
        raise ValueError(f"{sizes} are not the sizes of {len(node.outputs)} parts of axis {axis}")
    starts = np.cumsum([0, *sizes])

    def part(start: int, stop: int) -> Move:
        return lambda a, fill: a.take(np.arange(start, stop), axis=axis)

    return [part(int(a), int(b)) for a, b in pairwise(starts)]


def _slice(ctx: Context, node: SourceNode, inputs: Sequence[Value | None]) -> list[Move]:
    starts = ints(ctx, node, inputs, 1, "starts") or []
    ends = ints(ctx, node, inputs, 2, "ends") or []
    axes = ints(ctx, node, inputs, 3, "axes") or list(range(len(starts)))
    steps = ints(ctx, node, inputs, 4, "steps") or [1] * len(starts)
    cuts: list[slice] = [slice(None)] * _rank(inputs)
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        # A huge negative end with a negative step means "through element 0"; numpy spells it None.
        size = _shape(inputs)[axis]
        stop = None if step < 0 and end < -size else end
        cuts[axis] = slice(start, stop, step)
    return [lambda a, fill: a[tuple(cuts)]]


def _pad(ctx: Context, node: SourceNode, inputs: Sequence[Value | None]) -> list[Move]:
    pads = ints(ctx, node, inputs, 1, "pads") or []
    rank = _rank(inputs)
    axes = [a % rank for a in (ints(ctx, node, inputs, 3, "axes") or range(rank))]
    widths = [(0, 0)] * rank
    for i, axis in enumerate(axes):
        widths[axis] = (pads[i], pads[i + len(axes)])
    cuts = tuple(slice(max(-a, 0), -max(-b, 0) or None) for a, b in widths)
    grown = [(max(a, 0), max(b, 0)) for a, b in widths]
    sizes = [n + a + b for n, (a, b) in zip(_shape(inputs), widths, strict=True)]
    limited(tuple(max(n, 0) for n in sizes), node.origin)
    mode = str(node.attributes.get("mode", "constant"))
    if mode != "constant":
        return [lambda a, fill: np.pad(a[cuts], grown, mode=mode)]  # type: ignore[call-overload]

    def padded(a: Array, fill: Any) -> Array:
        if fill is None:
            return np.pad(a[cuts], grown, mode="edge")
        return np.pad(a[cuts], grown, constant_values=fill)

    return [padded]


def _expand(ctx: Context, node: SourceNode, inputs: Sequence[Value | None]) -> list[Move]:
    wish = tuple(ints(ctx, node, inputs, 1, "shape") or ())
    target = limited(np.broadcast_shapes(_shape(inputs), wish), node.origin)
    return [lambda a, fill: np.broadcast_to(a, target)]


def _tile(ctx: Context, node: SourceNode, inputs: Sequence[Value | None]) -> list[Move]:
    repeats = ints(ctx, node, inputs, 1, "repeats") or []
    pairs = zip_longest(_shape(inputs)[::-1], repeats[::-1], fillvalue=1)
    limited(tuple(n * max(times, 0) for n, times in pairs)[::-1], node.origin)
    return [lambda a, fill: np.tile(a, repeats)]


def _gather(ctx: Context, node: SourceNode, inputs: Sequence[Value | None]) -> list[Move]:
    chosen = constant_of(inputs[1])
    assert chosen is not None  # see taking.py
    axis = int(node.attributes.get("axis", 0))
    rest = list(_shape(inputs))
    del rest[axis]
    limited((*rest, *chosen.shape), node.origin)
    return [lambda a, fill: a.take(chosen.astype(np.int64), axis=axis)]


def _depth_to_space(ctx: Context, node: SourceNode, inputs: Sequence[Value | None]) -> list[Move]:
    n, c, h, w = _shape(inputs)
    b = int(node.attributes["blocksize"])
    if str(node.attributes.get("mode", "DCR")) == "DCR":
        split, order = (n, b, b, c // b**2, h, w), (0, 3, 4, 1, 5, 2)
    else:
        split, order = (n, c // b**2, b, b, h, w), (0, 1, 4, 2, 5, 3)
    target = (n, c // b**2, h * b, w * b)
    return [lambda a, fill: a.reshape(split).transpose(order).reshape(target)]


def _space_to_depth(ctx: Context, node: SourceNode, inputs: Sequence[Value | None]) -> list[Move]:
    n, c, h, w = _shape(inputs)
    b = int(node.attributes["blocksize"])
    split = (n, c, h // b, b, w // b, b)
    target = (n, c * b * b, h // b, w // b)
    columns = str(node.attributes.get("mode", "DCR")) == "CRD"
    order = (0, 1, 3, 5, 2, 4) if columns else (0, 3, 5, 1, 2, 4)
    return [lambda a, fill: a.reshape(split).transpose(order).reshape(target)]


MAKERS: dict[str, Maker] = {
    "Identity": _same,
    "Dropout": _dropout,
    "Reshape": _reshape,
    "Flatten": _flatten,
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "Transpose": _transpose,
    "Split": _split,
    "Slice": _slice,
    "Pad": _pad,
    "Expand": _expand,
    "Tile": _tile,
    "Gather": _gather,
    "DepthToSpace": _depth_to_space,
    "SpaceToDepth": _space_to_depth,
}


def moving(
    maker: Maker, ctx: Context, node: SourceNode, inputs: Sequence[Value | None]
) -> list[Value]:
    """The first operand with its elements at other places, by the moves of a maker."""
    data = inputs[0]
    assert data is not None
    try:
        moves = maker(ctx, node, inputs)
        fill = _fill(node, inputs) if node.op_type == "Pad" else 0.0
        return [_filled(data, move, fill, node) for move in moves]
    except (ValueError, IndexError) as error:
        raise fail(
            "HW0204",
            f"the operator does not fit a tensor of shape {list(_shape(inputs))}",
            str(error),
            "check the shapes with onnx.shape_inference; the batch axis counts as 1",
            node.origin,
        ) from error


def _filled(data: Value, move: Move, fill: float, node: SourceNode) -> Value:
    """The moved operand; a number that no integer means is added where zeros are new."""
    pads = fill != 0 and isinstance(data, Stream) and data.dtype.kind == "f" and not data.raw
    if not pads or can_fill(data, fill):
        return moved(data, move, fill, node.origin)
    found, _ = positions(shape_of(data), move)
    result = moved(data, move, 0.0, node.origin)
    return append(lazy_of(result, node), "add", node, (np.where(found < 0, fill, 0.0),))


def _fill(node: SourceNode, inputs: Sequence[Value | None]) -> float:
    if "value" in node.attributes:
        return float(node.attributes["value"])
    value = inputs[2] if len(inputs) > 2 else None
    array = constant_of(value)
    if value is not None and array is None:
        raise fail(
            "HW0201",
            "the number that this Pad fills in is computed while the network runs",
            "only constants become wiring",
            "pad with a constant",
            node.origin,
        )
    return float(array.reshape(-1)[0]) if array is not None and array.size else 0.0


def _shape_operator(ctx: Context, node: SourceNode, inputs: Sequence[Value | None]) -> list[Value]:
    shape = ctx.shape_in_file(node.inputs[0], _shape(inputs))
    cut = shape[node.attributes.get("start", 0) : node.attributes.get("end", len(shape))]
    return [Constant(np.array(cut, dtype=np.int64))]


def _size_operator(ctx: Context, node: SourceNode, inputs: Sequence[Value | None]) -> list[Value]:
    shape = ctx.shape_in_file(node.inputs[0], _shape(inputs))
    return [Constant(np.array(np.prod(shape, dtype=np.int64)))]


HANDLERS = {
    name: Operator(partial(moving, maker), keeps=True) for name, maker in MAKERS.items()
} | {
    "Shape": Operator(_shape_operator),
    "Size": Operator(_size_operator),
}
