"""Maxima and sums of windows of a map, and over axes: exact integers, divided afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from hwcompile.diagnostics import fail
from hwcompile.frontends.model import Array, SourceNode
from hwcompile.frontends.symbolic.arranging import feature_map
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.integer_arithmetic import held
from hwcompile.frontends.symbolic.linear import (
    Window,
    convolved,
    strip_padding,
)
from hwcompile.frontends.symbolic.pending import append
from hwcompile.frontends.symbolic.pure import Pure, per_channel, pure_stream
from hwcompile.frontends.symbolic.values import Stream, Value
from hwcompile.ir.types import IntArray
from hwcompile.ops.matmul.op import Matmul
from hwcompile.ops.pool.op import Pool
from hwcompile_runtime.chain import Chain, Dequantize, FloatOp, Integers
from hwcompile_runtime.rows import floats


def _pooled(
    ctx: Context, kind: str, stream: Stream, window: Window, pad_value: int, node: SourceNode
) -> tuple[str, IntArray]:
    """The pool's IR value and its index map (1, C, ...)."""
    flat = window.two_dimensional()
    op = Pool(kind, flat.kernel, flat.strides, flat.dilations, flat.pads, pad_value)
    arranged = ctx.arrange(stream.value, feature_map(stream.index), int(stream.fill), node)
    problems = op.problems((ctx.type(arranged),))
    if problems:
        raise fail(
            "HW0234",
            f"this {node.op_type} cannot be built: {'; '.join(problems)}",
            "",
            "check its kernel, strides and padding",
            node.origin,
        )
    value = ctx.emit(node, op, (arranged,))
    if kind == "max" and arranged in ctx.bounds:
        ctx.bounds[value] = ctx.bounds[arranged]
    out = ctx.type(value)
    order = np.arange(out.size).reshape(out.shape).transpose(2, 0, 1)
    sizes = out.shape[:2] if len(stream.shape) == 4 else out.shape[1:2]
    return value, np.ascontiguousarray(order).reshape(1, out.channels, *sizes)


def max_pool(ctx: Context, stream: Stream, window: Window, node: SourceNode) -> Stream:
    """The largest real number of each window: the largest integer where the chain only rises."""
    places = np.arange(stream.index.size).reshape(stream.shape)
    first = places[0].reshape(stream.shape[1], -1)[:, 0]
    uniform = _one_chain_per_channel(stream, first) and int(stream.index.min()) >= 0
    rising = _rising(ctx, stream, node) if uniform else None
    if rising is None:
        stream = pure_stream(ctx, stream, node).stream
        if not _one_chain_per_channel(stream, first):
            raise fail(
                "HW0235",
                f"the scales of this {node.op_type} differ among the numbers that it compares",
                "integers can only be compared when they have one scale and zero point",
                "insert a quantizer with one scale in front of it",
                node.origin,
            )
    else:
        stream = rising
    chain = stream.chain
    low = ctx.type(stream.value).element.low
    value, index = _pooled(ctx, "max", stream, window, low, node)
    outputs = index[0, 0].size
    rows = np.repeat(first, outputs)
    return Stream(value, index, chain.select(rows), stream.dtype)


def _one_chain_per_channel(stream: Stream, first: IntArray) -> bool:
    """True when all positions of a channel mean the same as its first one in `first`."""
    channels = stream.shape[1]
    return all(
        bool(np.all(a.reshape(channels, -1, *a.shape[1:]) == a[first][:, None]))
        for a in stream.chain.arrays()
        if a.shape[0] != 1
    )


def _rising(ctx: Context, stream: Stream, node: SourceNode) -> Stream | None:
    """The stream with channels negated where its chain falls; None when it is not monotone.

    Channels fall behind a BatchNormalization with a negative scale.
    """
    chain = stream.chain
    signs = np.broadcast_to(chain.monotone_sign(), (stream.index.size,))
    if np.all(signs == 1):
        return stream
    start = chain.start
    if np.any(signs == 0):
        return None
    channels = stream.shape[1]
    per_channel_sign = signs.reshape(channels, -1)[:, 0]
    weights = per_channel_sign.reshape(-1, 1, *[1] * (len(stream.shape) - 2)).astype(np.int64)
    ones, zeros = (1,) * (len(stream.shape) - 2), (0,) * (len(stream.shape) - 2)
    window = Window(ones, ones, ones, zeros, zeros)
    zero = np.zeros(channels, dtype=np.int64)
    turned = convolved(ctx, stream, zero, weights, channels, window, node)
    # (-q - z) * s is (q - -z) * -s, also in float32.
    if isinstance(start, Dequantize):
        fresh = Chain(Dequantize(start.scale * signs.astype(np.float32), start.zero_point * signs))
    else:
        fresh = Chain(
            start, (FloatOp("mul", (signs[:1] if np.all(signs == signs[0]) else signs,)),)
        )
    return replace(stream, value=turned.value, index=turned.index, chain=fresh.then(*chain.ops))


