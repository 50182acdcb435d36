"""Sums of two streams in float32, for scales that have no step in common.

Where float32 rounds the numbers that meet, no weighted sum of their integers is the model's. Then
each operand becomes its float32 number, counted in steps of one power of two, and `RoundedSum` adds
them as float32 does. A third stream meets the result like any other, so that sums may have any
number of terms.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hwcompile.frontends.model import SourceNode
from hwcompile.frontends.numbers.float_sums import DIGITS, whole_steps
from hwcompile.frontends.symbolic.absorbing import absorbing
from hwcompile.frontends.symbolic.arranging import inverse, reduce_rows
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.meeting import common_order
from hwcompile.frontends.symbolic.values import Pair, Stream
from hwcompile.ir.op import Op
from hwcompile.ir.types import IntArray, IntType
from hwcompile.ops.cast.op import Cast
from hwcompile.ops.concat.op import Concat
from hwcompile.ops.conv.op import Conv
from hwcompile.ops.elementwise.op import Linear
from hwcompile.ops.reduce.rounded_sum import RoundedSum
from hwcompile.ops.table.op import Table
from hwcompile_runtime.chain import Chain, Dequantize
from hwcompile_runtime.rows import FloatArray, floats

_TABLE_LEVELS = 1 << 12
"""Integers whose float32 numbers stand in a table; those of wider streams are products."""

_LEAST = 2.0**-60
"""Scales from here to its inverse: products with integers keep all digits and are finite."""


def float_sum(ctx: Context, pair: Pair, node: SourceNode) -> Stream | None:
    """The float32 sum or difference as a stream; None where it takes too many bits.

    Args:
        ctx: State; its builder receives the operations.
        pair: Two streams that meet, real numbers.
        node: Who needs the sum.
    """
    if pair.kind not in ("add", "sub") or pair.left.dtype != np.float32:
        return None
    order = common_order(ctx, (pair.left, pair.right))
    sides = [_numbers(_Side(ctx, s, order, node)) for s in (pair.left, pair.right)]
    left, right = sides
    if left is None or right is None:
        return None
    exponent = min(left.exponent, right.exponent)
    signs = (1, 1 if pair.kind == "add" else -1)
    steps = [_Steps(ctx, node, s.value) for s in (left, right)]
    for step, side, sign in zip(steps, (left, right), signs, strict=True):
        if not step.multiplied(sign, side.exponent - exponent):
            return None
    value = ctx.emit(node, Concat(), tuple(s.value for s in steps), "numbers")
    total = _Steps(ctx, node, value)
    if not total.add(RoundedSum(2, DIGITS), "float_sum"):
        return None
    ctx.note(
        "adds two streams in float32, as the model does, because their scales have no step in "
        "common; powers of two, or one scale for both, make a plain sum of it",
        node.origin,
    )
    index = inverse(order, order.size).reshape(pair.shape)
    chain = Chain(Dequantize(floats(np.ldexp(1.0, exponent))), pair.ops)
    return Stream(total.value, index, chain, pair.dtype)


@dataclass(frozen=True)
class _Numbers:
    """Float32 numbers: integers times 2^exponent."""

    value: str
    exponent: int


@dataclass(frozen=True, eq=False)
class _Side:
    """A stream, and the order in which it meets the other one: int64 [H, W, C]."""

    ctx: Context
    stream: Stream
    order: IntArray
    node: SourceNode


@dataclass(eq=False)
class _Steps:
    """An IR value that operations are appended to, as long as they are legal."""

    ctx: Context
    node: SourceNode
    value: str

    def add(self, op: Op, role: str) -> bool:
        """Append an operation; False where it is not legal."""
        kinds = (self.ctx.type(self.value),)
        if op.problems(kinds):
            return False
        self.value = self.ctx.emit(self.node, op, (self.value,), role)
        return True

    def multiplied(self, factor: int, places: int) -> bool:
        """Times `factor * 2^places`."""
        while places > 0 or factor != 1:
            part = min(places, 30)
            if not self.add(Linear((factor << part,), 0), "scaled"):
                return False
            factor, places = 1, places - part
        return True


def _numbers(side: _Side) -> _Numbers | None:
    """The float32 numbers of a stream in the common order."""
    ctx, stream, order, node = side.ctx, side.stream, side.order, side.node
    value = ctx.arrange(stream.value, stream.index.reshape(-1)[order], int(stream.fill), node)
    rows = reduce_rows(order.reshape(-1), order.shape[2], [*stream.chain.arrays()]).rows
    element = ctx.type(value).element
    chain = absorbing(stream.chain.select(rows), max(-element.low, element.high))
    steps = _Steps(ctx, node, value)
    if element.levels <= _TABLE_LEVELS:
        numbers = chain.apply(element.values().reshape(1, -1))
        if not np.all(np.isfinite(numbers)):
            return None
        table, exponent = whole_steps(numbers.reshape(-1).astype(np.float32))
        op = Table(table.reshape(numbers.shape), IntType(int(table.min()), int(table.max())))
        return _Numbers(steps.value, exponent) if steps.add(op, "number") else None
    found = _scaled(chain)
    return None if found is None else _products(steps, *found, element)


def _scaled(chain: Chain) -> tuple[FloatArray, IntArray, bool] | None:
    """Scale and zero point of a product of integers with one factor, and whether a Relu follows.

    A power of two and another factor are one factor, because only the other one rounds.
    """
    if not isinstance(chain.start, Dequantize):
        return None
    scale, ops = chain.start.scale, chain.ops
    while ops and ops[0].kind == "mul" and np.all(np.abs(np.frexp(scale)[0]) == 0.5):
        scale, ops = np.asarray(scale * ops[0].constants[0], dtype=np.float32), ops[1:]
    kinds = [op.kind for op in ops]
    if kinds not in ([], ["relu"]) or (kinds and np.any(scale < 0)):
        return None
    if not np.all((scale == 0) | ((np.abs(scale) > _LEAST) & (np.abs(scale) < 1 / _LEAST))):
        return None
    return scale, chain.start.zero_point, bool(kinds)


def _products(
    steps: _Steps, scale: FloatArray, zero: IntArray, relu: bool, element: IntType
) -> _Numbers | None:
    """`float32(q - zero) * scale` of many integers: a product that keeps 24 digits."""
    channels = steps.ctx.type(steps.value).channels
    mantissas, exponents = np.frexp(scale.astype(np.float64))
    wholes = np.ldexp(mantissas, DIGITS).astype(np.int64)
    if np.all(wholes == 1 << (DIGITS - 1)):
        wholes, exponents = wholes >> (DIGITS - 1), exponents + DIGITS - 1
    exponent = int(exponents.min()) - DIGITS
    if int(exponents.max() - exponents.min()) > DIGITS or scale.size not in (1, channels):
        return None
    factors = wholes << (exponents - exponents.min())
    if not _moved(steps, -zero, element, relu):
        return None
    kind = steps.ctx.type(steps.value).element
    if max(-kind.low, kind.high) > 1 << DIGITS and not steps.add(RoundedSum(1, DIGITS), "float"):
        return None
    weights = factors.reshape(-1, 1, 1, 1)
    if factors.size == 1:
        fits = steps.multiplied(int(factors[0]), 0)
    else:
        fits = steps.add(Conv(weights, channels, (1, 1), (1, 1), (0, 0, 0, 0), 0), "product")
    if fits and np.any(wholes != 1):
        fits = steps.add(RoundedSum(1, DIGITS), "number")
    return _Numbers(steps.value, exponent) if fits else None


def _moved(steps: _Steps, offset: IntArray, element: IntType, relu: bool) -> bool:
    """An offset for each row, and nothing below 0 behind a Relu."""
    if not relu and not np.any(offset):
        return True
    low, high = element.low + offset, element.high + offset
    low = np.maximum(low, 0) if relu else low
    zero = np.zeros_like(offset)
    return steps.add(Cast(0, 0, offset, zero, low, high, "floor", "saturate"), "moved")
