"""Streams that linear operators and pools can take: integers times a scale, nothing pending."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hwcompile.diagnostics import fail
from hwcompile.frontends.model import Array, SourceNode
from hwcompile.frontends.symbolic.absorbing import absorbing
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.integer_ends import one_value
from hwcompile.frontends.symbolic.quantizing_bundles import bundle_streams, pushed
from hwcompile.frontends.symbolic.regrid import regridded
from hwcompile.frontends.symbolic.values import (
    Bundle,
    Constant,
    Failed,
    HostValue,
    Pair,
    QuantizedConstant,
    Stream,
    Value,
)
from hwcompile.frontends.symbolic.whole import whole_stream
from hwcompile.ir.types import IntArray
from hwcompile_runtime.chain import Dequantize


@dataclass(frozen=True, eq=False)
class Pure:
    """A stream whose elements are `(q - zero_point) * scale`.

    Attributes:
        stream: The integers; its chain is a plain start.
        scale: float32 of the tensor's shape or [1].
        zero_point: int64 of the tensor's shape or [1].
        integers: True when the source tensor holds the integers themselves.
    """

    stream: Stream
    scale: Array
    zero_point: IntArray
    integers: bool

    def scale_at(self) -> Array:
        """The scale for every element, in the tensor's shape."""
        return _shaped(self.scale, self.stream.shape)

    def zero_point_at(self) -> IntArray:
        """The zero point for every element, in the tensor's shape."""
        return _shaped(self.zero_point, self.stream.shape)


def _shaped(constant: Array, shape: tuple[int, ...]) -> Array:
    flat = constant if constant.size == 1 else constant.reshape(shape)
    return np.broadcast_to(flat, shape)


def stream_of(value: Value | None, node: SourceNode) -> Stream:
    """The operand as one stream of the network.

    Raises:
        CompileError: HW0208 for real inputs, HW0202 for what is not one stream.
    """
    if isinstance(value, Stream) and not value.raw:
        return value
    if isinstance(value, Stream):
        raise fail(
            "HW0208",
            f"this {node.op_type} works on the model's input, which is not quantized",
            "hardware computes on integers, and nothing says which",
            "quantize the model's input, or give --input-type, for example uint8:1/255",
            node.origin,
        )
    what = {
        Pair: "the sum or product of two streams",
        Bundle: "a concatenation of streams with different scales",
        HostValue: "computed on the host (behind a LogSoftmax, TopK or ArgMax)",
        Constant: "a constant",
        QuantizedConstant: "a constant",
        Failed: "unknown",
        type(None): "missing",
    }[type(value)]
    raise fail(
        "HW0202",
        f"the operand of this {node.op_type} is {what}",
        "it needs the integers of one quantized tensor",
        "insert a quantizer in front of it",
        node.origin,
    )


def one_stream_of(ctx: Context, value: Value | None, node: SourceNode) -> Stream:
    """The operand as one stream: what meets or stands side by side is joined where that is exact.

    Raises:
        CompileError: As of `stream_of`, and as of `pure_stream` for parts that stand side by side.
    """
    if isinstance(value, Bundle):
        value = _together(ctx, value, node)
    return stream_of(one_value(ctx, value, node), node)


def pure_stream(ctx: Context, value: Value | None, node: SourceNode) -> Pure:
    """The operand as integers times a scale.

    Pending operations are absorbed by the scale where that is exact; where all results are whole
    multiples of one step (a Relu behind a quantizer), they become a table; up to a Floor or a cast
    to integers, they become whole numbers.

    Raises:
        CompileError: HW0209 when real numbers are pending that are no multiples of one step.
    """
    stream = one_stream_of(ctx, value, node)
    chain = absorbing(stream.chain)
    if isinstance(chain.start, Dequantize) and not chain.ops:
        return _pure(replace(stream, chain=chain))
    if not chain.ops:
        one, zero = np.ones(1, dtype=np.float32), np.zeros(1, dtype=np.int64)
        return Pure(stream, one, zero, True)
    found = regridded(ctx, stream, node)
    if found is None:
        whole = whole_stream(ctx, stream, node)
        if whole is not None:
            return pure_stream(ctx, whole, node)
        raise fail(
            "HW0209",
            f"the operand of this {node.op_type} is not quantized: {stream.chain.describe()} "
            "is pending",
            "only integers times a scale can be multiplied exactly",
            "insert a quantizer in front of it",
            node.origin,
        )
    return _pure(found)


def _together(ctx: Context, bundle: Bundle, node: SourceNode) -> Value:
    """A concatenation whose parts are integers times scales that may differ, as one stream."""
    streams = tuple(pure_stream(ctx, part, node).stream for part, _ in pushed(bundle, node, []))
    return bundle_streams(ctx, Bundle(streams, bundle.pick, bundle.dtype), node)


def _pure(stream: Stream) -> Pure:
    start = stream.chain.start
    assert isinstance(start, Dequantize)
    return Pure(stream, start.scale, start.zero_point, False)


def per_channel(pure: Pure, axis: int, node: SourceNode) -> tuple[Array, IntArray]:
    """Scale and zero point of each entry of an axis.

    Raises:
        CompileError: HW0235 when they vary along another axis.
    """
    found = []
    for constant in (pure.scale_at(), pure.zero_point_at()):
        table = np.moveaxis(constant, axis, 0).reshape(constant.shape[axis], -1)
        if np.any(table != table[:, :1]):
            raise fail(
                "HW0235",
                f"the scale of this {node.op_type}'s operand differs between positions",
                "products can only be added when they have one scale",
                "insert a quantizer with one scale in front of it",
                node.origin,
            )
        found.append(table[:, 0])
    return found[0], found[1]
