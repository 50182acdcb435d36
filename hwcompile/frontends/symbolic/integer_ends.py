"""Requantization spelled out in elementary operators: where a chain has become small integers.

`Clip` of whole numbers, `Round` behind a `Clip`, and `Cast` to a narrow type end a chain just as a
quantizer does, with scale 1.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hwcompile.diagnostics import CompileError
from hwcompile.frontends.model import SourceNode
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.float_meetings import float_sum
from hwcompile.frontends.symbolic.integer_arithmetic import reach_of
from hwcompile.frontends.symbolic.meeting import one_stream
from hwcompile.frontends.symbolic.quantize import quantize
from hwcompile.frontends.symbolic.quantizing import Quantization
from hwcompile.frontends.symbolic.values import Bundle, HostValue, Lazy, Pair, Stream, Value
from hwcompile.frontends.symbolic.whole import ending_whole, until_whole, whole_interval
from hwcompile.ir.types import IntType
from hwcompile_runtime.chain import FloatOp
from hwcompile_runtime.quantizers import IntegerQuantizer
from hwcompile_runtime.rows import floats, integers

_WIDEST = 1 << 16
_WHOLE = frozenset({"floor", "ceil", "round", "cast"})


def pending_ops(value: Lazy) -> tuple[FloatOp, ...]:
    """The operations that wait on a lazy value."""
    return value.chain.ops if isinstance(value, Stream) else value.ops


def close_if_whole(ctx: Context, value: Lazy | HostValue, node: SourceNode) -> Value:
    """The value as a new stream when its last operations leave few whole numbers, else itself."""
    if isinstance(value, HostValue):
        return value
    ops = pending_ops(value)
    element = _interval(ops, value.dtype.kind in "iu")
    raw_pair = isinstance(value, Pair | Bundle)
    if element is None or (not raw_pair and not ops):
        return value
    return close_whole(ctx, value, element, value.dtype, node)


def close_whole(
    ctx: Context, value: Lazy, element: IntType, dtype: np.dtype[np.generic], node: SourceNode
) -> Value:
    """The value, known to compute integers of `element`, as a new stream of type `dtype`."""
    quantizer = IntegerQuantizer(floats(1), integers(0), element)
    by = Quantization(quantizer, None, dtype.kind in "iub", dtype)
    return quantize(ctx, value, by, node)


def one_value(ctx: Context, value: Value | None, node: SourceNode) -> Value | None:
    """The value; two streams that meet as one, where float32 rounds nothing or a Floor ends it.

    Args:
        ctx: State; its builder receives the operations.
        value: An operand.
        node: Who needs the integers of one stream.
    """
    found = one_stream(ctx, value, node)
    if not isinstance(found, Pair):
        return found
    return _whole_pair(ctx, found, node) or found


def summed_value(ctx: Context, value: Value | None, node: SourceNode) -> Value | None:
    """As `one_value`; where float32 rounds, a sum of two streams is one of float32 numbers.

    Args:
        ctx: State; its builder receives the operations.
        value: An operand.
        node: Who joins it with other streams.
    """
    found = one_value(ctx, value, node)
    return (float_sum(ctx, found, node) or found) if isinstance(found, Pair) else found


def _whole_pair(ctx: Context, pair: Pair, node: SourceNode) -> Stream | None:
    """Two streams that meet, up to the last rounding behind them; None where that is not exact."""
    found = until_whole(pair.ops, pair.left.dtype.kind in "iub")
    if found is None:
        return None
    head, tail, kind = found
    before = replace(pair, ops=head)
    element = whole_interval(reach_of(ctx, before))
    if element is None:
        return None
    try:
        closed = quantize(ctx, before, ending_whole(element, kind), node)
    except CompileError as error:
        if {d.code for d in error.diagnostics} <= {"HW0220", "HW0222"}:
            return None
        raise
    assert isinstance(closed, Stream)
    return replace(closed, chain=closed.chain.then(*tail), dtype=pair.dtype)


def _interval(ops: tuple[FloatOp, ...], whole_domain: bool) -> IntType | None:
    """The interval of the whole numbers that the operations end in, when it is small."""
    tail = [*ops[-2:]]
    if not tail:
        return None
    clip = next((op for op in reversed(tail) if op.kind == "clip"), None)
    if clip is None:
        return None
    others = [op for op in tail if op is not clip]
    if not whole_domain and not any(op.kind in _WHOLE for op in others):
        return None
    if tail[-1] is not clip and tail[-1].kind not in _WHOLE:
        return None
    low, high = clip.constants[0].min(), clip.constants[1].max()
    if not (np.isfinite(low) and np.isfinite(high)) or low != round(low) or high != round(high):
        return None
    if low > high or high - low >= _WIDEST:
        return None
    return IntType(int(low), int(high))
