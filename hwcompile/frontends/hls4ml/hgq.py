"""HGQ2's own layers: quantizers whose elements have bits of their own, and tables."""

from __future__ import annotations

import numpy as np

from hwcompile.frontends.feature_map import map_shape
from hwcompile.frontends.hls4ml.formats import OVERFLOWS, ROUNDINGS
from hwcompile.frontends.hls4ml.values import Lowering
from hwcompile.ir.types import IntArray
from hwcompile.ops.cast.op import Cast


def quantizer(ctx: Lowering) -> None:
    """`ap_fixed<b, i>(x)` for every element, then all in the result's format; 0 without bits."""
    source, result = ctx.source(), ctx.result_format()
    signed, bits, integer = (
        np.broadcast_to(np.asarray(part[0], dtype=np.int64), source.shape).reshape(-1)
        for part in ctx.node.get_attr("mask_kbi")
    )
    there = bits > 0
    digits = np.where(there, bits - integer, -64)
    fraction = int(digits.max()) if np.any(there) else result.fraction
    behind = np.where(there, fraction - digits, 0)
    mode = str(ctx.node.get_attr("SAT")).removeprefix("AP_")
    low, high = _ranges(signed, bits, mode == "SAT_SYM")
    right = max(source.fraction - fraction, 0)
    cast = Cast(
        max(fraction - source.fraction, 0),
        right,
        np.zeros_like(bits),
        right + behind,
        low << behind,
        high << behind,
        ROUNDINGS[str(ctx.node.get_attr("RND")).removeprefix("AP_")],
        OVERFLOWS[mode],
    )
    value = ctx.shaped(source.value, map_shape(source.shape))
    ctx.finish(ctx.assigned(ctx.adjusted(value, cast), fraction, result), result)


def _ranges(signed: IntArray, bits: IntArray, symmetric: bool) -> tuple[IntArray, IntArray]:
    """Least and greatest integer of so many bits; 0 and 0 without bits."""
    most = np.where(bits > 0, (np.int64(1) << np.maximum(bits - signed, 0)) - 1, 0)
    least = np.where((signed == 1) & (bits > 0), -most - 1, 0)
    if symmetric:
        least = np.where((signed == 1) & (bits > 1), -most, least)
    return least.astype(np.int64), most.astype(np.int64)


def unary_lut(ctx: Lowering) -> None:
    """A table of all values of the input, by its bits."""
    source, result, table = ctx.source(), ctx.result_format(), ctx.constants("table")
    entries = result.of_integers(table.values.reshape(-1), table.format.fraction)
    mask = (1 << source.format.bits) - 1
    ctx.finish(ctx.looked_up(source.value, lambda x: entries[x & mask]), result)


HANDLERS = {"FixedPointQuantizer": quantizer, "UnaryLUT": unary_lut}
