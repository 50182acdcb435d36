"""Streams side by side along an axis of the source tensor."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hwcompile.diagnostics import fail
from hwcompile.frontends.budget import limited
from hwcompile.frontends.model import SourceNode
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.meeting import one_stream
from hwcompile.frontends.symbolic.quantizing_bundles import bundle_streams, pushed
from hwcompile.frontends.symbolic.values import (
    Bundle,
    Stream,
    Value,
    shape_of,
)
from hwcompile.ir.types import IntArray


def joined(ctx: Context, values: Sequence[Value], axis: int, node: SourceNode) -> Stream | Bundle:
    """The concatenation of streams and bundles along an axis of the source tensor.

    Raises:
        CompileError: HW0202 for operands that are no streams.
    """
    sources: list[Stream] = []
    picks: list[IntArray] = []
    offset = 0
    for value in values:
        parts, pick = _parts(one_stream(ctx, value, node), node)
        sources += parts
        picks.append(pick + offset)
        offset += sum(s.index.size for s in parts)
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


def _parts(value: Value | None, node: SourceNode) -> tuple[list[Stream], IntArray]:
    """The streams of an operand, and where its elements stand in them."""
    if isinstance(value, Stream) and not value.raw:
        return [value], np.arange(value.index.size).reshape(value.shape)
    if isinstance(value, Bundle):
        return [stream for stream, _ in pushed(value, node, [])], value.pick
    raise fail(
        "HW0202",
        f"an operand of this {node.op_type} is no stream of the network",
        "it is a constant, the model's real input, a sum of two streams, or computed on the host",
        "insert a quantizer behind every operand",
        node.origin,
    )
