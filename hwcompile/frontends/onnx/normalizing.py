"""Normalizations: over the last axes (Layer, RMS), of groups of channels (Instance, Group), Lp.

LpNormalization ends embedding networks, so it stays on the host, as ONNX Runtime computes it;
inside the network the 2-norm is a root mean square.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from math import prod, sqrt

import numpy as np

from hwcompile.diagnostics import fail
from hwcompile.frontends.model import Array, SourceNode
from hwcompile.frontends.onnx.dialect.operator import Operator
from hwcompile.frontends.onnx.spelled import DOMAIN, NORMALIZATION
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.elementwise import required_constant
from hwcompile.frontends.symbolic.pending import append, check_precision, common_shape, lazy_of
from hwcompile.frontends.symbolic.ranking import on_host
from hwcompile.frontends.symbolic.rows import normalized_stream
from hwcompile.frontends.symbolic.values import HostValue, Lazy, Stream, Value
from hwcompile_runtime.chain import FloatOp
from hwcompile_runtime.rows import floats

Inputs = Sequence[Value | None]


def _normalized(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    value = lazy_of(inputs[0], node)
    check_precision(value, node)
    if any(node.outputs[1:]):
        raise fail(
            "HW0201",
            f"this {node.op_type} gives its mean or deviation away",
            "hardware keeps them to itself",
            "export the model in evaluation mode (model.eval())",
            node.origin,
        )
    shape = value.shape
    axis = int(node.attributes.get("axis", -1)) % len(shape)
    rows = (*shape[:axis], prod(shape[axis:]))
    epsilon = float(node.attributes.get("epsilon", 1e-5))
    centered = node.op_type == "LayerNormalization"
    result: Lazy | HostValue = normalized_stream(ctx, value, rows, epsilon, centered, node)
    scale = required_constant(inputs, 1, node).astype(np.float32)
    result = append(result, "mul", node, (_fitting(scale, value.shape, node),))
    if len(inputs) > 2 and inputs[2] is not None:
        offset = required_constant(inputs, 2, node).astype(np.float32)
        result = append(result, "add", node, (_fitting(offset, value.shape, node),))
    return [result]


def _in_groups(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    """InstanceNormalization and GroupNormalization: a row is a group of channels of all pixels."""
    value = lazy_of(inputs[0], node)
    check_precision(value, node)
    shape = value.shape
    channels = shape[1] if len(shape) > 1 else 0
    groups = int(node.attributes.get("num_groups", channels))
    constants = [required_constant(inputs, i, node).astype(np.float32).reshape(-1) for i in (1, 2)]
    if groups < 1 or channels % groups or any(c.size != channels for c in constants):
        raise fail(
            "HW0204",
            f"this {node.op_type} has {groups} groups, a scale of {constants[0].size} and a bias "
            f"of {constants[1].size} numbers for a tensor of shape {list(shape)}",
            "groups have equally many channels (axis 1), each with a scale and a bias",
            "check the model with onnx.checker; GroupNormalization of operator set 18 has them for "
            "a group: export it for operator set 21",
            node.origin,
        )
    rows = (shape[0], groups, prod(shape[1:]) // groups)
    epsilon = float(node.attributes.get("epsilon", 1e-5))
    result: Lazy | HostValue = normalized_stream(ctx, value, rows, epsilon, True, node)
    for kind, constant in zip(("mul", "add"), constants, strict=True):
        spread = constant.reshape(1, channels, *(1 for _ in shape[2:]))
        result = append(result, kind, node, (spread,))
    return [result]


def _fitting(constant: Array, shape: tuple[int, ...], node: SourceNode) -> Array:
    """A scale or bias that spreads over the tensor, and over which the tensor does not spread.

    Raises:
        CompileError: HW0204 otherwise.
    """
    if common_shape(node, shape, constant.shape) != shape:
        raise fail(
            "HW0204",
            f"a scale of shape {list(constant.shape)} does not fit a tensor of shape {list(shape)}",
            "the batch axis is frozen to 1, and it belongs to no row",
            "normalize the axes behind the batch",
            node.origin,
        )
    return constant


def _lp_normalized(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    value = lazy_of(inputs[0], node)
    check_precision(value, node)
    p, axis = (int(node.attributes.get(n, d)) for n, d in (("p", 2), ("axis", -1)))
    if p not in (1, 2):
        raise fail(
            "HW0201",
            f"this LpNormalization takes the {p}-norm",
            "ONNX defines the 1-norm and the 2-norm",
            "p=1 or p=2",
            node.origin,
        )
    shape, axis = value.shape, axis % len(value.shape)
    result = on_host(
        value, "lp_normalization", shape, value.dtype, shape=list(shape), axis=axis, p=p
    )
    if p == 1:
        return [result]
    return [replace(result, inside=partial(_unit_stream, ctx, value, axis, node))]


def _unit_stream(ctx: Context, value: Lazy | HostValue, axis: int, node: SourceNode) -> Stream:
    """Numbers over their 2-norm: over the root of their mean square, and that of their count."""
    found = normalized_stream(ctx, value, value.shape, 0.0, False, node, axis)
    return found.then(FloatOp("mul", (floats(1 / sqrt(value.shape[axis])),)))


def _spelled(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    """Along axes next to each other, which may be any; scale and bias are nodes behind it."""
    value = lazy_of(inputs[0], node)
    check_precision(value, node)
    shape, rank = value.shape, len(value.shape)
    axes = sorted({int(a) % max(rank, 1) for a in node.attributes["axes"]})
    first, behind = axes[0], axes[-1] + 1
    centered = bool(node.attributes["centered"])
    what = f"{'Layer' if centered else 'RMS'}Normalization that is spelled out in nodes"
    if behind - first != len(axes):
        raise fail(
            "HW0204",
            f"this is the end of a {what}, along the axes {axes}",
            "rows are numbers of one axis, or of axes next to each other",
            "transpose the tensor, so that these axes are the last ones",
            node.origin,
        )
    count = prod(shape[first:behind])
    if any(np.float32(1 / c) != np.float32(1 / count) for c in node.attributes["counts"]):
        raise fail(
            "HW0204",
            f"this is the end of a {what}, whose sums of {count} elements are divided by "
            f"{', '.join(f'{c:g}' for c in node.attributes['counts'])}",
            "a mean is a sum over the number of its elements",
            "divide by that number, or write ReduceMean",
            node.origin,
        )
    ctx.note(f"is the end of a {what}, and is built as one", node.origin)
    rows = (*shape[:first], count, *shape[behind:])
    epsilon = float(node.attributes["epsilon"])
    return [normalized_stream(ctx, value, rows, epsilon, centered, node, first)]


SPELLED = {NORMALIZATION: Operator(_spelled, domains=frozenset({DOMAIN}))}
"""What `spelled.with_normalizations` finds; no file has it."""

HANDLERS = {
    "LpNormalization": Operator(_lp_normalized),
    "GroupNormalization": Operator(_in_groups),
    "InstanceNormalization": Operator(_in_groups),
    "LayerNormalization": Operator(_normalized),
    "RMSNormalization": Operator(_normalized),
}
