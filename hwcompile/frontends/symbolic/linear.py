"""Convolutions and matrix products on integers: the part that all their forms share.

Zero points cost no hardware: the accumulator `sum(w * q)` has the zero point
`sum(w * zero_point)` in each output channel, which the next quantizer absorbs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hwcompile.diagnostics import fail
from hwcompile.frontends.model import Array, SourceNode
from hwcompile.frontends.symbolic.arranging import feature_map, is_permutation
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.values import Stream
from hwcompile.ir.types import IntArray
from hwcompile.ops.conv.op import Conv
from hwcompile.ops.matmul.op import Matmul


@dataclass(frozen=True, eq=False)
class Accumulator:
    """The exact integers of a linear operator.

    Attributes:
        value: The IR value.
        index: Its index map, in the shape of the source tensor.
        channel: Output channel of each element of the source tensor, flat.
        zero_point: The integer that means 0 in each output channel, int64 [M].
    """

    value: str
    index: IntArray
    channel: IntArray
    zero_point: IntArray

    def rows(self, per_channel: Array) -> Array:
        """Constants of output channels as rows of a chain: [1], or one per element."""
        if np.all(per_channel == per_channel[0]):
            return per_channel[:1]
        return per_channel[self.channel]


@dataclass(frozen=True)
class Window:
    """Sliding windows over the spatial axes of (1, C, ...): one entry per axis."""

    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    dilations: tuple[int, ...]
    begin: tuple[int, ...]
    end: tuple[int, ...]

    def two_dimensional(self) -> Window:
        """The same with a height of 1 in front for signals."""
        if len(self.kernel) == 2:
            return self
        return Window(
            (1, *self.kernel), (1, *self.strides), (1, *self.dilations), (0, *self.begin),
            (0, *self.end),
        )  # fmt: skip

    @property
    def pads(self) -> tuple[int, ...]:
        """(top, left, bottom, right) of a two-dimensional window."""
        return (*self.begin, *self.end)


def feature_stream(stream: Stream, node: SourceNode) -> Stream:
    """The operand checked to be (1, C, L) or (1, C, H, W).

    Raises:
        CompileError: HW0232 otherwise.
    """
    if len(stream.shape) not in (3, 4) or stream.shape[0] != 1:
        raise fail(
            "HW0232",
            f"this {node.op_type} works on a tensor of shape {list(stream.shape)}",
            "it needs (1, channels, length) or (1, channels, height, width)",
            "export the model with batch size 1; volumes are not supported",
            node.origin,
        )
    return stream


def strip_padding(stream: Stream, window: Window, pad_value: int) -> tuple[Stream, Window]:
    """Padding that an own operator put around the map, moved into the window."""
    index = stream.index
    if int(index.min()) >= 0 or stream.fill != pad_value:
        return stream, window
    begin, end = list(window.begin), list(window.end)
    for i in range(len(begin)):
        other = tuple(a for a in range(index.ndim) if a != i + 2)
        used = np.flatnonzero((index >= 0).any(axis=other))
        begin[i] += int(used[0])
        end[i] += int(index.shape[i + 2] - 1 - used[-1])
        index = index.take(np.arange(used[0], used[-1] + 1), axis=i + 2)
    return replace(stream, index=index), replace(window, begin=tuple(begin), end=tuple(end))


def check_groups(weights: IntArray, channels: int, groups: int, node: SourceNode) -> None:
    """Raise HW0204 when weights [M, C/groups, ...] do not fit so many channels."""
    if weights.shape[1] * groups != channels or weights.shape[0] % groups:
        raise fail(
            "HW0204",
            f"weights of shape {list(weights.shape)} do not fit {channels} channels",
            "",
            "check the shapes of the model",
            node.origin,
        )


def check_fan_in(weights: IntArray, shape: tuple[int, ...], node: SourceNode) -> None:
    """Raise HW0204 when weights [M, K] do not fit a tensor (..., K)."""
    if weights.shape[1] != shape[-1]:
        raise fail(
            "HW0204",
            f"a matrix for {weights.shape[1]} inputs does not fit a tensor of shape {list(shape)}",
            "",
            "check the shapes of the model",
            node.origin,
        )


def convolved(
    ctx: Context,
    stream: Stream,
    zero_point: IntArray,
    weights: IntArray,
    groups: int,
    window: Window,
    node: SourceNode,
) -> Accumulator:
    """`Conv` on the integers of (1, C, ...) with weights [M, C/groups, ...taps].

    Args:
        ctx: State.
        stream: The operand.
        zero_point: Of each channel, int64 [C].
        weights: int64, weight zero point subtracted.
        groups: Groups of channels.
        window: Strides, dilations and padding.
        node: The operator.
    """
    filters = weights.shape[0]
    check_groups(weights, stream.shape[1], groups, node)
    if np.unique(zero_point).size > 1 and any(window.begin + window.end):
        raise fail(
            "HW0233",
            f"this {node.op_type} pads channels that have different zero points",
            "one integer must mean 0.0 in all padded channels",
            "quantize the input with one zero point for all channels",
            node.origin,
        )
    stream, window = strip_padding(stream, window, int(zero_point[0]))
    flat_window = window.two_dimensional()
    taps = weights.reshape(filters, weights.shape[1], *flat_window.kernel).transpose(0, 2, 3, 1)
    op = Conv(
        np.ascontiguousarray(taps),
        groups,
        flat_window.strides,
        flat_window.dilations,
        flat_window.pads,
        int(zero_point[0]),
    )
    arranged = ctx.arrange(stream.value, feature_map(stream.index), int(stream.fill), node)
    _check(op.problems((ctx.type(arranged),)), node)
    value = ctx.emit(node, op, (arranged,))
    per_group = weights.reshape(groups, filters // groups, weights.shape[1], -1).sum(axis=3)
    zero = np.einsum("gmc,gc->gm", per_group, zero_point.reshape(groups, -1)).reshape(-1)
    kind = ctx.type(value)
    element = op.geometry.element(
        ctx.type(arranged).element, op.pad_value, ctx.type(arranged).shape
    )
    ctx.bounds[value] = _bounds(weights.reshape(filters, -1), element.low, element.high)
    order = np.arange(kind.size).reshape(kind.shape).transpose(2, 0, 1)
    sizes = kind.shape[:2] if len(stream.shape) == 4 else kind.shape[1:2]
    index = np.ascontiguousarray(order).reshape(1, filters, *sizes)
    channel = np.repeat(np.arange(filters), kind.pixels)
    return Accumulator(value, index, channel, zero)


def _check(problems: list[str], node: SourceNode) -> None:
    if problems:
        raise fail(
            "HW0234",
            f"this {node.op_type} cannot be built: {'; '.join(problems)}",
            "",
            "check its attributes and the range of its input",
            node.origin,
        )


def _bounds(matrix: IntArray, low: int, high: int) -> tuple[IntArray, IntArray]:
    """Least and greatest accumulator of each output channel; matrix is int64 [M, K]."""
    positive = np.maximum(matrix, 0).sum(axis=1)
    negative = np.minimum(matrix, 0).sum(axis=1)
    return positive * low + negative * high, positive * high + negative * low


def product(
    ctx: Context, stream: Stream, zero_point: IntArray, weights: IntArray, node: SourceNode
) -> Accumulator:
    """`Matmul` on the integers of (..., K) with weights [M, K]; the result is (..., M).

    Args:
        ctx: State.
        stream: The operand.
        zero_point: Of each element of the last axis, int64 [K].
        weights: int64, weight zero point subtracted.
        node: The operator.
    """
    check_fan_in(weights, stream.shape, node)
    wanted, columns = operand_order(ctx, stream)
    arranged = ctx.arrange(stream.value, wanted, int(stream.fill), node)
    op = Matmul(np.ascontiguousarray(weights[:, columns])[None])
    _check(op.problems((ctx.type(arranged),)), node)
    value = ctx.emit(node, op, (arranged,))
    kind, element = ctx.type(value), ctx.type(arranged).element
    ctx.bounds[value] = _bounds(weights, element.low, element.high)
    shape = (*stream.shape[:-1], weights.shape[0])
    channel = np.tile(np.arange(weights.shape[0]), kind.pixels)
    index = np.arange(kind.size).reshape(shape)
    return Accumulator(value, index, channel, weights @ zero_point)


def operand_order(ctx: Context, stream: Stream) -> tuple[IntArray, IntArray]:
    """How a matrix product takes its operand: the wanted order, and the weights' column order.

    Returns:
        int64 [H, W, K] positions in the IR value, and for each k of the IR order the source's k.
    """
    kind, fan_in = ctx.type(stream.value), stream.shape[-1]
    table = stream.index.reshape(-1, fan_in)
    if is_permutation(stream.index, kind.size):
        # Every row of the table may use the same order inside its own stretch of K elements.
        columns = np.argsort(table[0])
        if np.array_equal(table[:, columns].reshape(-1), np.arange(kind.size)):
            fits = kind.channels == fan_in
            shape = kind.shape if fits else (1, table.shape[0], fan_in)
            return np.arange(kind.size).reshape(shape), columns
    return table.reshape(1, *table.shape), np.arange(fan_in)