def divisors(plain: Window, window: Window, size: Sequence[int], include_pad: bool) -> Array:
    """How many elements each output averages, float32 of the output's spatial shape.

    Args:
        plain: The window as the model writes it.
        window: The window with ceil_mode's additional padding.
        size: Spatial input size.
        include_pad: Padding of `plain` counts; additional padding never does.
    """
    result = np.ones((), dtype=np.float32)
    for i, length in enumerate(size):
        extent = (window.kernel[i] - 1) * window.dilations[i] + 1
        padded = length + window.begin[i] + window.end[i]
        starts = np.arange(0, padded - extent + 1, window.strides[i]) - window.begin[i]
        taps = starts[:, None] + np.arange(window.kernel[i]) * window.dilations[i]
        low = -plain.begin[i] if include_pad else 0
        high = length + (plain.end[i] if include_pad else 0)
        count = ((taps >= low) & (taps < high)).sum(axis=1).astype(np.float32)
        result = np.multiply.outer(result, count)
    return result


def average(ctx: Context, pure: Pure, window: Window, divisor: Array, node: SourceNode) -> Value:
    """The sum of each window, divided by `divisor`, float32 of the output's spatial shape."""
    summed = sum_pool(ctx, pure, window, node)
    return append(summed, "div", node, (divisor[None, None],))


def sum_pool(ctx: Context, pure: Pure, window: Window, node: SourceNode) -> Stream:
    """The sum of the real numbers of each window; padding adds nothing."""
    scale, zero = per_channel(pure, 1, node)
    stream = pure.stream
    if np.unique(zero).size > 1 and any(window.begin + window.end):
        raise fail(
            "HW0233",
            f"this {node.op_type} pads channels that have different zero points",
            "one integer must mean 0.0 in all padded channels",
            "quantize the input with one zero point for all channels",
            node.origin,
        )
    stream, window = strip_padding(stream, window, int(zero[0]))
    value, index = _pooled(ctx, "sum", stream, window, int(zero[0]), node)
    taps = int(np.prod(window.kernel))
    rows = np.repeat(np.arange(scale.size), index[0, 0].size)

    def wide(constant: Array) -> Array:
        same = np.all(constant == constant[0])
        return constant[:1] if same else constant[rows]

    start = Dequantize(floats(wide(scale)), wide(zero * taps))
    return Stream(value, index, Chain(start), np.dtype(np.float32))


def whole_window(stream: Stream) -> Window:
    """The window that covers the map."""
    size = stream.shape[2:]
    ones, zeros = (1,) * len(size), (0,) * len(size)
    return Window(tuple(size), ones, ones, zeros, zeros)


def summed(ctx: Context, pure: Pure, total: Stream, node: SourceNode) -> Stream:
    """A sum of real numbers, or of integers in the operand's type."""
    if not pure.integers:
        return total
    whole = replace(total, chain=Chain(Integers()), dtype=pure.stream.dtype)
    return held(ctx, whole, node)


def _is_spatial(stream: Stream, axes: tuple[int, ...]) -> bool:
    rank = len(stream.shape)
    return rank in (3, 4) and stream.shape[0] == 1 and set(axes) == set(range(2, rank))


def max_over(ctx: Context, stream: Stream, axes: tuple[int, ...], node: SourceNode) -> Stream:
    """The largest number over axes, which stay with size 1."""
    if _is_spatial(stream, axes):
        return max_pool(ctx, stream, whole_window(stream), node)
    # Any axes become the spatial axis of a signal whose channels are the remaining elements.
    kept = [a for a in range(len(stream.shape)) if a not in axes]
    order = [*kept, *axes]
    shape = tuple(stream.shape[a] for a in kept)
    channels = int(np.prod(shape, dtype=np.int64))
    signal = stream.moved(lambda a, fill: a.transpose(order).reshape(1, channels, -1))
    result = max_pool(ctx, signal, whole_window(signal), node)
    target = tuple(1 if a in axes else n for a, n in enumerate(stream.shape))
    return result.moved(lambda a, fill: a.reshape(target))


def sum_over(ctx: Context, pure: Pure, axes: tuple[int, ...], node: SourceNode) -> Stream:
    """The sum over axes, which stay with size 1.

    Raises:
        CompileError: HW0235 when numbers that are added have different scales.
    """
    stream = pure.stream
    if _is_spatial(stream, axes):
        return sum_pool(ctx, pure, whole_window(stream), node)
    kept = [a for a in range(len(stream.shape)) if a not in axes]
    order = [*kept, *axes]
    count = int(np.prod([stream.shape[a] for a in axes]))
    target = tuple(1 if a in axes else n for a, n in enumerate(stream.shape))
    turned = stream.moved(lambda a, fill: a.transpose(order).reshape(-1, count))
    scale = pure.scale_at().transpose(order).reshape(-1, count)
    zero = pure.zero_point_at().transpose(order).reshape(-1, count)
    if np.any(scale != scale[:, :1]):
        raise fail(
            "HW0235",
            f"the scales of this {node.op_type} differ among the numbers that it adds up",
            "numbers can only be added when they have one scale",
            "insert a quantizer with one scale in front of it",
            node.origin,
        )
    wanted = turned.index[None]
    arranged = ctx.arrange(turned.value, wanted, int(turned.fill), node)
    value = ctx.emit(node, Matmul(np.ones((1, 1, count), dtype=np.int64)), (arranged,))
    start = Dequantize(floats(scale[:, 0]), zero.sum(axis=1))
    index = np.arange(turned.index.shape[0]).reshape(target)
    return Stream(value, index, Chain(start), np.dtype(np.float32))
