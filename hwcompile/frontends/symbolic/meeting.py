"""Two streams that meet as one stream of integers, where no quantizer says which."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hwcompile.frontends.model import SourceNode
from hwcompile.frontends.numbers.exact_lines import (
    MAPS,
    ExactLine,
    ExactSum,
    exact_lines_of,
    exact_product,
    exact_sum,
)
from hwcompile.frontends.numbers.pairing import chain_of_sum, product_type, weighted
from hwcompile.frontends.symbolic.arranging import (
    Rows,
    feature_map,
    inverse,
    is_permutation,
    reduce_rows,
)
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.regrid import regridded
from hwcompile.frontends.symbolic.values import HostValue, Pair, Stream, Value
from hwcompile.frontends.symbolic.whole import whole_stream
from hwcompile.ir.hull import with_constant
from hwcompile.ir.types import IntArray, IntType
from hwcompile.ops.conv.op import Conv
from hwcompile.ops.elementwise.op import Linear, Product
from hwcompile_runtime.chain import Chain, Dequantize, FloatOp, Integers
from hwcompile_runtime.rows import floats

_WIDEST = 24
"""Bits of the integers, as many as a float32's significand has."""

_WIDEST_INTEGERS = 32
"""Of those that the source model calls integers."""


def one_stream(ctx: Context, value: Value | None, node: SourceNode) -> Value | None:
    """The value; two streams that meet as one, when every number on the way is exact in float32.

    What the host would compute, the network computes where it can. Both operands of a meeting are
    integers times a step, moved and scaled by constants that float32 multiplies and adds without
    rounding, and so is their sum or product (see `exact_lines`).
    Operations behind the meeting stay pending.

    Args:
        ctx: State; its builder receives the addition.
        value: An operand.
        node: Who needs the integers of one stream.
    """
    if isinstance(value, HostValue) and value.inside is not None:
        return value.inside()
    if not isinstance(value, Pair) or value.kind not in ("add", "sub", "mul"):
        return value
    if value.dtype.kind in "iu":
        return _integers(ctx, value, node) or value
    pair = replace(value, left=_line(ctx, value.left, node), right=_line(ctx, value.right, node))
    order = common_order(ctx, (pair.left, pair.right))
    arrays = [*pair.left.chain.arrays(), *pair.right.chain.arrays()]
    meet = _Meeting(ctx, pair, order, reduce_rows(order.reshape(-1), order.shape[2], arrays), node)
    left, right = meet.lines(pair.left), meet.lines(pair.right)
    if left is None or right is None:
        return value
    if pair.kind == "mul":
        found = _product(meet, left, right)
    else:
        rows = exact_sum(left, right, 1 if pair.kind == "add" else -1)
        found = None if rows is None else _sum(meet, rows)
    return value if found is None else found


def _integers(ctx: Context, pair: Pair, node: SourceNode) -> Stream | None:
    """Two streams of integers that meet; what is pending on them becomes integers first."""
    sides = [
        s if isinstance(s.chain.start, Integers) and not s.chain.ops else whole_stream(ctx, s, node)
        for s in (pair.left, pair.right)
    ]
    left, right = sides
    if left is None or right is None or left.chain.ops or right.chain.ops:
        return None
    order = common_order(ctx, (left, right))
    rows = reduce_rows(order.reshape(-1), order.shape[2], [])
    meet = _Meeting(ctx, replace(pair, left=left, right=right), order, rows, node)
    signs = {"add": (1, 1), "sub": (1, -1)}
    op = Product() if pair.kind == "mul" else Linear(signs[pair.kind], 0)
    operands = meet.arranged()
    (kind,) = op.infer(tuple(ctx.type(v) for v in operands))
    if kind.element.bits > _WIDEST_INTEGERS:
        return None
    return meet.result(meet.emit(op, *operands), Chain(Integers()))


def _line(ctx: Context, stream: Stream, node: SourceNode) -> Stream:
    """The stream; what is behind a Relu and the like as integers of its own."""
    ops = stream.chain.ops
    if isinstance(stream.chain.start, Integers) and ops and ops[0].kind == "cast":
        ops = ops[1:]
    if all(op.kind in MAPS for op in ops):
        return stream
    return regridded(ctx, stream, node) or whole_stream(ctx, stream, node) or stream


