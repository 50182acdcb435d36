"""A quantizer behind two streams that meet."""

from __future__ import annotations

import numpy as np

from hwcompile.diagnostics import CompileError
from hwcompile.frontends.model import SourceNode
from hwcompile.frontends.numbers.pair_values import Branch
from hwcompile.frontends.numbers.pairing import close_pair
from hwcompile.frontends.symbolic.arranging import inverse, reduce_rows
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.float_meetings import float_sum
from hwcompile.frontends.symbolic.meeting import common_order, one_stream, plain_product
from hwcompile.frontends.symbolic.quantizing import (
    Quantization,
    emit_all,
    meaning_of,
    quantize_stream,
)
from hwcompile.frontends.symbolic.values import Pair, Stream


def quantize_pair(ctx: Context, pair: Pair, by: Quantization, node: SourceNode) -> Stream:
    """The meeting and what is behind it as new IR nodes.

    Where no form of both streams with their quantizer is exact and small, their sum or product may
    be an exact stream of its own, with a factor per channel, or else a sum of float32 numbers.

    Raises:
        CompileError: HW0222 when no exact form is small enough.
    """
    if ctx.rounds_once(node):
        product = plain_product(ctx, pair, node)
        if product is not None:
            ctx.note("rounds the exact product once", node.origin)
            return quantize_stream(ctx, product, by, node, counted=False)
    try:
        return _together(ctx, pair, by, node)
    except CompileError as error:
        if {d.code for d in error.diagnostics} != {"HW0222"}:
            raise
        together = one_stream(ctx, pair, node)
        if not isinstance(together, Stream):
            together = float_sum(ctx, pair, node)
        if together is None:
            raise
        return quantize_stream(ctx, together, by, node)


def _together(ctx: Context, pair: Pair, by: Quantization, node: SourceNode) -> Stream:
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
