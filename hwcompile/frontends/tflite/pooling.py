"""Pools, and sums and means over axes."""

from __future__ import annotations

from functools import partial

import numpy as np

from hwcompile.frontends.numbers.integer_functions import IntegerFunction
from hwcompile.frontends.tflite.contents import LiteNode
from hwcompile.frontends.tflite.fixed_point import Factor
from hwcompile.frontends.tflite.lowering import LiteGraph, padding_of, unsupported, wrong_shape
from hwcompile.frontends.tflite.requantizing import (
    Requantization,
    activation_limits,
    in_result_steps,
)
from hwcompile.frontends.tflite.structure import places, same_numbers
from hwcompile.ir.types import IntArray
from hwcompile.ops.depthwise.op import Depthwise
from hwcompile.ops.pool.op import Pool
from hwcompile.ops.reduce.op import Reduce


def _maximum(ctx: LiteGraph, node: LiteNode) -> None:
    """`MAX_POOL_2D`: the largest integer of every window, then the fused activation."""
    value, pool = _pool(ctx, node, "max")
    found = ctx.emit(node, pool, value)
    ctx.finish(node, _clamped(ctx, node, found))


def _average(ctx: LiteGraph, node: LiteNode) -> None:
    """`AVERAGE_POOL_2D`: the sum of a window by how many pixels it has, halves away from zero."""
    value, pool = _pool(ctx, node, "sum")
    shape = ctx.kind(value).shape
    total = ctx.emit(node, pool, value)
    down, across = (
        np.sum((p >= 0) & (p < shape[axis]), axis=1)
        for axis, p in enumerate(pool.geometry.positions(a, shape) for a in (0, 1))
    )
    counts = (down[:, None] * across).astype(np.int64)
    most = int(np.lcm.reduce(counts.reshape(-1)))
    if np.any(counts != most):
        total = _weighted(ctx, node, total, most // counts)
    low, high = activation_limits(node, ctx.result(node), ctx.interval(node, ctx.result(node)))
    compute = partial(_divided, count=most, low=low, high=high)
    kind = ctx.kind(total)
    function = IntegerFunction("average", compute, (np.zeros(1, np.int64),), kind.element)
    ctx.finish(node, ctx.closed(node, total, function))


def _weighted(ctx: LiteGraph, node: LiteNode, total: str, factors: IntArray) -> str:
    """Sums of fewer pixels times so much that one number divides them all, int64 [OH, OW]."""
    shape = ctx.kind(total).shape
    each = np.repeat(factors.reshape(-1), shape[2])[None]
    flat = ctx.shaped(node, total, (1, 1, each.size))
    return ctx.shaped(node, ctx.emit(node, Depthwise(each), flat), shape)


def _divided(
    x: IntArray, constants: tuple[IntArray, ...], *, count: int, low: int, high: int
) -> IntArray:
    away = np.where(x > 0, x + count // 2, -(x - count // 2)) // count
    found: IntArray = np.clip(np.where(x > 0, away, -away), low, high)
    return found


def _clamped(ctx: LiteGraph, node: LiteNode, value: str) -> str:
    """The integers within the fused activation."""
    result = ctx.result(node)
    low, high = activation_limits(node, result, ctx.interval(node, result))
    element = ctx.kind(value).element
    if low <= element.low and high >= element.high:
        return value
    function = IntegerFunction(
        "clamp", lambda x, c: np.clip(x, low, high), (np.zeros(1, np.int64),), element
    )
    return ctx.closed(node, value, function)


def _pool(ctx: LiteGraph, node: LiteNode, kind: str) -> tuple[str, Pool]:
    source, result = ctx.operand(node, 0), ctx.result(node)
    element = ctx.interval(node, source)
    if len(source.shape) != 4 or source.shape[0] != 1:
        raise wrong_shape(node, source, "a map [1, H, W, C] of one frame")
    if source.scale[0] != result.scale[0] or source.zero_point[0] != result.zero_point[0]:
        raise unsupported(
            node,
            "has another scale or zero point than its operand",
            "TFLite's kernel does not change them",
            "convert the model again",
        )
    kernel = (node.whole("FilterHeight"), node.whole("FilterWidth"))
    strides = (node.whole("StrideH"), node.whole("StrideW"))
    if min(*kernel, *strides) < 1:
        raise unsupported(
            node, "has a filter or stride below 1", "no window moves so", "convert it again"
        )
    value = ctx.stream(node, 0)
    pads = padding_of(node, source.shape[1:3], kernel, strides)
    return value, Pool(kind, kernel, strides, (1, 1), pads, element.low if kind == "max" else 0)


def _reduced(ctx: LiteGraph, node: LiteNode, kind: str) -> str:
    """Sums or largest elements over constant axes, in the order of the axes that are kept."""
    source = ctx.operand(node, 0)
    ctx.interval(node, source)
    rank = len(source.shape)
    given = np.asarray(ctx.given(node, 1, "axes")).reshape(-1)
    axes = sorted({int(a) % rank for a in given})
    value = ctx.stream(node, 0)
    height, width, _ = ctx.kind(value).shape
    if rank == 4 and axes == [1, 2] and source.shape[0] == 1:
        return ctx.emit(node, _whole(kind, (height, width)), value)
    index = _side_by_side(ctx, node).transpose(0, 2, 1)
    return ctx.emit(node, _whole(kind, (1, index.shape[1])), ctx.picked(node, value, index))


def _side_by_side(ctx: LiteGraph, node: LiteNode) -> IntArray:
    """Places of what is reduced to one element: [elements, 1, how many of each]."""
    source = ctx.operand(node, 0)
    rank = len(source.shape)
    given = np.asarray(ctx.given(node, 1, "axes")).reshape(-1)
    axes = sorted({int(a) % rank for a in given})
    kept = [a for a in range(rank) if a not in axes]
    count = int(np.prod([source.shape[a] for a in axes], dtype=np.int64))
    return places(source).transpose(*kept, *axes).reshape(-1, 1, count)


def _whole(kind: str, kernel: tuple[int, int]) -> Pool:
    return Pool(kind, kernel, kernel, (1, 1), (0, 0, 0, 0), 0)


def _mean(ctx: LiteGraph, node: LiteNode) -> None:
    """`MEAN`: the factor of the scales, with as many more digits as the count has, by the count."""
    source, result = ctx.operand(node, 0), ctx.result(node)
    element = ctx.interval(node, result)
    count = source.size // max(result.size, 1)
    plain = Factor.of(float(source.scale[0]) / float(result.scale[0]))
    shift = min(count.bit_length() - 1, 32, 31 + int(plain.shift[0]))
    factor = Factor((plain.mantissa << shift) // count, plain.shift - shift)
    offset = -count * source.zero_point[:1]
    steps = Requantization(offset, factor, int(result.zero_point[0]), element.low, element.high)
    ctx.finish(node, in_result_steps(ctx, node, _reduced(ctx, node, "sum"), steps))


def _largest(ctx: LiteGraph, node: LiteNode) -> None:
    """`REDUCE_MAX` of the integers."""
    same_numbers(node, ctx.operand(node, 0), ctx.result(node))
    ctx.finish(node, _reduced(ctx, node, "max"))


def _least(ctx: LiteGraph, node: LiteNode) -> None:
    """`REDUCE_MIN` of the integers."""
    source = ctx.operand(node, 0)
    same_numbers(node, source, ctx.result(node))
    ctx.interval(node, source)
    index = _side_by_side(ctx, node)
    value = ctx.picked(node, ctx.stream(node, 0), index)
    ctx.finish(node, ctx.emit(node, Reduce("min", index.shape[2]), value))


HANDLERS = {
    "MAX_POOL_2D": _maximum,
    "AVERAGE_POOL_2D": _average,
    "MEAN": _mean,
    "REDUCE_MAX": _largest,
    "REDUCE_MIN": _least,
}
