"""Steps of fixed-point arithmetic on the values of a graph: limits, shifts, factors, look-ups."""

from __future__ import annotations

import numpy as np

from hwcompile.frontends.tflite.contents import LiteNode
from hwcompile.frontends.tflite.fixed_point import Factor
from hwcompile.frontends.tflite.lowering import LiteGraph
from hwcompile.ir.types import IntArray, IntType
from hwcompile.ops.cast.op import Cast
from hwcompile.ops.elementwise.op import Linear
from hwcompile.ops.table.op import Table

_WIDE = 1 << 31


def row(number: int) -> IntArray:
    """A number for all rows, int64 [1]."""
    return np.full(1, number, dtype=np.int64)


def within(ctx: LiteGraph, node: LiteNode, value: str, low: int, high: int, offset: int = 0) -> str:
    """`clamp(value + offset)`."""
    cast = Cast(0, 0, row(offset), row(0), row(low), row(high), "floor", "saturate")
    return ctx.emit(node, cast, value)


def without_digits(ctx: LiteGraph, node: LiteNode, value: str, digits: int, rounding: str) -> str:
    """The value without its last binary digits, rounded as `Cast` knows it, within 32 bits."""
    if not digits:
        return value
    cast = Cast(0, digits, row(0), row(digits), row(-_WIDE), row(_WIDE - 1), rounding, "saturate")
    return ctx.emit(node, cast, value)


def by_factor(ctx: LiteGraph, node: LiteNode, value: str, factor: Factor, digits: int = 0) -> str:
    """`factor(value << digits)` as its two roundings, for one factor.

    The product of 31 digits is not shifted to the left before the first one: fewer digits are
    dropped there.

    Raises:
        CompileError: HW0305 where the kernel's 32 bits overflow.
    """
    mantissa, shift = int(factor.mantissa[0]), int(factor.shift[0])
    left, element = digits + max(shift, 0), ctx.kind(value).element
    check_reach(node, factor, element.low, element.high, digits)
    product = ctx.emit(node, Linear((mantissa,), 0), value)
    whole = without_digits(ctx, node, product, 31 - left, "half_up")
    return without_digits(ctx, node, whole, max(-shift, 0), "half_away")


def check_reach(node: LiteNode, factor: Factor, low: int, high: int, digits: int = 0) -> None:
    """Numbers of an interval, with so many digits appended, must have a product with a factor.

    Raises:
        CompileError: HW0305 where the kernel's 32 bits overflow.
    """
    if max(abs(low), abs(high)) << (digits + max(int(factor.shift[0]), 0)) >= _WIDE:
        raise node.refuse(
            "HW0305",
            f"operands of this {node.operator} reach from {low} to {high}",
            "TFLite's reference kernel overflows there, so that its result is not defined",
            "check the scales of the operator",
        )


def looked_up(ctx: LiteGraph, node: LiteNode, value: str, table: IntArray) -> str:
    """The entry of a table [n] at a place from 0 on; not all places need occur."""
    kind = ctx.kind(value).element
    found = table[kind.low : kind.high + 1]
    return ctx.emit(node, Table(found[None], IntType(int(found.min()), int(found.max()))), value)
