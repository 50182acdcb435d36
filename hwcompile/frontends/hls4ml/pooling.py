"""Pooling: the largest element, or the average with C++'s division."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hwcompile.frontends.feature_map import map_shape
from hwcompile.frontends.hls4ml.additions import added_as_tree, added_in_order
from hwcompile.frontends.hls4ml.formats import Format
from hwcompile.frontends.hls4ml.values import Fixed, Lowering
from hwcompile.ir.types import IntArray
from hwcompile.ops.cast.op import Cast
from hwcompile.ops.depthwise.op import Depthwise
from hwcompile.ops.pool.op import Pool
from hwcompile.ops.window.geometry import Geometry
from hwcompile.ops.window.op import Window

BY_ELEMENT = ("floor", "half_up", "half_down")
"""Roundings that do not care where a sum stands, so that its terms may be rounded instead."""


@dataclass(frozen=True)
class Windows:
    """Where a pool looks; see `Geometry`."""

    kernel: tuple[int, int]
    strides: tuple[int, int]
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)

    def pool(self, kind: str, pad_value: int) -> Pool:
        """The operation."""
        return Pool(kind, self.kernel, self.strides, (1, 1), self.padding, pad_value)

    def counts(self, shape: tuple[int, int, int]) -> IntArray:
        """Elements of each window that are no padding, int64 [OH, OW]."""
        geometry = Geometry(self.kernel, self.strides, (1, 1), self.padding)
        down, across = (
            np.sum((p >= 0) & (p < shape[axis]), axis=1)
            for axis, p in enumerate(geometry.positions(a, shape) for a in (0, 1))
        )
        counts: IntArray = (down[:, None] * across).astype(np.int64)
        return counts


def pooling(ctx: Lowering) -> None:
    """`nnet::pooling1d_cl` and `pooling2d_cl`."""
    two = ctx.node.class_name.endswith("2D")

    def number(name: str, missing: int) -> int:
        return int(ctx.node.get_attr(name, missing) or missing)

    kernel = (number("pool_height", 1) if two else 1, number("pool_width", 1))
    strides = (number("stride_height", 1) if two else 1, number("stride_width", 1))
    sides = ("pad_top", "pad_left", "pad_bottom", "pad_right")
    top, left, bottom, right = (number(side, 0) for side in sides)
    padding = (top, left, bottom, right) if two else (0, left, 0, right)
    _pooled(ctx, Windows(kernel, strides, padding), bool(ctx.node.get_attr("count_pad", False)))


def global_pooling(ctx: Lowering) -> None:
    """One window over the whole map."""
    height, width, _ = map_shape(ctx.source().shape)
    _pooled(ctx, Windows((height, width), (height, width)), count_pad=False)


def _pooled(ctx: Lowering, windows: Windows, count_pad: bool) -> None:
    if ctx.node.get_attr("data_format", "channels_last") != "channels_last":
        raise ctx.refuse(
            "HW0294",
            "the pool's data are in the order channels_first",
            "only the order channels_last is built",
            "ChannelsLastConversion 'full' in hls4ml's configuration",
        )
    source, result = ctx.source(), ctx.result_format()
    mapped = replace(source, value=ctx.shaped(source.value, map_shape(source.shape)))
    if ctx.node.get_attr("pool_op") == "Max":
        value, fraction = _largest(ctx, mapped, windows)
    else:
        value, fraction = _average(ctx, mapped, windows, count_pad)
    assigned = ctx.assigned(value, fraction, result)
    ctx.finish(ctx.shaped(assigned, map_shape(ctx.result_shape())), result)


def _largest(ctx: Lowering, source: Fixed, windows: Windows) -> tuple[str, int]:
    """In the accumulator's format; the padding is hls4ml's, its type's top bit alone."""
    accumulator, form = ctx.format("accum_t"), source.format
    top = 1 << (form.bits - 1)
    pad = -top if form.signed else top
    if ctx.stream:
        cast = ctx.assigned(source.value, source.fraction, accumulator)
        return ctx.emit(windows.pool("max", 0), cast), accumulator.fraction
    chosen = ctx.emit(windows.pool("max", pad), source.value)
    return ctx.assigned(chosen, source.fraction, accumulator), accumulator.fraction


