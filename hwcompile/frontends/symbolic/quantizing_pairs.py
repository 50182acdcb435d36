"""A quantizer behind two streams that meet."""

from __future__ import annotations

import numpy as np

from hwcompile.frontends.model import SourceNode
from hwcompile.frontends.numbers.pair_values import Branch
from hwcompile.frontends.numbers.pairing import close_pair
from hwcompile.frontends.symbolic.arranging import feature_map, inverse, is_permutation, reduce_rows
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.quantizing import Quantization, emit_all, meaning_of
from hwcompile.frontends.symbolic.values import Pair, Stream
from hwcompile.ir.types import IntArray


def quantize_pair(ctx: Context, pair: Pair, by: Quantization, node: SourceNode) -> Stream:
    """The meeting and what is behind it as new IR nodes.

    Raises:
        CompileError: HW0222 when no exact form is small enough.
    """
    order = common_order(ctx, (pair.left, pair.right))
    left, right = (
        ctx.arrange(s.value, s.index.reshape(-1)[order], int(s.fill), node)
        for s in (pair.left, pair.right)
    )
    constants = [*pair.left.chain.arrays(), *pair.right.chain.arrays(), *by.keys]
    constants += [array for op in pair.ops for array in op.arrays()]
    rows = reduce_rows(order.reshape(-1), int(order.shape[2]), constants).rows
    quantizer = by.rows(rows)
    form = close_pair(
        pair.kind,
        Branch(pair.left.chain.select(rows), ctx.type(left).element),
        Branch(pair.right.chain.select(rows), ctx.type(right).element),
        tuple(op.select(rows) for op in pair.ops),
        quantizer,
        node.origin,
    )
    no_meaning = ((1.0,), (0,))
    left = emit_all(ctx, form.left, (left,), node, no_meaning)
    right = emit_all(ctx, form.right, (right,), node, no_meaning)
    ops = (form.first, *form.then)
    value = emit_all(ctx, ops, (left, right), node, meaning_of(quantizer))
    index = inverse(order, order.size).reshape(pair.shape)
    return Stream(value, index, by.result_chain(), np.dtype(by.dtype))


def common_order(ctx: Context, streams: tuple[Stream, ...]) -> IntArray:
    """The order in which streams of one shape meet: positions of the tensor, int64 [H, W, C].

    The order of the first stream that fills its IR value, so that this one needs no wiring; the
    natural order when none does.
    """
    for stream in streams:
        kind = ctx.type(stream.value)
        if is_permutation(stream.index, kind.size):
            return inverse(stream.index, kind.size).reshape(kind.shape)
    return feature_map(np.arange(streams[0].index.size).reshape(streams[0].shape))
