"""ConvTranspose: a convolution of the operand with zeros between its pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from hwcompile.diagnostics import fail
from hwcompile.frontends.budget import limited
from hwcompile.frontends.model import Array, SourceNode
from hwcompile.frontends.onnx.dialect.operator import Operator
from hwcompile.frontends.onnx.linear import biased, common_scales, dequantized
from hwcompile.frontends.onnx.windows import window_of
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.linear import Window, check_groups, convolved, feature_stream
from hwcompile.frontends.symbolic.pure import per_channel, pure_stream
from hwcompile.frontends.symbolic.values import Stream, Value
from hwcompile.frontends.symbolic.weights import Weights, weights_of

Inputs = Sequence[Value | None]


def _conv_transpose(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    pure = pure_stream(ctx, inputs[0], node)
    stream = feature_stream(pure.stream, node)
    groups = int(node.attributes.get("group", 1))
    weights = _turned(weights_of(ctx, inputs[1], 1, node), groups)
    scale, zero = per_channel(pure, 1, node)
    if np.unique(zero).size > 1:
        raise fail(
            "HW0233",
            "this ConvTranspose spreads channels that have different zero points",
            "one integer must mean 0.0 in all channels",
            "quantize the input with one zero point for all channels",
            node.origin,
        )
    spread, window = _spread(stream, weights.integers.shape[2:], int(zero[0]), node)
    check_groups(weights.integers, stream.shape[1], groups, node)
    weights = common_scales(scale[None], weights, groups, node)
    accumulator = convolved(ctx, spread, zero, weights.integers, groups, window, node)
    result = dequantized(ctx, accumulator, weights.scale)
    return [biased(result, inputs[2] if len(inputs) > 2 else None, 1, node)]


def _turned(weights: Weights, groups: int) -> Weights:
    """Weights [C, M/groups, ...] as [M, C/groups, ...] of an ordinary convolution, turned round."""

    def turn(array: Array) -> Array:
        channels, filters = array.shape[:2]
        split = array.reshape(groups, channels // groups, filters, *array.shape[2:])
        joined = split.swapaxes(1, 2).reshape(
            groups * filters, channels // groups, *array.shape[2:]
        )
        return np.flip(joined, axis=tuple(range(2, joined.ndim)))

    return Weights(turn(weights.integers), turn(weights.scale))


def _spread(
    stream: Stream, kernel: Sequence[int], zero: int, node: SourceNode
) -> tuple[Stream, Window]:
    """The operand with zeros between its pixels, and the window that slides over it."""
    plain = window_of(node, kernel, stream.shape[2:])
    rank = len(plain.kernel)
    extra = list(node.attributes.get("output_padding") or [0] * rank)
    begin, end = list(plain.begin), list(plain.end)
    mode = str(node.attributes.get("auto_pad", "NOTSET"))
    wish = node.attributes.get("output_shape")
    index = stream.index
    for i in range(rank):
        stride, extent = plain.strides[i], (plain.kernel[i] - 1) * plain.dilations[i] + 1
        size = stream.shape[i + 2]
        if wish or mode.startswith("SAME"):
            output = int(wish[-rank:][i]) if wish else size * stride
            total = stride * (size - 1) + extra[i] + extent - output
            small, large = max(total, 0) // 2, max(total, 0) - max(total, 0) // 2
            upper = mode != "SAME_UPPER"
            begin[i], end[i] = (large, small) if upper else (small, large)
            # What an output_shape asks beyond the windows is added at the end.
            end[i] += min(total, 0) if wish else 0
        shape = list(index.shape)
        shape[i + 2] = (size - 1) * stride + 1
        wide = np.full(limited(tuple(shape), node.origin), -1, dtype=np.int64)
        wide[
            tuple(slice(None, None, stride if a == i + 2 else None) for a in range(len(shape)))
        ] = index
        begin[i], end[i] = extent - 1 - begin[i], extent - 1 - end[i] + extra[i]
        cut = slice(max(-begin[i], 0), shape[i + 2] - max(-end[i], 0))
        index = wide.take(np.arange(cut.start, cut.stop), axis=i + 2)
        begin[i], end[i] = max(begin[i], 0), max(end[i], 0)
    window = Window(plain.kernel, (1,) * rank, plain.dilations, tuple(begin), tuple(end))
    return replace(stream, index=index, fill=zero), window


HANDLERS = {"ConvTranspose": Operator(_conv_transpose)}