@dataclass(frozen=True, eq=False)
class _Meeting:
    """Where two streams meet.

    Attributes:
        ctx: State.
        pair: The streams.
        order: Positions of the tensor, int64 [H, W, C].
        rows: Which positions of the tensor differ in their constants.
        node: Who needs the integers.
    """

    ctx: Context
    pair: Pair
    order: IntArray
    rows: Rows
    node: SourceNode

    def element(self, stream: Stream) -> IntType:
        """A stream's integers where they meet."""
        element = self.ctx.type(stream.value).element
        fills = int(stream.index.min(initial=0)) < 0
        return with_constant(element, int(stream.fill)) if fills else element

    def lines(self, stream: Stream) -> tuple[ExactLine, ...] | None:
        """The lines of the rows of a stream."""
        return exact_lines_of(stream.chain.select(self.rows.rows), self.element(stream))

    def arranged(self) -> tuple[str, str]:
        """Both streams in the common order."""
        left, right = (
            self.ctx.arrange(s.value, s.index.reshape(-1)[self.order], int(s.fill), self.node)
            for s in (self.pair.left, self.pair.right)
        )
        return left, right

    def emit(self, op: Linear | Product | Conv, *operands: str) -> str:
        """A step on the way."""
        return self.ctx.emit(self.node, op, operands, op.family)

    def result(self, value: str, chain: Chain) -> Stream:
        """The integers as the meeting's value; the chain has a row for each of `rows`."""
        start = chain.start
        if isinstance(start, Dequantize) and self.rows.rows.size <= self.order.shape[2]:
            self.ctx.describe(value, start.scale, start.zero_point)
        index = inverse(self.order, self.order.size).reshape(self.pair.shape)
        # Every position of the tensor takes the constants of its row.
        count = self.rows.rows.size
        spread = chain if count == 1 else chain.select(index.reshape(-1) % count)
        return Stream(value, index, spread.then(*self.pair.ops), self.pair.dtype)


def _sum(meet: _Meeting, rows: tuple[ExactSum, ...]) -> Stream | None:
    """The sum's integers; a factor per channel where the rows' factors differ."""
    channels = int(meet.order.shape[2])
    sides = [[row.left for row in rows], [row.right for row in rows]]
    alike = [len(set(side)) == 1 for side in sides]
    if not all(alike) and len(rows) != channels:
        return None
    elements = [meet.element(s) for s in (meet.pair.left, meet.pair.right)]
    ends = [weighted(elements[0], elements[1], (row.left, row.right), 0) for row in rows]
    offset = 0
    if len({row.zero for row in rows}) == 1 and rows[0].is_whole:
        offset, rows = -int(rows[0].zero), tuple(replace(row, zero=0) for row in rows)
    low, high = min(e.low for e in ends) + offset, max(e.high for e in ends) + offset
    if IntType(low, high).bits > _WIDEST:
        return None
    operands, factors = list(meet.arranged()), []
    for i, (side, same) in enumerate(zip(sides, alike, strict=True)):
        factors.append(side[0] if same else 1)
        if not same:
            operands[i] = meet.emit(_scaled(side), operands[i])
    value = meet.emit(Linear((factors[0], factors[1]), offset), *operands)
    return meet.result(value, chain_of_sum(rows))


def _scaled(factors: list[int]) -> Conv:
    """A factor for every channel."""
    weights = np.array(factors, dtype=np.int64).reshape(-1, 1, 1, 1)
    return Conv(weights, len(factors), (1, 1), (1, 1), (0, 0, 0, 0), 0)


def _product(
    meet: _Meeting, left: tuple[ExactLine, ...], right: tuple[ExactLine, ...]
) -> Stream | None:
    """The product's integers, where the same integers mean 0 in all rows."""
    rows = exact_product(left, right)
    if rows is None or len({(row.left, row.right) for row in rows}) > 1:
        return None
    zeros = (rows[0].left, rows[0].right)
    elements = [meet.element(s) for s in (meet.pair.left, meet.pair.right)]
    if product_type(elements[0], zeros[0], elements[1], zeros[1]).bits > _WIDEST:
        return None
    steps = floats([float(row.step) for row in rows])
    return meet.result(_multiplied(meet, zeros), Chain(Dequantize(steps)))


def _multiplied(meet: _Meeting, zeros: tuple[int, int]) -> str:
    """The product of both streams without their zero points."""
    operands = [
        meet.emit(Linear((1,), -zero), operand) if zero else operand
        for operand, zero in zip(meet.arranged(), zeros, strict=True)
    ]
    return meet.emit(Product(), *operands)


def plain_product(ctx: Context, pair: Pair, node: SourceNode) -> Stream | None:
    """The product of two dequantized streams; its chain multiplies by both scales.

    Float32 rounds the dequantized numbers, which the chain does not: it is the product's exact
    number that is rounded once.

    Returns:
        None for other meetings.
    """
    starts = [s.chain.start for s in (pair.left, pair.right) if not s.chain.ops]
    plain = [s for s in starts if isinstance(s, Dequantize) and s.zero_point.size == 1]
    if pair.kind != "mul" or len(plain) < 2:
        return None
    order = common_order(ctx, (pair.left, pair.right))
    arrays = [*pair.left.chain.arrays(), *pair.right.chain.arrays()]
    meet = _Meeting(ctx, pair, order, reduce_rows(order.reshape(-1), order.shape[2], arrays), node)
    first, second = (start.select(meet.rows.rows) for start in plain)
    chain = Chain(Dequantize(first.scale), (FloatOp("mul", (second.scale,)),))
    zeros = (int(first.zero_point[0]), int(second.zero_point[0]))
    return meet.result(_multiplied(meet, zeros), chain)


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
