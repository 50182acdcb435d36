"""Streams and constants side by side along an axis of the source tensor."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hwcompile.diagnostics import fail
from hwcompile.frontends.budget import limited
from hwcompile.frontends.model import SourceNode
from hwcompile.frontends.symbolic.constant_streams import constant_stream
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.integer_ends import summed_value
from hwcompile.frontends.symbolic.quantizing_bundles import bundle_streams, pushed
from hwcompile.frontends.symbolic.values import (
    Bundle,
    Constant,
    QuantizedConstant,
    Stream,
    Value,
    shape_of,
)
from hwcompile.ir.types import IntArray


def joined(ctx: Context, values: Sequence[Value], axis: int, node: SourceNode) -> Stream | Bundle:
    """The concatenation of streams, bundles and constants along an axis of the source tensor.

    Args:
        ctx: State; its builder receives the operations.
        values: At least one of them not constant.
        axis: Of the source tensor.
        node: The operator.

    Raises:
        CompileError: HW0202 for operands that are no streams, HW0204 for shapes that do not fit.
    """
    operands = [summed_value(ctx, value, node) for value in values]
    known = [_parts(v, node) if not _is_constant(v) else None for v in operands]
    beside = [stream for parts in known if parts is not None for stream in parts[0]]
    sources: list[Stream] = []
    picks: list[IntArray] = []
    offset = 0
    for value, parts in zip(operands, known, strict=True):
        streams, pick = parts or _constant(ctx, value, beside, node)
        sources += streams
        picks.append(pick + offset)
        offset += sum(s.index.size for s in streams)
    limited((offset,), node.origin)
    try:
        pick = np.concatenate(picks, axis=axis)
    except ValueError as error:
        raise fail(
            "HW0204",
            f"tensors of shapes {[list(shape_of(v)) for v in values]} cannot be concatenated",
            str(error),
            "check the shapes of the model",
            node.origin,
        ) from error
    dtype = np.result_type(*(s.dtype for s in sources))
    return bundle_streams(ctx, Bundle(tuple(sources), pick, np.dtype(dtype)), node)


def _is_constant(value: Value | None) -> bool:
    return isinstance(value, Constant | QuantizedConstant)


def _constant(
    ctx: Context, value: Value | None, beside: list[Stream], node: SourceNode
) -> tuple[list[Stream], IntArray]:
    """Known numbers beside streams."""
    assert isinstance(value, Constant | QuantizedConstant)
    stream = constant_stream(ctx, value, beside, node)
    return [stream], np.arange(stream.index.size).reshape(stream.shape)


def _parts(value: Value | None, node: SourceNode) -> tuple[list[Stream], IntArray]:
    """The streams of an operand, and where its elements stand in them."""
    if isinstance(value, Stream) and not value.raw:
        return [value], np.arange(value.index.size).reshape(value.shape)
    if isinstance(value, Bundle):
        return [stream for stream, _ in pushed(value, node, [])], value.pick
    raise fail(
        "HW0202",
        f"an operand of this {node.op_type} is no stream of the network",
        "it is the model's real input, a sum of two streams, or computed on the host",
        "insert a quantizer behind every operand",
        node.origin,
    )
