"""Operators that take elements from places that the model's constants name: moves like others.

What ONNX leaves out of range is refused by its legality or by numpy's own index errors, which
become findings with the operator's shape.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from hwcompile.diagnostics import fail
from hwcompile.frontends.budget import limited
from hwcompile.frontends.model import Array, SourceNode
from hwcompile.frontends.onnx.dialect.operator import Operator
from hwcompile.frontends.onnx.structure import Maker, ints, moving
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.values import Move, Value, constant_of, shape_of
from hwcompile.ir.types import IntArray

Inputs = Sequence[Value | None]


def _shape(inputs: Inputs) -> tuple[int, ...]:
    assert inputs[0] is not None
    return shape_of(inputs[0])


def _places(node: SourceNode, inputs: Inputs, what: str) -> IntArray:
    """The constant second operand.

    Raises:
        CompileError: HW0201 when it is computed while the network runs.
    """
    array = constant_of(inputs[1])
    if array is None:
        raise fail(
            "HW0201",
            f"the {what} of this {node.op_type} are computed while the network runs",
            "only constants become wiring",
            f"replace the operator by one with constant {what}",
            node.origin,
        )
    return array.astype(np.int64)


def _lower_or_upper(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Move]:
    """Trilu: zeros on one side of a diagonal of the last two axes."""
    diagonal = (ints(ctx, node, inputs, 1, "k") or [0])[0]
    rows, columns = _shape(inputs)[-2:]
    upper = bool(node.attributes.get("upper", 1))
    distance = np.arange(columns)[None, :] - np.arange(rows)[:, None]
    kept = distance >= diagonal if upper else distance <= diagonal
    return [lambda a, fill: a if fill is None else np.where(kept, a, fill)]


def _gather_elements(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Move]:
    axis, shape = int(node.attributes.get("axis", 0)), _shape(inputs)
    places = _places(node, inputs, "indices")  # constants; others: see taking.py
    if np.any(places < -shape[axis]) or np.any(places >= shape[axis]):
        raise IndexError(f"some of the indices are none of an axis of {shape[axis]} elements")
    places %= shape[axis]
    limited(places.shape, node.origin)
    cut = tuple(slice(n if i != axis % len(shape) else None) for i, n in enumerate(places.shape))
    return [lambda a, fill: np.take_along_axis(a[cut], places, axis=axis)]


def _gather_nd(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Move]:
    """Each last row of the indices names a place in the axes behind the batch."""
    shape, places = _shape(inputs), _places(node, inputs, "indices")
    batch, depth = int(node.attributes.get("batch_dims", 0)), places.shape[-1]
    limited((*places.shape[:-1], *shape[batch + depth :]), node.origin)
    ahead = np.indices(places.shape[:-1])[:batch]
    chosen = (*ahead, *np.moveaxis(places, -1, 0))
    return [lambda a, fill: a[chosen]]


def _reverse_sequence(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Move]:
    """The first elements of every sequence in the other direction."""
    time, batch = (int(node.attributes.get(n, d)) for n, d in (("time_axis", 0), ("batch_axis", 1)))
    lengths, steps = _places(node, inputs, "lengths"), np.arange(_shape(inputs)[time])
    turned = lengths[:, None] - 1 - steps
    order = np.where(steps < lengths[:, None], turned, steps)

    def move(a: Array, fill: object) -> Array:
        front = np.moveaxis(a, (batch, time), (0, 1))
        chosen = front[np.arange(len(lengths))[:, None], order]
        return np.asarray(np.moveaxis(chosen, (0, 1), (batch, time)))

    return [move]


def _crop_or_pad(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Move]:
    """CenterCropPad: the middle of what is too long, zeros around what is too short."""
    shape, sizes = _shape(inputs), _places(node, inputs, "sizes").reshape(-1).tolist()
    axes = [int(a) % len(shape) for a in node.attributes.get("axes", range(len(shape)))]
    cuts, widths = [slice(None)] * len(shape), [(0, 0)] * len(shape)
    for axis, size in zip(axes, sizes, strict=True):
        more = size - shape[axis]
        start = max(-more, 0) // 2
        cuts[axis] = slice(start, start + min(size, shape[axis]))
        widths[axis] = (max(more, 0) // 2, max(more, 0) - max(more, 0) // 2)
    wanted = dict(zip(axes, sizes, strict=True))
    limited(tuple(wanted.get(i, n) for i, n in enumerate(shape)), node.origin)

    def move(a: Array, fill: float | None) -> Array:
        if fill is None:
            return np.pad(a[tuple(cuts)], widths, mode="edge")
        return np.pad(a[tuple(cuts)], widths, constant_values=fill)

    return [move]


def _compress(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Move]:
    chosen = np.flatnonzero(_places(node, inputs, "conditions"))
    axis = node.attributes.get("axis")
    if axis is None:
        return [lambda a, fill: a.reshape(-1)[chosen]]
    return [lambda a, fill: a.take(chosen, axis=int(axis))]


MAKERS: dict[str, Maker] = {
    "Trilu": _lower_or_upper,
    "GatherElements": _gather_elements,
    "GatherND": _gather_nd,
    "ReverseSequence": _reverse_sequence,
    "CenterCropPad": _crop_or_pad,
    "Compress": _compress,
}

HANDLERS = {name: Operator(partial(moving, maker), keeps=True) for name, maker in MAKERS.items()}
