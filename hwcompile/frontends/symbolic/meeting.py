"""The sum of two streams as one stream of integers, where no quantizer says which."""

from __future__ import annotations

from math import frexp

import numpy as np

from hwcompile.frontends.model import SourceNode
from hwcompile.frontends.numbers.common_step import common_step
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.quantizing import Quantization
from hwcompile.frontends.symbolic.quantizing_pairs import quantize_pair
from hwcompile.frontends.symbolic.values import Pair, Value
from hwcompile.ir.types import IntType
from hwcompile_runtime.chain import Chain, Dequantize
from hwcompile_runtime.quantizers import LinearQuantizer
from hwcompile_runtime.rows import floats, integers

_BITS = 24
"""Of a float32's significand."""

_WIDEST = 16
"""Bits of a sum that other operators may take."""


def one_stream(ctx: Context, value: Value | None, node: SourceNode) -> Value | None:
    """The value; a sum of two streams as one, when every number of it is exact in float32.

    Both have one scale each, the scales are small multiples of a step, and step and integers are
    so short that neither the streams' real numbers nor their sum are rounded: then the sum is a
    whole number of steps, as an executor computes it.

    Args:
        ctx: State; its builder receives the addition.
        value: An operand.
        node: Who needs the integers of one stream.
    """
    if not isinstance(value, Pair) or value.ops or value.kind not in ("add", "sub"):
        return value
    chains = (value.left.chain, value.right.chain)
    starts = [_start(chain) for chain in chains]
    if any(start is None for start in starts):
        return value
    scales = [start.scale[0] for start in starts if start is not None]
    found = common_step(np.array(scales, dtype=np.float32))
    if found is None:
        return value
    step, factors = found
    ends: list[tuple[int, int]] = []
    for stream, start, factor in zip((value.left, value.right), starts, factors, strict=True):
        assert start is not None
        element, zero = ctx.type(stream.value).element, int(start.zero_point[0])
        ends.append((int(factor) * (element.low - zero), int(factor) * (element.high - zero)))
    if value.kind == "sub":
        ends[1] = (-ends[1][1], -ends[1][0])
    sums = IntType(ends[0][0] + ends[1][0], ends[0][1] + ends[1][1])
    widest = max(IntType(low, high).bits for low, high in (*ends, (sums.low, sums.high)))
    if sums.bits > _WIDEST or widest + _significant(float(step)) > _BITS:
        return value
    quantizer = LinearQuantizer(floats(step), integers(0), sums, floats(step))
    return quantize_pair(ctx, value, Quantization(quantizer, None, False, value.dtype), node)


def _start(chain: Chain) -> Dequantize | None:
    """The plain start of a chain without anything pending, with one scale and zero point."""
    start = chain.start
    if chain.ops or not isinstance(start, Dequantize):
        return None
    return start if start.scale.size == 1 and start.zero_point.size == 1 else None


def _significant(number: float) -> int:
    """Bits of a float32's significand up to its last one."""
    whole = int(frexp(number)[0] * 2**_BITS)
    return _BITS + 1 - (whole & -whole).bit_length()
