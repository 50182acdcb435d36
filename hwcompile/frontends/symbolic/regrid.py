"""Streams with pending operations as integers times one step, where all their numbers are such."""

from __future__ import annotations

import numpy as np

from hwcompile.frontends.model import Array, SourceNode
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.quantizing import (
    Quantization,
    quantize_stream,
    settled,
    value_rows,
)
from hwcompile.frontends.symbolic.values import Stream
from hwcompile.ir.types import IntType
from hwcompile_runtime.chain import Chain, Dequantize
from hwcompile_runtime.quantizers import LinearQuantizer
from hwcompile_runtime.rows import floats, integers

_FEW_LEVELS = 1 << 12
_LONGEST_GRID = 1 << 16
"""Steps on each side: the square of a number of 8 bits has 16."""
_WIDEST_GRID = 1 << 40
"""Of an input's normalization, whose differences near zero are as fine as float32 numbers are."""

_AFFINE = frozenset({"add", "sub", "mul", "div", "cast"})


def regridded(ctx: Context, stream: Stream, node: SourceNode) -> Stream | None:
    """The stream as whole multiples of one step, when all its reachable numbers are.

    A Relu behind a quantizer is such a function, and so is any other one of few levels.

    Args:
        ctx: State; its builder receives the table.
        stream: With operations pending.
        node: Who needs the integers.
    """
    kind = ctx.type(stream.value)
    if kind.element.levels > _FEW_LEVELS or stream.chain.domain != "float32":
        return None
    stream = settled(ctx, stream, [], node)
    rows = value_rows(ctx, stream, [])
    chain = stream.chain.select(rows.rows)
    real = chain.apply(kind.element.values().reshape(1, -1))
    if not np.all(np.isfinite(real)):
        return None
    normalizes = stream.value in ctx.builder.inputs and all(o.kind in _AFFINE for o in chain.ops)
    limit = _WIDEST_GRID if normalizes else _LONGEST_GRID
    for step in (*_steps(chain, real), _finest(real)):
        counts = np.round(real.astype(np.float64) / step)
        if np.abs(counts).max() > limit:
            continue
        if np.array_equal(counts.astype(np.float32) * step, real):
            element = IntType(int(counts.min()), int(counts.max()))
            quantizer = LinearQuantizer(floats(step), integers(0), element, floats(step))
            by = Quantization(quantizer, None, False, stream.dtype)
            if np.abs(counts).max() > _LONGEST_GRID:
                ctx.note(
                    f"the normalization of the input is exact in numbers of {element.bits} bits; a "
                    f"quantizer in front of this {node.op_type} makes them, and its multipliers, "
                    "narrower",
                    node.origin,
                )
            return quantize_stream(ctx, stream, by, node)
    return None


def _finest(real: Array) -> np.float32:
    """The last binary place of the smallest of these float32 numbers: all are multiples of it."""
    magnitudes = np.abs(real[real != 0])
    if not magnitudes.size:
        return np.float32(1)
    return np.float32(np.ldexp(1.0, int(np.frexp(magnitudes)[1].min()) - 24))


def _steps(chain: Chain, real: Array) -> list[np.float32]:
    """Numbers that all results may be multiples of: the start's scale, then what is found."""
    found: list[np.float32] = []
    if isinstance(chain.start, Dequantize):
        found += [np.float32(s) for s in np.unique(chain.start.scale)[:1]]
    magnitudes = np.unique(np.abs(real))
    magnitudes = magnitudes[magnitudes > 0]
    if magnitudes.size:
        found.append(np.float32(magnitudes[0]))
        gaps = np.diff(magnitudes)
        found += [np.float32(gaps.min())] if gaps.size else []
    return found
