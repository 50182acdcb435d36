"""Streams with pending operations as integers times one step, where all their numbers are such."""

from __future__ import annotations

import numpy as np

from hwcompile.frontends.model import Array, SourceNode
from hwcompile.frontends.numbers.common_step import common_step
from hwcompile.frontends.numbers.row_function import row_groups
from hwcompile.frontends.symbolic.arranging import Rows
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.quantizing import (
    Quantization,
    domain_of,
    quantize_stream,
    settled,
    value_rows,
)
from hwcompile.frontends.symbolic.values import Stream
from hwcompile.ir.types import BIPOLAR, IntArray, IntType
from hwcompile_runtime.chain import Chain, Dequantize
from hwcompile_runtime.quantizers import BipolarQuantizer, LinearQuantizer, Quantizer
from hwcompile_runtime.rows import floats, integers

_FEW_LEVELS = 1 << 12
_FEW_RESULTS = 1 << 8
"""Of a wider domain: a sign, or a sum of a few comparisons."""
_MOST_EVALUATED = 1 << 22
"""Pairs of a row and an integer of a wide domain."""
_LONGEST_GRID = 1 << 16
"""Steps on each side: the square of a number of 8 bits has 16."""
_WIDEST_GRID = 1 << 40
"""Of an input's normalization, whose differences near zero are as fine as float32 numbers are."""

_AFFINE = frozenset({"add", "sub", "mul", "div", "cast", "batch_norm"})


def regridded(ctx: Context, stream: Stream, node: SourceNode) -> Stream | None:
    """The stream as whole multiples of one step, when all its reachable numbers are.

    A Relu behind a quantizer is such a function, and so is any other one of few levels: the sign of
    a sum, however wide that is, or a sum of comparisons.

    Args:
        ctx: State; its builder receives the table.
        stream: With operations pending.
        node: Who needs the integers.
    """
    if stream.chain.domain != "float32":
        return None
    wide = ctx.type(stream.value).element.levels > _FEW_LEVELS
    if wide and not _may_have_few(ctx, stream):
        return None
    stream = settled(ctx, stream, [], node)
    rows = value_rows(ctx, stream, [])
    chain = stream.chain.select(rows.rows)
    if wide:
        real = _few_results(ctx, stream, chain, rows)
    else:
        real = chain.apply(ctx.type(stream.value).element.values().reshape(1, -1))
    if real is None or not np.all(np.isfinite(real)):
        return None
    normalizes = stream.value in ctx.builder.inputs and all(o.kind in _AFFINE for o in chain.ops)
    limit = _WIDEST_GRID if normalizes else _LONGEST_GRID
    for step in _steps(chain, real):
        counts = np.round(real.astype(np.float64) / step)
        if np.abs(counts).max() > limit:
            continue
        if np.array_equal(counts.astype(np.float32) * step, real):
            quantizer = _quantizer(step, counts)
            by = Quantization(quantizer, None, False, stream.dtype)
            if np.abs(counts).max() > _LONGEST_GRID:
                bits = quantizer.element.bits
                ctx.note(
                    f"the normalization of the input is exact in numbers of {bits} bits; a "
                    f"quantizer in front of this {node.op_type} makes them, and its multipliers, "
                    "narrower",
                    node.origin,
                )
            return quantize_stream(ctx, stream, by, node)
    return None


def _quantizer(step: np.float32, counts: Array) -> Quantizer:
    """Of numbers that are multiples of a step; -1 and 1 without 0 are one bit."""
    if np.all(np.abs(counts) == 1) and counts.min() < counts.max():
        return BipolarQuantizer(floats(step), integers(0), BIPOLAR, floats(1), floats(0))
    element = IntType(int(counts.min()), int(counts.max()))
    return LinearQuantizer(floats(step), integers(0), element, floats(step))


def _may_have_few(ctx: Context, stream: Stream) -> bool:
    """Whether the first element has few results on some integers of its wide domain."""
    element = ctx.type(stream.value).element
    some = np.linspace(element.low, element.high, _FEW_LEVELS).round().astype(np.int64)
    found = stream.chain.select(np.zeros(1, dtype=np.int64)).apply(some.reshape(1, -1))
    return np.unique(found).size <= _FEW_RESULTS


def _few_results(ctx: Context, stream: Stream, chain: Chain, rows: Rows) -> Array | None:
    """All different results on the integers that are reached, if they are few: float32 [n]."""
    low, high = domain_of(ctx, stream.value, rows).bounds()
    points: IntArray = np.arange(low.min(), high.max() + 1, dtype=np.int64)
    count = max(rows.rows.size, 1)
    if count * points.size > _MOST_EVALUATED:
        return None
    results: list[Array] = []
    for group in row_groups(count, points.size):
        least, most = (b[group] if b.size > 1 else b for b in (low, high))
        x = np.clip(points, least[:, None], most[:, None])
        results.append(np.unique(chain.select(group).apply(x)))
    found = np.unique(np.concatenate(results))
    return found if found.size <= _FEW_RESULTS else None


def _finest(real: Array) -> np.float32:
    """The last binary place of the smallest of these float32 numbers: all are multiples of it."""
    magnitudes = np.abs(real[real != 0])
    if not magnitudes.size:
        return np.float32(1)
    return np.float32(np.ldexp(1.0, int(np.frexp(magnitudes)[1].min()) - 24))


def _steps(chain: Chain, real: Array) -> list[np.float32]:
    """Numbers that all results may be multiples of, the largest first: it needs the fewest bits."""
    found: list[np.float32] = []
    if isinstance(chain.start, Dequantize):
        found += [np.float32(s) for s in np.unique(chain.start.scale)[:1]]
    magnitudes = np.unique(np.abs(real))
    magnitudes = magnitudes[magnitudes > 0]
    if magnitudes.size:
        found.append(np.float32(magnitudes[0]))
        gaps = np.diff(magnitudes)
        found += [np.float32(gaps.min())] if gaps.size else []
        common = common_step(magnitudes)
        found += [common[0]] if common else []
    return sorted({*found, _finest(real)}, reverse=True)
