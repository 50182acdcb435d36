"""`SVDF`: a layer of rank-one filters over the last frames (Nakkiran et al., Interspeech 2015).

A filter makes one number of every frame's features and keeps those of the last frames; a unit is
the sum of its filters' numbers, weighted over time.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hwcompile.frontends.tflite.contents import LiteNode
from hwcompile.frontends.tflite.fixed_point import Factor
from hwcompile.frontends.tflite.lowering import LiteGraph, unsupported, wrong_shape
from hwcompile.frontends.tflite.requantizing import RELU, Requantization, in_result_steps
from hwcompile.frontends.tflite.states import given_state, leave_state
from hwcompile.ir.types import IntArray
from hwcompile.ops.concat.op import Concat
from hwcompile.ops.depthwise.op import Depthwise
from hwcompile.ops.matmul.op import Matmul

_INPUT, _FEATURES, _TIME, _BIAS, _STATE = range(5)


def _svdf(ctx: LiteGraph, node: LiteNode) -> None:
    """`SVDF` of int8 with numbers of int16 in between, as `EvalIntegerSVDF`.

    The state is int16 [filters, frames], the oldest first; the frame at hand takes the last place,
    and behind it everything moves by one and leaves 0 there.
    """
    source, state = (ctx.operand(node, i) for i in (_INPUT, _STATE))
    result = ctx.result(node)
    features, over_time = _matrices(ctx, node)
    filters, memory = over_time.shape
    rank = node.whole("Rank")
    if rank < 1 or filters % rank:
        raise wrong_shape(node, ctx.operand(node, _TIME), f"filters in groups of {rank}")
    if source.shape != (1, features.shape[1]) or state.size != filters * memory:
        raise wrong_shape(node, state, f"[1, {filters * memory}] for a frame of one vector")
    ctx.interval(node, source)
    element = ctx.interval(node, result)
    inner = ctx.interval(node, state)
    scales = [ctx.operand(node, i).scale[0] for i in (_FEATURES, _TIME)]
    zero = int(source.zero_point[0])
    value = ctx.emit(node, Matmul(features[None]), ctx.stream(node, _INPUT))
    into = Requantization(
        -zero * features.sum(axis=1),
        Factor.of(source.scale[0] * scales[0] / state.scale[0]),
        0,
        inner.low,
        inner.high,
    )
    now = in_result_steps(ctx, node, value, into)
    before = given_state(ctx, node, state.name, state)
    joined = ctx.emit(node, Concat(), ctx.shaped(node, before, (1, 1, filters * memory)), now)
    all_places = np.arange(filters * memory).reshape(filters, memory)
    all_places[:, -1] = filters * memory + np.arange(filters)
    units = all_places.reshape(-1, rank * memory).T.reshape(1, 1, -1)
    weights = over_time.reshape(-1, rank * memory).T
    total = ctx.emit(node, Depthwise(np.ascontiguousarray(weights)),
                     ctx.picked(node, joined, units))  # fmt: skip
    out = Requantization(
        _bias(ctx, node, filters // rank),
        Factor.of(state.scale[0] * scales[1] / result.scale[0]),
        int(result.zero_point[0]),
        element.low,
        element.high,
    )
    ctx.finish(node, in_result_steps(ctx, node, total, out))
    following = np.append(all_places[:, 1:], np.full((filters, 1), -1), axis=1)
    leave_state(ctx, node, state.name, ctx.picked(node, joined, following.reshape(1, 1, -1)))


def _matrices(ctx: LiteGraph, node: LiteNode) -> tuple[IntArray, IntArray]:
    """Weights of features [filters, features] and over time [filters, frames]."""
    found = []
    for place, dtypes in ((_FEATURES, ("int8",)), (_TIME, ("int16",))):
        tensor = ctx.operand(node, place)
        data = ctx.given(node, place, "weights")
        if tensor.dtype not in dtypes or tensor.scale.size != 1 or tensor.zero_point.any():
            raise node.refuse(
                "HW0302",
                f"the weights '{tensor.name}' of this {node.operator} are of type {tensor.dtype} "
                f"with {tensor.scale.size} scales",
                f"TFLite's integer kernel takes {dtypes[0]} of one scale without a zero point",
                "convert the model with tf.lite.OpsSet.TFLITE_BUILTINS_INT8",
            )
        if data.ndim != 2 or not data.size:
            raise wrong_shape(node, tensor, "a matrix with a row for each filter")
        found.append(data.astype(np.int64))
    if found[0].shape[0] != found[1].shape[0]:
        raise wrong_shape(node, ctx.operand(node, _TIME), f"{found[0].shape[0]} rows")
    if node.whole("FusedActivationFunction") != RELU:
        raise unsupported(
            node,
            f"has the fused activation number {node.whole('FusedActivationFunction')}",
            "TFLite's integer kernel takes RELU alone, which it leaves to the result's limits",
            "RELU",
        )
    return found[0], found[1]


def _bias(ctx: LiteGraph, node: LiteNode, units: int) -> IntArray:
    data = ctx.constant(node, _BIAS)
    if data is None:
        return np.zeros(1, dtype=np.int64)
    if data.size != units or data.dtype.kind != "i":
        raise wrong_shape(node, ctx.operand(node, _BIAS), f"{units} whole numbers")
    return data.reshape(-1).astype(np.int64)


HANDLERS: dict[str, Callable[[LiteGraph, LiteNode], None]] = {"SVDF": _svdf}
