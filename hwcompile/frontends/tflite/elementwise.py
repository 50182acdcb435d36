"""Two tensors of equal places: sums, differences, products, the larger and the smaller one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from hwcompile.frontends.budget import limited
from hwcompile.frontends.model import Array
from hwcompile.frontends.numbers.integer_functions import IntegerFunction
from hwcompile.frontends.numbers.pair_plane import Plane, separated
from hwcompile.frontends.numbers.runs import operations
from hwcompile.frontends.tflite.contents import LiteNode, LiteTensor
from hwcompile.frontends.tflite.fixed_point import Factor
from hwcompile.frontends.tflite.lowering import LiteGraph, unsupported
from hwcompile.frontends.tflite.requantizing import (
    Requantization,
    activation_limits,
    in_result_steps,
)
from hwcompile.frontends.tflite.steps import by_factor
from hwcompile.frontends.tflite.structure import places
from hwcompile.ir.types import Encoding, IntArray, IntType
from hwcompile.ops.elementwise.op import Extremum, Linear, Product
from hwcompile.ops.table.op import Table

LEFT_SHIFT = {"int8": 20, "uint8": 20, "int16": 15}
"""Digits that operands of a sum get before they are scaled."""


@dataclass(frozen=True, eq=False)
class Scaled:
    """An operand of a sum as the kernel scales it, `round(((x - zero) << digits) * factor)`.

    Attributes:
        zero_point: Of the operand.
        digits: See `LEFT_SHIFT`.
        factor: Of the operand's scale.
        sign: +1, or -1 for what is taken away.
    """

    zero_point: int
    digits: int
    factor: Factor
    sign: int

    def __call__(self, x: IntArray) -> IntArray:
        """int64 of any shape."""
        flat = self.factor(((x - self.zero_point) << self.digits).reshape(1, -1))
        return self.sign * flat.reshape(x.shape)


@dataclass(frozen=True, eq=False)
class Sum:
    """`clamp(round((left(a) + right(b)) * factor) + zero_point)`."""

    left: Scaled
    right: Scaled
    then: Requantization


def _addition(ctx: LiteGraph, node: LiteNode, sign: int) -> None:
    """`ADD` and `SUB`."""
    both = [ctx.operand(node, 0), ctx.operand(node, 1)]
    result = ctx.result(node)
    for tensor in (*both, result):
        ctx.interval(node, tensor)
    digits = LEFT_SHIFT[result.dtype]
    scales = [float(t.scale[0]) for t in both]
    twice = 2 * max(scales)
    left, right = (
        Scaled(int(t.zero_point[0]), digits, Factor.of(s / twice), g)
        for t, s, g in zip(both, scales, (1, sign), strict=True)
    )
    low, high = activation_limits(node, result, ctx.interval(node, result))
    real = twice / ((1 << digits) * float(result.scale[0]))
    then = Requantization(
        np.zeros(1, np.int64), Factor.of(real), int(result.zero_point[0]), low, high
    )
    total = Sum(left, right, then)
    constant = _constant_side(ctx, node)
    if constant is None:
        a, b = _streams(ctx, node)
        ctx.finish(node, _sum_of_streams(ctx, node, a, b, total))
        return
    place, data = constant
    value, row = _beside(ctx, node, place, data)
    moving, fixed = (right, left) if place == 0 else (left, right)
    function = IntegerFunction(
        "sum",
        lambda x, c: _requantized(then, moving(x) + c[0][:, None]),
        (fixed(row),),
        ctx.kind(value).element,
        rises=moving.sign > 0,
    )
    ctx.finish(node, ctx.closed(node, value, function))


def _requantized(then: Requantization, total: IntArray) -> IntArray:
    scaled = then.factor(total) + then.zero_point
    found: IntArray = np.clip(scaled, then.low, then.high)
    return found


def _sum_of_streams(ctx: LiteGraph, node: LiteNode, a: str, b: str, total: Sum) -> str:
    """The cheapest staircase of a weighted sum that is equal on all pairs; else the kernel's own.

    Of int8 there are 65,536 pairs, all of which are looked at.
    """
    kinds = ctx.kind(a).element, ctx.kind(b).element
    if max(k.levels for k in kinds) <= 1 << 8:
        function = IntegerFunction(
            "sum",
            lambda x, c: _requantized(total.then, total.left(x) + c[0][:, None]),
            (total.right(kinds[1].values()),),
            kinds[0],
        )
        runs = function.runs()
        lines = None if runs is None else separated(Plane(runs, kinds[1].values()), 1)
        if lines is not None:
            factors = (lines.wide_factor, lines.narrow_factor)
            joined = ctx.emit(node, Linear(factors, 0), a, b)
            then = operations(lines.runs, ctx.kind(joined).element, Encoding.INTEGER)
            for op in then or ():
                joined = ctx.emit(node, op, joined)
            if then is not None:
                return joined
    sides = [_scaled(ctx, node, v, f) for v, f in ((a, total.left), (b, total.right))]
    return in_result_steps(ctx, node, ctx.emit(node, Linear((1, 1), 0), *sides), total.then)


def _scaled(ctx: LiteGraph, node: LiteNode, value: str, how: Scaled) -> str:
    """An operand as the kernel scales it: by a table of 8 bits, or by its arithmetic."""
    kind = ctx.kind(value).element
    if kind.levels <= 1 << 8:
        entries = how(kind.values())
        element = IntType(int(entries.min()), int(entries.max()))
        return ctx.emit(node, Table(entries.reshape(1, -1), element), value)
    moved = ctx.emit(node, Linear((1,), -how.zero_point), value) if how.zero_point else value
    found = by_factor(ctx, node, moved, how.factor, how.digits)
    return found if how.sign > 0 else ctx.emit(node, Linear((how.sign,), 0), found)


def _multiplication(ctx: LiteGraph, node: LiteNode) -> None:
    """`MUL`: the exact product times one factor."""
    both, result = [ctx.operand(node, 0), ctx.operand(node, 1)], ctx.result(node)
    for tensor in (*both, result):
        ctx.interval(node, tensor)
    # All of it in single precision, as the kernel's preparation does.
    real = both[0].scale[0] * both[1].scale[0] / result.scale[0]
    low, high = activation_limits(node, result, ctx.interval(node, result))
    then = Requantization(
        np.zeros(1, np.int64), Factor.of(real), int(result.zero_point[0]), low, high
    )
    zeros = [int(t.zero_point[0]) for t in both]
    constant = _constant_side(ctx, node)
    if constant is None:
        streams = [
            ctx.emit(node, Linear((1,), -z), v) if z else v
            for v, z in zip(_streams(ctx, node), zeros, strict=True)
        ]
        product = ctx.emit(node, Product(), *streams)
        ctx.finish(node, in_result_steps(ctx, node, product, then))
        return
    place, data = constant
    value, row = _beside(ctx, node, place, data)
    zero = zeros[1 - place]
    function = IntegerFunction(
        "product",
        lambda x, c: _requantized(then, (x - zero) * c[0][:, None]),
        (row - zeros[place],),
        ctx.kind(value).element,
        rises=False,
    )
    ctx.finish(node, ctx.closed(node, value, function))


def _extremum(ctx: LiteGraph, node: LiteNode, kind: str) -> None:
    """`MAXIMUM` and `MINIMUM` of the integers, whatever they mean."""
    for tensor in (ctx.operand(node, 0), ctx.operand(node, 1), ctx.result(node)):
        ctx.interval(node, tensor)
    constant = _constant_side(ctx, node)
    if constant is None:
        ctx.finish(node, ctx.emit(node, Extremum(kind), *_streams(ctx, node)))
        return
    value, row = _beside(ctx, node, *constant)
    choose: Callable[[IntArray, IntArray], IntArray] = np.maximum if kind == "max" else np.minimum
    function = IntegerFunction(
        kind, lambda x, c: choose(x, c[0][:, None]), (row,), ctx.kind(value).element
    )
    ctx.finish(node, ctx.closed(node, value, function))


def _constant_side(ctx: LiteGraph, node: LiteNode) -> tuple[int, Array] | None:
    """The operand that is a constant and its elements; None when both are streams."""
    for place in (0, 1):
        data = ctx.constant(node, place)
        if data is not None:
            return place, data
    return None


def _spread(node: LiteNode, tensor: LiteTensor, shape: tuple[int, ...]) -> IntArray:
    """The flat position of the element that stands at every place of a larger shape."""
    try:
        return np.broadcast_to(places(tensor), limited(shape, node.origin))
    except ValueError as error:
        raise unsupported(
            node,
            f"joins shapes {list(tensor.shape)} and {list(shape)}",
            str(error),
            "convert the model again",
        ) from error


def _streams(ctx: LiteGraph, node: LiteNode) -> tuple[str, str]:
    shape = ctx.result(node).shape
    a, b = (
        ctx.picked(node, ctx.stream(node, i), _spread(node, ctx.operand(node, i), shape))
        for i in (0, 1)
    )
    return a, b


def _beside(ctx: LiteGraph, node: LiteNode, place: int, data: Array) -> tuple[str, IntArray]:
    """The stream beside a constant, and the constant's integers, int64 [1, channels or all]."""
    shape, stream = ctx.result(node).shape, 1 - place
    value = ctx.picked(
        node, ctx.stream(node, stream), _spread(node, ctx.operand(node, stream), shape)
    )
    wide = data.reshape(-1).astype(np.int64)[_spread(node, ctx.operand(node, place), shape)]
    if np.all(wide == wide.flat[0]):
        return value, wide.reshape(-1)[:1]
    by_channel = wide.reshape(-1, ctx.kind(value).shape[2])
    if np.all(by_channel == by_channel[0]):
        return value, by_channel[0]
    return value, wide.reshape(-1)


HANDLERS: dict[str, Callable[[LiteGraph, LiteNode], None]] = {
    "ADD": partial(_addition, sign=1),
    "SUB": partial(_addition, sign=-1),
    "MUL": _multiplication,
    "MAXIMUM": partial(_extremum, kind="max"),
    "MINIMUM": partial(_extremum, kind="min"),
}
