"""Softmax in the four implementations of hls4ml, table by table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hwcompile.frontends.feature_map import map_shape
from hwcompile.frontends.hls4ml import tables
from hwcompile.frontends.hls4ml.activations import table_index
from hwcompile.frontends.hls4ml.additions import added_as_tree, added_in_order
from hwcompile.frontends.hls4ml.formats import FloatArray, Format
from hwcompile.frontends.hls4ml.values import Fixed, Lowering
from hwcompile.ir.types import IntArray, IntType
from hwcompile.ops.argmax.op import TopK
from hwcompile.ops.cast.op import Cast
from hwcompile.ops.elementwise.op import Linear, Product
from hwcompile.ops.reduce.op import Reduce
from hwcompile.ops.table.op import Table


@dataclass(frozen=True)
class Sizes:
    """How many tables have, and which formats address them.

    Attributes:
        exponents: Entries of the table of exponentials.
        inverses: Entries of the table of reciprocals.
    """

    exponents: int
    inverses: int


def softmax(ctx: Lowering) -> None:
    """The layer's implementation on every slice of the tensor."""
    source, result = ctx.source(), ctx.result_format()
    there, back = _slices(ctx, source)
    vectors = Fixed(ctx.picked(source.value, there), source.shape, source.fraction, source.format)
    name = str(ctx.node.get_attr("implementation", "stable")).lower()
    value = IMPLEMENTATIONS[name](ctx, vectors, result)
    ctx.finish(ctx.picked(value, back), result)


def _slices(ctx: Lowering, source: Fixed) -> tuple[IntArray, IntArray]:
    """Flat positions that make every slice a pixel, and those that bring results back."""
    size = int(np.prod(source.shape))
    outer, inner = (int(ctx.node.get_attr(n, 1) or 1) for n in ("n_outer", "n_inner"))
    if ctx.stream:
        outer, inner = size // int(source.shape[-1]), 1
    places = np.arange(size, dtype=np.int64).reshape(outer, -1, inner).transpose(0, 2, 1)
    there = places.reshape(1, outer * inner, -1)
    back = np.argsort(there.reshape(-1), kind="stable").reshape(map_shape(source.shape))
    return there, back


def _sizes(ctx: Lowering, source: Format, stable: bool) -> Sizes:
    table = int(ctx.node.get_attr("table_size"))
    exponents = int(ctx.node.get_attr("exp_table_size", table))
    inverses = int(ctx.node.get_attr("inv_table_size", table))
    if stable and ctx.node.get_attr("inp_norm_t") is None and source.signed:
        exponents = min(inverses, 1 << (source.bits - 1))
    return Sizes(exponents, inverses)


def _reciprocal_format(ctx: Lowering) -> Format:
    """What addresses the reciprocals; hls4ml puts the exponentials' type for a default one."""
    if ctx.node.get_attr("inv_inp_t").name == "model_default_t":
        return ctx.format("exp_table_t")
    return ctx.format("inv_inp_t")


def _difference_format(ctx: Lowering, source: Format) -> Format:
    if ctx.node.get_attr("inp_norm_t") is not None:
        return ctx.format("inp_norm_t")
    return Format(source.bits - source.signed, source.integer - source.signed, False)


def _stable(ctx: Lowering, source: Fixed, result: Format) -> str:
    """Exponentials of the distance to the largest element."""
    channels = ctx.kind(source.value).channels
    largest = _spread(ctx, ctx.emit(Reduce("max", channels), source.value), channels)
    distance = ctx.emit(Linear((1, -1), 0), largest, source.value)
    form = _difference_format(ctx, source.format)
    sizes = _sizes(ctx, source.format, stable=True)
    norm = ctx.assigned(distance, source.fraction, form)
    return _shares(ctx, norm, form, sizes, result, negative=True)


def _latency(ctx: Lowering, source: Fixed, result: Format) -> str:
    """Exponentials of the elements themselves."""
    sizes = _sizes(ctx, source.format, stable=False)
    return _shares(ctx, source.value, source.format, sizes, result, negative=False)


