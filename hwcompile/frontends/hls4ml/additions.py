"""Additions in a format that may saturate, one after another or as a tree."""

from __future__ import annotations

import numpy as np

from hwcompile.frontends.hls4ml.formats import Format
from hwcompile.frontends.hls4ml.values import Lowering
from hwcompile.ops.elementwise.op import Linear
from hwcompile.ops.reduce.limited_sum import LimitedSum
from hwcompile.ops.reduce.op import Reduce


def added_in_order(ctx: Lowering, value: str, taps: int, form: Format) -> str:
    """`sum = 0; sum += x` for every tap, in a format; the terms count its steps.

    Args:
        ctx: The layer.
        value: Channels in order (tap, channel).
        taps: How many are added.
        form: Of the sum after every addition.
    """
    element = ctx.element(value)
    low, high = taps * min(element.low, 0), taps * max(element.high, 0)
    inside = low >= form.low and high <= form.high
    if inside or form.overflow == "wrap":
        total = ctx.emit(Reduce("sum", taps), value)
        return ctx.assigned(total, form.fraction, form)
    return ctx.emit(LimitedSum(taps, form.low, form.high, form.overflow), value)


def added_as_tree(ctx: Lowering, value: str, taps: int, form: Format) -> str:
    """`nnet::reduce` with additions, whose tree a limit can show; see `added_in_order`.

    The largest power of two of the taps is added in neighbouring pairs, over and over, and so is
    the rest; each sum is assigned to the format.
    """
    total = Reduce("sum", taps)
    element = total.infer((ctx.kind(value),))[0].element
    inside = element.low >= form.low and element.high <= form.high
    if taps == 1 or inside or form.overflow == "wrap":
        return ctx.assigned(ctx.emit(total, value), form.fraction, form)
    left = 1 << ((taps - 1).bit_length() - 1)
    if taps == 2 * left:
        even, odd = (_taps(ctx, value, taps, slice(first, None, 2)) for first in (0, 1))
        return added_as_tree(ctx, _sum_of(ctx, even, odd, form), left, form)
    first = added_as_tree(ctx, _taps(ctx, value, taps, slice(left)), left, form)
    rest = added_as_tree(ctx, _taps(ctx, value, taps, slice(left, None)), taps - left, form)
    return _sum_of(ctx, first, rest, form)


def _sum_of(ctx: Lowering, left: str, right: str, form: Format) -> str:
    return ctx.assigned(ctx.emit(Linear((1, 1), 0), left, right), form.fraction, form)


def _taps(ctx: Lowering, value: str, taps: int, chosen: slice) -> str:
    """Some of the taps of every pixel."""
    kind = ctx.kind(value)
    height, width, size = kind.shape
    places = np.arange(kind.size, dtype=np.int64).reshape(height, width, taps, size // taps)
    return ctx.picked(value, places[:, :, chosen].reshape(height, width, -1))