def _average(ctx: Lowering, source: Fixed, windows: Windows, count_pad: bool) -> tuple[str, int]:
    """A sum in the accumulator, divided towards zero in its steps."""
    accumulator = ctx.format("accum_t")
    wide = replace(accumulator, bits=accumulator.bits + 24, integer=accumulator.integer + 24)
    if ctx.stream:
        wide = accumulator
    elif accumulator.fraction < source.fraction and accumulator.rounding not in BY_ELEMENT:
        raise ctx.refuse(
            "HW0292",
            "the accumulator rounds its sums in a mode that looks at their sign or last digit",
            "then each addition rounds anew",
            "accum_t with as many binary digits as the input, or AP_TRN or AP_RND",
        )
    terms = ctx.assigned(source.value, source.fraction, wide)
    held = _added(ctx, terms, windows, accumulator)
    counts = windows.counts(ctx.kind(source.value).shape)
    if count_pad:
        counts = np.full_like(counts, windows.kernel[0] * windows.kernel[1])
    return divided(ctx, held, counts), accumulator.fraction


def _added(ctx: Lowering, terms: str, windows: Windows, accumulator: Format) -> str:
    """The sums of all windows; only a stream of small windows adds as a tree."""
    pool = windows.pool("sum", 0)
    element = pool.infer((ctx.kind(terms),))[0].element
    inside = element.low >= accumulator.low and element.high <= accumulator.high
    if inside or accumulator.overflow == "wrap":
        return ctx.assigned(ctx.emit(pool, terms), accumulator.fraction, accumulator)
    window = Window(windows.kernel, windows.strides, (1, 1), windows.padding, 0, 1)
    taps = windows.kernel[0] * windows.kernel[1]
    tree = ctx.stream and not ctx.node.class_name.startswith("Global")
    added = added_as_tree if tree else added_in_order
    return added(ctx, ctx.emit(window, terms), taps, accumulator)


def divided(ctx: Lowering, value: str, counts: IntArray) -> str:
    """Every pixel's integers divided by its count, towards zero; counts int64 [H, W].

    x / n is x * m / 2^k towards zero with m = 2^k / n rounded up, as long as |x| * n < 2^k:
    m * n exceeds 2^k by less than n, which moves no quotient over an integer.
    """
    element, (height, width, channels) = ctx.element(value), ctx.kind(value).shape
    largest = max(abs(element.low), abs(element.high), 1)
    row = np.zeros(1, dtype=np.int64)
    ends = (row + min(element.low, 0), row + max(element.high, 0))
    if np.all(counts == counts.flat[0]) and int(counts.flat[0]).bit_count() == 1:
        digits = int(counts.flat[0]).bit_length() - 1
        return ctx.adjusted(value, Cast(0, digits, row, row + digits, *ends, "zero", "saturate"))
    digits = largest.bit_length() + int(counts.max()).bit_length()
    factors = -(-(1 << digits) // counts)
    if np.all(factors == factors.flat[0]):
        product = ctx.emit(Depthwise(np.full((1, channels), factors.flat[0])), value)
    else:
        each = np.repeat(factors.reshape(-1), channels)[None]
        flat = ctx.shaped(value, (1, 1, height * width * channels))
        product = ctx.shaped(ctx.emit(Depthwise(each), flat), (height, width, channels))
    cast = Cast(0, digits, row, row + digits, *ends, "zero", "saturate")
    return ctx.adjusted(product, cast)


HANDLERS = {
    "Pooling1D": pooling,
    "Pooling2D": pooling,
    "GlobalPooling1D": global_pooling,
    "GlobalPooling2D": global_pooling,
}