def _shares(
    ctx: Lowering, value: str, form: Format, sizes: Sizes, result: Format, negative: bool
) -> str:
    """Each exponential times the reciprocal of their sum."""
    channels = ctx.kind(value).channels
    scale = np.float32(ctx.node.get_attr("exp_scale", 1.0))
    reals = (_addressed(form, sizes.exponents).astype(np.float32) * scale).astype(np.float64)
    table, accumulator = ctx.format("exp_table_t"), ctx.format("accum_t")
    entries = table.of_reals(tables.exponentials(-reals if negative else reals))
    exponents = _by_top_bits(
        ctx, value, form, sizes.exponents, accumulator.of_integers(entries, table.fraction)
    )
    wrapped = added_as_tree(ctx, exponents, channels, accumulator)
    address = _reciprocal_format(ctx)
    inverse = ctx.format("inv_table_t")
    with np.errstate(divide="ignore"):
        ones = np.float32(1) / _addressed(address, sizes.inverses).astype(np.float32)
    reciprocals = inverse.of_reals(ones.astype(np.float64))
    index = ctx.assigned(wrapped, accumulator.fraction, address)
    share = _by_top_bits(ctx, index, address, sizes.inverses, reciprocals)
    product = ctx.emit(Product(), exponents, _spread(ctx, share, channels))
    return ctx.assigned(product, accumulator.fraction + inverse.fraction, result)


def _addressed(form: Format, size: int) -> FloatArray:
    """The number that each address stands for: the format's top bits, zeros behind them."""
    digits = size.bit_length() - 1
    codes = np.arange(size, dtype=np.int64) << (form.bits - digits)
    if form.signed:
        codes = np.where(codes >= 1 << (form.bits - 1), codes - (1 << form.bits), codes)
    return np.ldexp(codes.astype(np.float64), -form.fraction)


def _by_top_bits(ctx: Lowering, value: str, form: Format, size: int, entries: IntArray) -> str:
    """The entry at the address that the top bits of the format's code are."""
    digits = size.bit_length() - 1
    if size & (size - 1) or digits > form.bits or digits < 1:
        raise ctx.refuse(
            "HW0294",
            f"a table of {size} entries is addressed by {form.bits} bits",
            "addresses are the top bits of a number",
            "a power of two not above the format's number of values",
        )
    row = np.zeros(1, dtype=np.int64)
    shift = form.bits - digits
    ends = (row + (form.low >> shift), row + (form.high >> shift))
    top = ctx.adjusted(value, Cast(0, shift, row, row + shift, *ends, "floor", "saturate"))
    return ctx.looked_up(top, lambda x: entries[x & (size - 1)])


def _spread(ctx: Lowering, value: str, channels: int) -> str:
    """The single channel of every pixel, so many times."""
    height, width, _ = ctx.kind(value).shape
    places = np.arange(height * width, dtype=np.int64).reshape(height, width, 1)
    return ctx.picked(value, np.repeat(places, channels, axis=2))


def _legacy(ctx: Lowering, source: Fixed, result: Format) -> str:
    """The reciprocal of the sum of exponentials of all differences."""
    table_size = int(ctx.node.get_attr("table_size"))
    sizes = _sizes(ctx, source.format, stable=False)
    if ctx.stream:
        sizes = Sizes(table_size, table_size)
    form = ctx.format("table_t")
    kind = ctx.kind(source.value)
    pixels = np.arange(kind.size, dtype=np.int64).reshape(kind.shape)
    n = kind.channels
    others = ctx.picked(source.value, np.repeat(pixels, n, axis=2))
    own = ctx.picked(source.value, np.tile(pixels, (1, 1, n)))
    difference = Fixed(
        ctx.emit(Linear((1, -1), 0), others, own), source.shape, source.fraction, source.format
    )
    half = 8 * sizes.exponents // 16
    index = table_index(ctx, difference, sizes.exponents, 16, -half, sizes.exponents - 1)
    entries = form.of_reals(tables.exponentials(tables.symmetric_inputs(sizes.exponents, 8.0)))
    exponents = ctx.looked_up(index, lambda i: entries[i + half])
    total = added_in_order(ctx, exponents, n, form)
    summed = Fixed(total, source.shape, form.fraction, form)
    place = table_index(ctx, summed, sizes.inverses, 64, 0, sizes.inverses - 1)
    shares = result.of_integers(form.of_reals(tables.inverses(sizes.inverses)), form.fraction)
    return ctx.looked_up(place, lambda i: shares[i])


def _argmax(ctx: Lowering, source: Fixed, result: Format) -> str:
    """1 for the first of the largest elements, 0 for the others."""
    channels = ctx.kind(source.value).channels
    winner = _spread(ctx, ctx.emit(TopK(1, "index"), source.value), channels)
    levels = result.of_integers(np.array([0, 1], dtype=np.int64), 0)
    one_hot = levels[np.eye(channels, dtype=np.int64)]
    kind = IntType(int(levels.min()), int(levels.max()))
    if channels == 1:
        return ctx.looked_up(winner, lambda x: levels[1 + 0 * x])
    return ctx.emit(Table(one_hot, kind), winner)


IMPLEMENTATIONS = {
    "stable": _stable,
    "latency": _latency,
    "legacy": _legacy,
    "argmax": _argmax,
}

HANDLERS = {"Softmax": softmax}
