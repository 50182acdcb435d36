"""ConvTranspose: an ordinary convolution that gives all pixels between two of the operand at once.

An output at `o` sums `x[i] w[k]` with `o + begin = stride i + k`. So outputs at the same place
between two strides, `(o + begin) mod stride`, read the same taps: every stride-th one. Each such
place has filters of its own in one convolution of stride 1 (Shi et al., arXiv 1609.07009), whose
channels then become pixels. No zeros stand between pixels of the operand, and none is multiplied.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod

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
from hwcompile.ir.types import IntArray

Inputs = Sequence[Value | None]


@dataclass(frozen=True)
class _Axis:
    """One spatial axis.

    Attributes:
        size: Of the operand.
        taps: Of the kernel.
        stride: Distance of the operand's pixels in the result.
        dilation: Distance of the taps there.
        begin: Outputs that are cut off in front.
        output: Size of the result.
    """

    size: int
    taps: int
    stride: int
    dilation: int
    begin: int
    output: int

    @property
    def dense(self) -> bool:
        """Taps are counted in pixels of the result, those between dilated ones as well."""
        return self.stride > 1

    @property
    def extent(self) -> int:
        """From the first tap to the last, in pixels of the result."""
        return (self.taps - 1) * self.dilation + 1

    @property
    def table(self) -> tuple[int, int]:
        """Shape of `places`."""
        return (self.stride, -(-self.extent // self.stride)) if self.dense else (1, self.taps)

    @property
    def places(self) -> IntArray:
        """Tap of each place between two strides and window position, or -1: int64 [stride, J]."""
        stride, count = self.table
        if not self.dense:
            return np.arange(count)[None, ::-1]
        pixel = np.arange(stride)[:, None] + stride * np.arange(count)[None, ::-1]
        tap = pixel // self.dilation
        return np.where((pixel % self.dilation == 0) & (tap < self.taps), tap, -1)

    @property
    def first(self) -> int:
        """Window of the first output."""
        return self.begin // self.stride

    @property
    def last(self) -> int:
        """Window of the last output."""
        return (self.output - 1 + self.begin) // self.stride

    @property
    def window(self) -> tuple[int, int, int, int]:
        """Taps, dilation, and padding before and behind (pixels to cut where it is below 0)."""
        _, taps = self.table
        dilation = 1 if self.dense else self.dilation
        reach = (taps - 1) * dilation
        return taps, dilation, reach - self.first, self.last - (self.size - 1)


def _conv_transpose(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    pure = pure_stream(ctx, inputs[0], node)
    stream = feature_stream(pure.stream, node)
    groups = int(node.attributes.get("group", 1))
    weights = _joined(weights_of(ctx, inputs[1], 1, node), groups)
    scale, zero = per_channel(pure, 1, node)
    if np.unique(zero).size > 1:
        raise fail(
            "HW0233",
            "this ConvTranspose spreads channels that have different zero points",
            "one integer must mean 0.0 in all channels",
            "quantize the input with one zero point for all channels",
            node.origin,
        )
    axes = _axes(node, weights.integers.shape[2:], stream.shape[2:])
    check_groups(weights.integers, stream.shape[1], groups, node)
    weights = common_scales(scale[None], weights, groups, node)
    filters = len(weights.integers)
    limited((1, filters, *(axis.output for axis in axes)), node.origin)
    places = prod(axis.stride for axis in axes)
    spread = _of_places(weights.integers, axes, groups, node)
    stream, window = _cut(replace(stream, fill=int(zero[0])), axes)
    accumulator = convolved(ctx, stream, zero, spread, groups, window, node)
    by_group = weights.scale.reshape(len(weights.scale), groups, 1, filters // groups)
    scales = np.repeat(by_group, places, axis=2).reshape(len(weights.scale), -1)
    result = dequantized(ctx, accumulator, scales)
    result = result.moved(lambda array, fill: _as_pixels(array, axes, groups))
    return [biased(result, inputs[2] if len(inputs) > 2 else None, 1, node)]


def _joined(weights: Weights, groups: int) -> Weights:
    """Weights [C, M/groups, ...] as [M, C/groups, ...] of an ordinary convolution."""

    def join(array: Array) -> Array:
        channels, filters = array.shape[:2]
        split = array.reshape(groups, channels // groups, filters, *array.shape[2:])
        return split.swapaxes(1, 2).reshape(groups * filters, channels // groups, *array.shape[2:])

    return Weights(join(weights.integers), join(weights.scale))


def _axes(node: SourceNode, kernel: Sequence[int], sizes: Sequence[int]) -> list[_Axis]:
    """The spatial axes, with padding resolved."""
    plain = window_of(node, kernel, sizes)
    rank = len(plain.kernel)
    extra = list(node.attributes.get("output_padding") or [0] * rank)
    mode = str(node.attributes.get("auto_pad", "NOTSET"))
    wish = node.attributes.get("output_shape")
    axes = []
    for i in range(rank):
        stride, extent = plain.strides[i], (plain.kernel[i] - 1) * plain.dilations[i] + 1
        begin, output = plain.begin[i], int(wish[-rank:][i]) if wish else sizes[i] * stride
        whole = stride * (sizes[i] - 1) + extra[i] + extent
        if wish or mode.startswith("SAME"):
            # What an output_shape asks beyond the windows is added at the end.
            total = max(whole - output, 0)
            begin = total - total // 2 if mode != "SAME_UPPER" else total // 2
            output = output if wish else whole - total
        else:
            output = whole - begin - plain.end[i]
        axes.append(_Axis(sizes[i], plain.kernel[i], stride, plain.dilations[i], begin, output))
    return axes


def _of_places(weights: IntArray, axes: Sequence[_Axis], groups: int, node: SourceNode) -> IntArray:
    """Weights [M, C/groups, ...taps] as [(group, place, filter of the group), C/groups, ...]."""
    filters, channels = weights.shape[:2]
    split = weights.reshape(groups, filters // groups, *weights.shape[1:])
    for i, axis in enumerate(axes):
        at = 3 + 2 * i
        limited((split.size // split.shape[at], *axis.table), node.origin)
        places = axis.places
        taken = np.take(split, np.maximum(places, 0), axis=at)
        used = places.reshape((1,) * at + places.shape + (1,) * (taken.ndim - at - 2))
        split = np.where(used >= 0, taken, 0)
    rank = len(axes)
    strides = [3 + 2 * i for i in range(rank)]
    order = (0, *strides, 1, 2, *(a + 1 for a in strides))
    turned = split.transpose(order)
    return turned.reshape(-1, channels, *turned.shape[3 + rank :])


def _cut(stream: Stream, axes: Sequence[_Axis]) -> tuple[Stream, Window]:
    """The operand without pixels that no output reads, and the window that slides over it."""
    index = stream.index
    windows = [axis.window for axis in axes]
    for i, (_, _, before, behind) in enumerate(windows):
        kept = slice(max(-before, 0), index.shape[i + 2] - max(-behind, 0))
        index = index[(slice(None),) * (i + 2) + (kept,)]
    kernel, dilations, begin, end = zip(*windows, strict=True)
    window = Window(
        kernel, (1,) * len(axes), dilations, tuple(max(n, 0) for n in begin),
        tuple(max(n, 0) for n in end),
    )  # fmt: skip
    return replace(stream, index=index), window


def _as_pixels(array: Array, axes: Sequence[_Axis], groups: int) -> Array:
    """[1, (group, place, filter of the group), ...windows] as [1, M, ...outputs]."""
    rank = len(axes)
    strides, windows = [axis.stride for axis in axes], array.shape[2:]
    split = array.reshape(groups, *strides, -1, *windows)
    pairs = [a for i in range(rank) for a in (2 + rank + i, 1 + i)]
    mixed = split.transpose(0, 1 + rank, *pairs)
    sizes = [n * s for n, s in zip(windows, strides, strict=True)]
    pixels = mixed.reshape(1, -1, *sizes)
    for i, axis in enumerate(axes):
        start = axis.begin - axis.first * axis.stride
        pixels = pixels[(slice(None),) * (i + 2) + (slice(start, start + axis.output),)]
    return pixels


HANDLERS = {"ConvTranspose": Operator(_conv_transpose)}
