"""Constants as streams, where a tensor of the network has known numbers beside computed ones.

Nothing in hardware makes numbers without being asked, so a stream of constants takes words of the
stream that it stands beside, in the same cycles, and gives constants for them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hwcompile.frontends.model import Array, SourceNode
from hwcompile.frontends.numbers.common_step import common_step
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.quantizing import Quantization, quantize_stream
from hwcompile.frontends.symbolic.values import Constant, QuantizedConstant, Stream
from hwcompile.ir.types import IntType
from hwcompile_runtime.chain import Chain, Dequantize, FloatOp, Integers
from hwcompile_runtime.quantizers import IntegerQuantizer, LinearQuantizer
from hwcompile_runtime.rows import floats, integers

_MOST = 1 << 15
"""Magnitude of a constant's integers; what is larger waits for a quantizer."""


def constant_stream(
    ctx: Context,
    value: Constant | QuantizedConstant,
    beside: Sequence[Stream],
    node: SourceNode,
) -> Stream:
    """The constant's numbers as a stream of its own.

    Integers, and numbers that are whole multiples of a scale of their own, of a neighbour, or of
    one step, get an IR value of these integers; others wait for a quantizer.

    Args:
        ctx: State; its builder receives the stream.
        value: With at least one element.
        beside: Streams that it stands beside; the first one gives the words.
        node: Who joins them.
    """
    source = beside[0].value
    count = int(np.prod(value.shape, dtype=np.int64))
    places = np.arange(count, dtype=np.int64) % ctx.type(source).size
    index = places.reshape(value.shape)
    if value.dtype.kind in "iub":
        numbers = value.array.astype(np.int64).reshape(-1)
        ops = (FloatOp("mul", (integers(0),)), FloatOp("add", (numbers,)))
        stream = Stream(source, index, Chain(Integers(), ops), value.dtype)
        element = IntType(int(numbers.min()), int(numbers.max()))
        quantizer = IntegerQuantizer(floats(1), integers(0), element)
        return quantize_stream(
            ctx, stream, Quantization(quantizer, None, True, value.dtype), node, counted=False
        )
    real = np.asarray(value.array, dtype=np.float32).reshape(-1)
    waiting = (FloatOp("mul", (floats(0),)), FloatOp("add", (real,)))
    stream = Stream(source, index, Chain(Dequantize(floats(1)), waiting), value.dtype)
    for scale, zero in _scales(value, beside):
        by = _exactly(real, scale, zero)
        if by is not None:
            return quantize_stream(ctx, stream, by, node, counted=False)
    return stream


def _scales(
    value: Constant | QuantizedConstant, beside: Sequence[Stream]
) -> list[tuple[Array, Array]]:
    """Scales and zero points that may fit: the constant's own, its neighbours', then others."""
    found = []
    if isinstance(value, QuantizedConstant):
        found.append((value.scale.reshape(-1), value.zero_point.reshape(-1)))
    for stream in beside:
        start = stream.chain.start
        if isinstance(start, Dequantize) and not stream.chain.ops:
            found.append((start.scale, start.zero_point))
    magnitudes = np.abs(value.array.astype(np.float32))
    common = common_step(magnitudes[magnitudes > 0]) if np.any(magnitudes > 0) else None
    step = common[0] if common else np.float32(1)
    found += [(floats(s), integers(0)) for s in (1, step)]
    return [(s[:1], z[:1]) for s, z in found if np.all(s == s[0]) and np.all(z == z[0])]


def _exactly(real: Array, scale: Array, zero: Array) -> Quantization | None:
    """The quantizer with this scale and zero point, where it changes none of the numbers."""
    if not float(scale[0]) > 0 or not np.all(np.isfinite(real)):
        return None
    if np.abs(real.astype(np.float64) / float(scale[0])).max() > _MOST:
        return None
    wide = IntType(-2 * _MOST, 2 * _MOST)
    trial = LinearQuantizer(floats(scale), integers(zero), wide, floats(scale))
    found = trial.quantize(real[None])
    if np.any(trial.dequantize(found)[0] != real):
        return None
    element = IntType(int(found.min()), int(found.max()))
    quantizer = LinearQuantizer(floats(scale), integers(zero), element, floats(scale))
    return Quantization(quantizer, None, False, np.dtype(np.float32))
