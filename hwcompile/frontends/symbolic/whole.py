"""Pending operations that end in whole numbers: a Floor, a Round or a cast needs no quantizer.

Toolchains that compute on integers held in float tensors (NEMO, DORY) write requantization as
`Floor((a * m + b) / 2^k)`, with a Clip behind it or without one. Whoever needs the integers of such
a stream gets them in as many bits as the numbers that really arrive take.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hwcompile.frontends.model import SourceNode
from hwcompile.frontends.numbers.reach import Reach
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.integer_arithmetic import reach_of
from hwcompile.frontends.symbolic.quantizing import Quantization, quantize_stream
from hwcompile.frontends.symbolic.values import Stream
from hwcompile.ir.types import IntType
from hwcompile_runtime.chain import Chain, FloatOp, Integers
from hwcompile_runtime.quantizers import IntegerQuantizer
from hwcompile_runtime.rows import floats, integers

_ROUNDINGS = frozenset({"floor", "ceil", "round"})

_WIDEST = 24
"""Bits of the integers, as many as a float32's significand has."""

Ops = tuple[FloatOp, ...]


def until_whole(ops: Ops, starts_whole: bool) -> tuple[Ops, Ops, str] | None:
    """Operations up to the last ones that leave whole numbers, those behind, and the type between.

    Args:
        ops: What is pending.
        starts_whole: The first one takes integers.

    Returns:
        None where nothing leaves whole numbers; the type is that of a cast, "int64" for other
        integers and "float32" for real ones.
    """
    kinds = ["int64" if starts_whole else "float32"]
    for op in ops:
        kinds.append(str(op.attributes["to"]) if op.kind == "cast" else kinds[-1])
    for end in range(len(ops), 0, -1):
        last, kind = ops[end - 1], kinds[end]
        if last.kind in _ROUNDINGS or not kind.startswith("float"):
            return ops[:end], ops[end:], kind
    return None


def whole_interval(reach: Reach | None) -> IntType | None:
    """The interval of whole numbers between two ends, where it is bounded and of few bits.

    It says how many bits results may take; types of what is emitted are those of what is computed.
    """
    if reach is None:
        return None
    low, high = float(reach.low.min()), float(reach.high.max())
    if not (np.isfinite(low) and np.isfinite(high)) or max(-low, high) >= 2.0**_WIDEST:
        return None
    return IntType(int(low), int(high))


def ending_whole(element: IntType, kind: str) -> Quantization:
    """The end of operations that already compute integers of an interval."""
    quantizer = IntegerQuantizer(floats(1), integers(0), element)
    whole = not kind.startswith("float")
    return Quantization(quantizer, None, whole, np.dtype(kind if whole else np.float32))


def whole_stream(ctx: Context, stream: Stream, node: SourceNode) -> Stream | None:
    """The stream on integers of its own behind its last rounding; None where it has none.

    What is pending behind the rounding stays pending.

    Args:
        ctx: State; its builder receives the operations.
        stream: With operations pending.
        node: Who needs the integers.

    Raises:
        CompileError: HW0220 when the operations have no exact integer form.
    """
    starts_whole = isinstance(stream.chain.start, Integers)
    found = None if stream.raw else until_whole(stream.chain.ops, starts_whole)
    if found is None:
        return None
    head, tail, kind = found
    before = replace(stream, chain=Chain(stream.chain.start, head))
    element = whole_interval(reach_of(ctx, before))
    if element is None:
        return None
    closed = quantize_stream(ctx, before, ending_whole(element, kind), node, counted=False)
    return replace(closed, chain=closed.chain.then(*tail), dtype=stream.dtype)
