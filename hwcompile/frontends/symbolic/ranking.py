"""The largest elements along an axis, in hardware or on the host."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from hwcompile.frontends.model import SourceNode
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.values import (
    HostValue,
    Lazy,
    Stream,
)
from hwcompile.ops.argmax.op import TopK
from hwcompile.ops.elementwise.op import Linear
from hwcompile_runtime.chain import Chain, Dequantize, FloatOp, Integers
from hwcompile_runtime.host_steps import HostStep

_FEW_LEVELS = 1 << 20


def on_host(
    value: Lazy | HostValue,
    kind: str,
    shape: tuple[int, ...],
    dtype: np.dtype[np.generic],
    /,
    **attributes: Any,
) -> HostValue:
    """The value behind one more function of the host."""
    step = HostStep(kind, attributes=attributes)
    if isinstance(value, HostValue):
        return HostValue(value.base, (*value.steps, step), shape, dtype)
    return HostValue(value, (step,), shape, dtype)


def same_rising_function(ctx: Context, stream: Stream) -> bool:
    """True when all elements have one chain and it keeps every integer apart and in order."""
    chain = stream.chain
    if chain.rows != 1 or stream.raw or int(stream.index.min()) < 0:
        return False
    kind = ctx.type(stream.value)
    if not chain.ops and max(abs(kind.element.low), abs(kind.element.high)) < 2**22:
        return True
    if kind.element.levels > _FEW_LEVELS:
        return False
    real = chain.apply(kind.element.values().reshape(1, -1))[0]
    return bool(np.all(np.diff(real) > 0))


def negated(ctx: Context, stream: Stream, node: SourceNode) -> Stream:
    """The stream with its integers' signs changed, for a function that only rises.

    Its numbers are what they were; where the integers rise, they fall.
    """
    value = ctx.emit(node, Linear((-1,), 0), (stream.value,), "negated")
    start, ops = stream.chain.start, stream.chain.ops
    if isinstance(start, Dequantize):
        # (-q - z) * s is (q - -z) * -s, also in float32.
        chain = Chain(Dequantize(-start.scale, -start.zero_point), ops)
    else:
        chain = Chain(start, (FloatOp("mul", (np.array([-1]),)), *ops))
    return replace(stream, value=value, chain=chain, fill=-stream.fill)


def ranked(
    ctx: Context, stream: Stream, axis: int, count: int, result: str, node: SourceNode
) -> Stream:
    """`TopK` along an axis; the result has `count` entries there."""
    moved = np.moveaxis(stream.index, axis, -1)
    table = moved.reshape(1, -1, moved.shape[-1])
    kind = ctx.type(stream.value)
    same_map = kind.channels == moved.shape[-1] and np.array_equal(
        table.reshape(-1), np.arange(kind.size)
    )
    wanted = table.reshape(kind.shape) if same_map else table
    arranged = ctx.arrange(stream.value, wanted, int(stream.fill), node)
    value = ctx.emit(node, TopK(count, result), (arranged,))
    index = np.arange(ctx.type(value).size).reshape(*moved.shape[:-1], count)
    index = np.moveaxis(index, -1, axis)
    if result == "value":
        return Stream(value, index, stream.chain, stream.dtype)
    return Stream(value, index, Chain(Integers()), np.dtype(np.int64))
