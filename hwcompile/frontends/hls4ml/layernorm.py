"""Layer normalization: `nnet_layernorm.h`, its accumulator and its table of inverse roots."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from hwcompile.frontends.feature_map import map_shape
from hwcompile.frontends.hls4ml.additions import added_in_order
from hwcompile.frontends.hls4ml.formats import FloatArray, Format
from hwcompile.frontends.hls4ml.values import Fixed, Lowering
from hwcompile.frontends.hls4ml.weights import Constants
from hwcompile.ir.types import IntArray
from hwcompile.ops.depthwise.op import Depthwise
from hwcompile.ops.elementwise.op import Linear, Product

INDEX = Format(31, 31, signed=False, rounding="zero", overflow="saturate")
"""A C integer, of which only those that are not negative address a table."""


def layer_normalization(ctx: Lowering) -> None:
    """`nnet::layernormalize`: over the last axis, all in the accumulator's format.

    Raises:
        CompileError: HW0294 where products are no multiplications.
    """
    source, scale = ctx.source(), ctx.constants("scale")
    if source.format.is_bit or scale.format.is_bit or scale.format.bipolar:
        raise ctx.refuse(
            "HW0294",
            "the normalization's input or scale is a single bit",
            "hls4ml's products of the accumulator are then comparisons of bits",
            "a wider precision for both",
        )
    size = scale.values.size
    rows = math.prod(source.shape) // size
    value = ctx.shaped(source.value, (1, rows, size))
    form = ctx.format("accum_t")
    apart, variance = _moments(ctx, replace(source, value=value), form, size)
    inverse = ctx.format("table_t")
    root = _inverse_root(ctx, variance, form, inverse)
    product = ctx.emit(Product(), apart, _spread(ctx, root, size))
    _scaled(ctx, product, form.fraction + inverse.fraction, scale)


def _scaled(ctx: Lowering, value: str, fraction: int, scale: Constants) -> None:
    """Times the scale, plus the bias, assigned: the layer's result."""
    result, bias = ctx.result_format(), ctx.constants("bias")
    digits = max(fraction + scale.format.fraction, bias.format.fraction)
    factors = scale.values.reshape(1, -1) << (digits - fraction - scale.format.fraction)
    offset = bias.values.reshape(-1) << (digits - bias.format.fraction)
    scaled = ctx.emit(Depthwise(factors), value)
    assigned = ctx.assigned(scaled, digits, result, offset)
    ctx.finish(ctx.shaped(assigned, map_shape(ctx.result_shape())), result)


def _moments(ctx: Lowering, source: Fixed, form: Format, size: int) -> tuple[str, str]:
    """The distances to the mean, and their mean square."""
    share = form.of_reals(np.array([1.0 / size]))
    terms = ctx.assigned(source.value, source.fraction, form)
    mean = _shared(ctx, added_in_order(ctx, terms, size, form), share, form)
    difference = ctx.emit(Linear((1, -1), 0), terms, _spread(ctx, mean, size))
    apart = ctx.assigned(difference, form.fraction, form)
    squares = ctx.assigned(ctx.emit(Product(), apart, apart), 2 * form.fraction, form)
    return apart, _shared(ctx, added_in_order(ctx, squares, size, form), share, form)


def _shared(ctx: Lowering, total: str, share: IntArray, form: Format) -> str:
    """A sum times the inverse of its number of terms, assigned."""
    return ctx.assigned(ctx.scaled(total, int(share[0])), 2 * form.fraction, form)


def _spread(ctx: Lowering, value: str, size: int) -> str:
    """The only channel of every pixel, so many times."""
    pixels = ctx.kind(value).shape[1]
    places = np.arange(pixels, dtype=np.int64).reshape(1, pixels, 1)
    return ctx.picked(value, np.repeat(places, size, axis=2))


def _inverse_root(ctx: Lowering, variance: str, form: Format, inverse: Format) -> str:
    """`1 / sqrt(variance)` as the table has it."""
    size = int(ctx.node.get_attr("table_size"))
    digits = int(ctx.node.get_attr("table_range_power2", 0))
    index = ctx.assigned(ctx.scaled(variance, size << digits), form.fraction, INDEX)
    epsilon = int(ctx.node.get_attr("epsilon_power_of_10", 3))
    entries = inverse.of_reals(inverse_roots(size, digits, epsilon))
    return ctx.looked_up(ctx.limited(index, 0, size - 1), lambda i: entries[i])


def inverse_roots(size: int, digits: int, epsilon: int) -> FloatArray:
    """The table of `init_invert_sqr_table` before it is assigned, computed in float32."""
    least, most = np.float32(10.0**-epsilon), np.float32(2.0**-digits)
    step = most / np.float32(size)
    numbers = least + step * np.arange(size, dtype=np.float32)
    roots: FloatArray = 1.0 / np.sqrt(numbers).astype(np.float64)
    return roots


HANDLERS = {"LayerNormalization": layer_normalization}
