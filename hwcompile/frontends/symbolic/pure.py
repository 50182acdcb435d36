"""Streams that linear operators and pools can take: integers times a scale, nothing pending."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hwcompile.diagnostics import fail
from hwcompile.frontends.model import Array, SourceNode
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.meeting import one_stream
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
from hwcompile.ir.types import IntArray
from hwcompile_runtime.chain import Chain, Dequantize, Integers
from hwcompile_runtime.rows import floats


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


def pure_stream(ctx: Context, value: Value | None, node: SourceNode) -> Pure:
    """The operand as integers times a scale.

    Pending operations are absorbed by the scale where that is exact; where all results are whole
    multiples of one step (a Relu behind a quantizer), they become a table.

    Raises:
        CompileError: HW0209 when real numbers are pending that are no multiples of one step.
    """
    stream = stream_of(one_stream(ctx, value, node), node)
    chain = _absorbing(stream.chain)
    if isinstance(chain.start, Dequantize) and not chain.ops:
        return _pure(replace(stream, chain=chain))
    if not chain.ops:
        one, zero = np.ones(1, dtype=np.float32), np.zeros(1, dtype=np.int64)
        return Pure(stream, one, zero, True)
    found = regridded(ctx, stream, node)
    if found is None:
        raise fail(
            "HW0209",
            f"the operand of this {node.op_type} is not quantized: {stream.chain.describe()} "
            "is pending",
            "only integers times a scale can be multiplied exactly",
            "insert a quantizer in front of it",
            node.origin,
        )
    return _pure(found)


def _pure(stream: Stream) -> Pure:
    start = stream.chain.start
    assert isinstance(start, Dequantize)
    return Pure(stream, start.scale, start.zero_point, False)


def _absorbing(chain: Chain) -> Chain:
    """The chain with leading operations inside its start, where that is exact.

    Quantizers spelled out as divide, round, clip, subtract, multiply end in such chains.
    """
    while chain.ops:
        start, first = chain.start, chain.ops[0]
        if isinstance(start, Integers) and first.kind == "cast":
            if first.attributes["to"] != "float32":
                return chain
            chain = Chain(Dequantize(floats(1)), chain.ops[1:])
            continue
        if not isinstance(start, Dequantize) or np.any(start.scale != 1):
            return chain
        if first.kind not in ("mul", "add", "sub"):
            return chain
        absorbed = _absorbed(start, first.kind, first.constants[0])
        if absorbed is None:
            return chain
        chain = Chain(absorbed, chain.ops[1:])
    return chain


def _absorbed(start: Dequantize, kind: str, constant: Array) -> Dequantize | None:
    if not np.all(np.isfinite(constant)):
        return None
    if kind == "mul":
        return Dequantize(floats(constant), start.zero_point) if np.all(constant > 0) else None
    if np.abs(constant).max() >= 2**20 or np.any(constant != np.round(constant)):
        return None
    shift = constant.astype(np.int64)
    return Dequantize(start.scale, start.zero_point + (shift if kind == "sub" else -shift))


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
