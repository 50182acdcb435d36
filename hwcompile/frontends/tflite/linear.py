"""Convolutions and fully connected layers: exact sums, and the requantization behind them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hwcompile.frontends.budget import limited
from hwcompile.frontends.model import Array
from hwcompile.frontends.tflite.contents import LiteNode, LiteTensor
from hwcompile.frontends.tflite.fixed_point import Factor, SingleFactor, WideFactor
from hwcompile.frontends.tflite.lowering import LiteGraph, padding_of, unsupported, wrong_shape
from hwcompile.frontends.tflite.requantizing import (
    Requantization,
    activation_limits,
    in_result_steps,
)
from hwcompile.frontends.tflite.structure import places
from hwcompile.ir.types import IntArray
from hwcompile.ops.conv.op import Conv
from hwcompile.ops.matmul.op import Matmul
from hwcompile_runtime.rows import FloatArray

DEFAULT_FORMAT = 0
"""Of the weights of a fully connected layer: as they are."""


AnyFactor = Factor | WideFactor
Factors = Callable[[LiteTensor, FloatArray, LiteTensor], AnyFactor]
"""How an operator makes its factors of the scales of input, weights and result."""


def _convolution(ctx: LiteGraph, node: LiteNode) -> None:
    """`CONV_2D`; weights are [M, Kh, Kw, C / groups]."""
    weights = _weights(ctx, node)
    if weights.ndim != 4:
        raise wrong_shape(node, ctx.operand(node, 1), "filters of four axes")
    channels = _channels(ctx, node)
    if not weights.shape[3] or channels % weights.shape[3]:
        raise wrong_shape(node, ctx.operand(node, 1), f"filters for {channels} channels")
    _convolved(ctx, node, weights, channels // weights.shape[3])


def _depthwise(ctx: LiteGraph, node: LiteNode) -> None:
    """`DEPTHWISE_CONV_2D`; weights are [1, Kh, Kw, C * multiplier].

    Result channel m sees channel m // multiplier.
    """
    weights, channels = _weights(ctx, node), _channels(ctx, node)
    if weights.ndim != 4 or weights.shape[0] != 1 or weights.shape[3] % max(channels, 1):
        raise wrong_shape(node, ctx.operand(node, 1), f"[1, Kh, Kw, n * {channels}]")
    if weights.shape[3] != channels * node.whole("DepthMultiplier"):
        raise unsupported(
            node,
            f"has {weights.shape[3]} filters for {channels} channels",
            f"its option depth_multiplier says {node.whole('DepthMultiplier')} for each",
            "convert the model again",
        )
    _convolved(ctx, node, np.moveaxis(weights[0], 2, 0)[..., None], channels)


def _transposed(ctx: LiteGraph, node: LiteNode) -> None:
    """`TRANSPOSE_CONV`: every element of the input spreads a filter [M, Kh, Kw, C] over the result.

    The same sums are those of a convolution with filters turned by half a circle, over the input
    with its zero point between the elements and around them.
    """
    source, weights = ctx.operand(node, 2), _weights(ctx, node)
    if len(source.shape) != 4 or source.shape[0] != 1:
        raise wrong_shape(node, source, "a map [1, H, W, C] of one frame")
    if weights.ndim != 4 or weights.shape[3] != source.shape[3]:
        raise wrong_shape(node, ctx.operand(node, 1), f"filters for {source.shape[3]} channels")
    strides = (node.whole("StrideH"), node.whole("StrideW"))
    if min(strides) < 1:
        raise unsupported(node, "has a stride below 1", "nothing spreads so", "convert it again")
    result, kernel = ctx.result(node), weights.shape[1:3]
    # The forward convolution's padding, from the result's size to the input's.
    pads = padding_of(node, result.shape[1:3], kernel, strides)
    index = places(source)[0]
    apart = ((n - 1) * s + 1 for n, s in zip(index.shape[:2], strides, strict=True))
    wide = np.full(limited((*apart, index.shape[2]), node.origin), -1, dtype=np.int64)
    wide[:: strides[0], :: strides[1]] = index
    before = [k - 1 - pad for k, pad in zip(kernel, pads[:2], strict=True)]
    after = [
        size + k - 1 - first - have
        for size, k, first, have in zip(
            result.shape[1:3], kernel, before, wide.shape[:2], strict=True
        )
    ]
    wide = _moved_edges(wide, before, after)
    limited(wide.shape, node.origin)
    zero = int(source.zero_point[0])
    value = ctx.picked(node, ctx.stream(node, 2), wide, zero)
    turned = np.ascontiguousarray(weights[:, ::-1, ::-1])
    total = ctx.emit(node, Conv(turned, 1, (1, 1), (1, 1), (0, 0, 0, 0), zero), value)
    ctx.finish(node, _scaled(ctx, node, total, weights, _of_filters, 2))


def _moved_edges(index: IntArray, before: list[int], after: list[int]) -> IntArray:
    """Places with -1 around them, or with edges cut off where a width is negative."""
    first, last = np.maximum(before, 0), np.maximum(after, 0)
    wide = np.pad(index, [*zip(first, last, strict=True), (0, 0)], constant_values=-1)
    rows, columns = (
        slice(max(-a, 0), n - max(-b, 0))
        for a, b, n in zip(before, after, wide.shape[:2], strict=True)
    )
    return wide[rows, columns]


def _fully_connected(ctx: LiteGraph, node: LiteNode) -> None:
    """`FULLY_CONNECTED`; weights are [M, N], and every N elements of the input are a vector."""
    if node.whole("WeightsFormat") != DEFAULT_FORMAT:
        raise unsupported(
            node, "has shuffled weights", "only the default format is read", "the default format"
        )
    weights = _weights(ctx, node)
    value, size = ctx.stream(node, 0), ctx.operand(node, 0).size
    if weights.ndim != 2 or not weights.shape[1] or size % weights.shape[1]:
        raise wrong_shape(node, ctx.operand(node, 1), f"a matrix for {size} elements")
    vectors = ctx.shaped(node, value, (1, size // weights.shape[1], weights.shape[1]))
    total = ctx.emit(node, Matmul(weights[None]), vectors)
    ctx.finish(node, _scaled(ctx, node, total, weights, _of_matrix))


def _convolved(ctx: LiteGraph, node: LiteNode, weights: IntArray, groups: int) -> None:
    value = ctx.stream(node, 0)
    strides = (node.whole("StrideH"), node.whole("StrideW"))
    dilations = (node.whole("DilationHFactor"), node.whole("DilationWFactor"))
    if min(*strides, *dilations) < 1:
        raise unsupported(
            node, "has a stride or a dilation below 1", "no window moves so", "convert it again"
        )
    kind = ctx.kind(value)
    extent = [(k - 1) * d + 1 for k, d in zip(weights.shape[1:3], dilations, strict=True)]
    pads = padding_of(node, kind.shape[:2], extent, strides)
    zero = int(ctx.operand(node, 0).zero_point[0])
    total = ctx.emit(node, Conv(weights, groups, strides, dilations, pads, zero), value)
    ctx.finish(node, _scaled(ctx, node, total, weights, _of_filters))


def _channels(ctx: LiteGraph, node: LiteNode) -> int:
    source = ctx.operand(node, 0)
    if len(source.shape) != 4 or source.shape[0] != 1:
        raise wrong_shape(node, source, "a map [1, H, W, C] of one frame")
    return source.shape[3]


def _weights(ctx: LiteGraph, node: LiteNode) -> IntArray:
    """The weights as integers.

    Raises:
        CompileError: HW0302 for weights that the reference kernels do not take.
    """
    tensor = ctx.operand(node, 1)
    data = ctx.given(node, 1, "weights")
    if tensor.dtype not in ("int8", "int4") or not tensor.scale.size or tensor.zero_point.any():
        raise node.refuse(
            "HW0302",
            f"the weights of this {node.operator} are of type {tensor.dtype} with "
            f"{tensor.scale.size} scales",
            "TFLite's integer kernels take int8 or int4 without a zero point",
            "convert the model with tf.lite.OpsSet.TFLITE_BUILTINS_INT8",
        )
    return data.astype(np.int64)


def _scaled(
    ctx: LiteGraph, node: LiteNode, total: str, weights: IntArray, factors: Factors, place: int = 0
) -> str:
    """The sums with bias, as integers of the result.

    The kernels add `(x - zero_point) * w`; ours add `x * w`, the rest is a constant of the row.
    """
    source, result = ctx.operand(node, place), ctx.result(node)
    ctx.interval(node, source)
    element = ctx.interval(node, result)
    rows = weights.shape[0]
    bias = _bias(ctx, node, rows, max(2, place + 1))
    zero = int(source.zero_point[0])
    offset = bias - zero * weights.reshape(rows, -1).sum(axis=1)
    scales = ctx.operand(node, 1).scale
    if scales.size not in (1, rows):
        raise wrong_shape(node, ctx.operand(node, 1), f"1 or {rows} scales")
    low, high = activation_limits(node, result, element)
    steps = Requantization(
        offset, factors(source, scales, result), int(result.zero_point[0]), low, high
    )
    return in_result_steps(ctx, node, total, steps)


def _of_filters(source: LiteTensor, scales: FloatArray, result: LiteTensor) -> AnyFactor:
    """The factors of a convolution, one for each filter."""
    product = np.float64(source.scale[0]) * scales.astype(np.float64)
    real = product / np.float64(result.scale[0])
    return WideFactor.of(real) if source.dtype == "int16" else Factor.of(real)


def _of_matrix(source: LiteTensor, scales: FloatArray, result: LiteTensor) -> AnyFactor:
    """Those of a fully connected layer, whatever the width of its input."""
    product = np.float64(source.scale[0]) * scales.astype(np.float64)
    return SingleFactor.of(product / np.float64(result.scale[0]))


def _bias(ctx: LiteGraph, node: LiteNode, rows: int, place: int) -> IntArray:
    found: Array | None = ctx.constant(node, place)
    if found is None:
        if len(node.inputs) > place and node.inputs[place] >= 0:
            ctx.given(node, place, "biases")
        return np.zeros(1, np.int64)
    if found.size != rows or found.dtype.kind != "i":
        raise wrong_shape(node, ctx.operand(node, place), f"{rows} whole numbers as its bias")
    return found.reshape(-1).astype(np.int64)


HANDLERS = {
    "CONV_2D": _convolution,
    "DEPTHWISE_CONV_2D": _depthwise,
    "FULLY_CONNECTED": _fully_connected,
    "TRANSPOSE_CONV": _transposed,
}
