"""Matrices in blocks of inputs whose scales have no step in common: a sum of products.

The products of a block have one scale, so their sum is exact. The sums of several blocks are real
numbers, which are added one after the other as float32 adds them. A runtime adds all products in an
order of its own, so its last digits may differ; a note says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from hwcompile.frontends.model import Array, SourceNode
from hwcompile.frontends.numbers.common_step import common_step
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.elementwise import meeting
from hwcompile.frontends.symbolic.moving import moved
from hwcompile.frontends.symbolic.values import QuantizedConstant, Value, shape_of
from hwcompile.ir.types import IntArray

_MOST = 64
"""Blocks that are products of their own; each takes a matrix and an adder. Of fewer than two
inputs each they are no blocks: such weights are refused."""

Multiply = Callable[[Context, SourceNode, Value | None, Value | None], Value]


def rows_in_parts(left: Value | None, right: Value | None) -> list[IntArray]:
    """Rows of a constant [K, N] in blocks of one scale each; none when a step fits all of them.

    Args:
        left: (..., K).
        right: The matrix; anything else has no parts.
    """
    if not isinstance(right, QuantizedConstant) or len(right.shape) != 2 or left is None:
        return []
    scale = right.scale
    ends = np.flatnonzero(np.any(scale[1:] != scale[:-1], axis=1)) + 1
    columns = [column for column in scale.T if np.any(column != column[0])]
    few = 0 < ends.size < min(_MOST, len(scale) // 2)
    alone = not few or shape_of(left)[-1] != len(scale)
    if alone or all(common_step(column) for column in columns):
        return []
    return list(np.split(np.arange(len(scale)), ends))


def sum_of_parts(
    ctx: Context,
    node: SourceNode,
    factors: Sequence[Value | None],
    parts: Sequence[IntArray],
    multiply: Multiply,
) -> Value:
    """The products of the blocks, added in order.

    Args:
        ctx: State.
        node: The operator.
        factors: The stream (..., K) and the matrix [K, N].
        parts: See `rows_in_parts`.
        multiply: Of a part of either.
    """

    def chosen(place: int, take: Callable[[Array], Array]) -> Value:
        value = factors[place]
        assert value is not None
        return moved(value, lambda a, fill: take(a), 0.0, node.origin)

    def last(rows: IntArray, a: Array) -> Array:
        return np.asarray(a[..., rows])

    def first(rows: IntArray, a: Array) -> Array:
        return np.asarray(a[rows])

    products = [
        multiply(ctx, node, chosen(0, partial(last, rows)), chosen(1, partial(first, rows)))
        for rows in parts
    ]
    ctx.note(
        f"the scales of {len(parts)} blocks of weights have no step in common; the exact sums of "
        "the blocks are added as float32 adds them, near a runtime's own order",
        node.origin,
    )
    result = products[0]
    for other in products[1:]:
        result = meeting(ctx, node, result, other, "add")
    return result
