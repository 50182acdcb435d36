"""Resize with linear interpolation by whole factors: a depthwise convolution, and wires.

Between two pixels, an enlargement by s has the same s positions everywhere, so that every output
pixel is one of s * s weighted sums around its input pixel. The weights are those of ONNX Runtime's
kernel; for powers of two they are whole numbers over a power of two, and so the sums are exact.
Beyond the map lie copies of its edge. Which sum stands where is an order of elements, not hardware.

Worked example: `half_pixel`, s = 2. Output 2 m lies a quarter before input m, output 2 m + 1 a
quarter behind it:

    >>> phases("half_pixel", 5, 2).tolist()
    [[0.25, 0.75, 0.0], [0.0, 0.75, 0.25]]
    >>> phases("asymmetric", 5, 2).tolist()
    [[0.0, 1.0, 0.0], [0.0, 0.5, 0.5]]
    >>> phases("align_corners", 5, 2) is None
    True
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hwcompile.diagnostics import fail
from hwcompile.frontends.model import Array, SourceNode
from hwcompile.frontends.onnx.coordinates import COORDINATES
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.linear import Window, convolved, feature_stream
from hwcompile.frontends.symbolic.pure import per_channel, pure_stream
from hwcompile.frontends.symbolic.values import Stream, Value
from hwcompile.ir.types import IntArray
from hwcompile_runtime.chain import Chain, Dequantize
from hwcompile_runtime.rows import floats

_FINEST = 1 << 12
"""Weights are not made of finer parts."""


def weights_of_axis(mode: str, length: int, factor: int) -> Array:
    """What ONNX Runtime's linear kernel adds up along an axis, float64 [output, length]."""
    output = length * factor
    i, scale = np.arange(output, dtype=np.float32), np.float32(factor)
    x = COORDINATES[mode](i, scale, np.float32(output), np.float32(length))
    x = np.clip(x, np.float32(0), np.float32(length - 1))
    low = np.minimum(x.astype(np.int64), length - 1)
    high = np.minimum(low + 1, length - 1)
    share = np.where(low == high, 0.5, x.astype(np.float64) - low)
    found = np.zeros((output, length))
    np.add.at(found, (np.arange(output), low), 1 - share)
    np.add.at(found, (np.arange(output), high), share)
    return found


def phases(mode: str, length: int, factor: int) -> Array | None:
    """The weights of an output's inputs before, at and behind it, float64 [factor, 3].

    Returns:
        None when outputs at the same distance from their inputs have different weights.
    """
    wanted = weights_of_axis(mode, length, factor)
    # Inside a map of five no edge is near; whether this one is the same is seen below.
    inside = weights_of_axis(mode, 5, factor)[2 * factor : 3 * factor]
    found = inside[:, 1:4]
    made = np.zeros_like(wanted)
    for m in range(length):
        for tap in (-1, 0, 1):
            place = min(max(m + tap, 0), length - 1)
            made[m * factor : (m + 1) * factor, place] += found[:, tap + 1]
    return found if np.array_equal(made, wanted) else None


def enlarged(
    ctx: Context, node: SourceNode, value: Value | None, mode: str, factors: Sequence[int]
) -> Stream:
    """The map (1, C, L) or (1, C, H, W) enlarged by a whole factor along each spatial axis.

    Raises:
        CompileError: HW0201 where the weights are no short binary fractions.
    """
    pure = pure_stream(ctx, value, node)
    stream = feature_stream(pure.stream, node)
    channels, sizes = stream.shape[1], stream.shape[2:]
    kernel = np.ones((1,) * len(sizes))
    for axis, (length, factor) in enumerate(zip(sizes, factors, strict=True)):
        taps = phases(mode, length, factor)
        if taps is None:
            raise _uneven(node, mode)
        kernel = _outer(kernel, taps, axis, len(sizes))
    whole, parts = _whole(kernel, node, mode)
    scale, zero = per_channel(pure, 1, node)
    places = [np.clip(np.arange(-1, n + 1), 0, n - 1) for n in sizes]
    batch = (np.zeros(1, dtype=np.int64), np.arange(channels))
    padded = stream.moved(lambda a, fill: a[np.ix_(*batch, *places)])
    weights = np.tile(whole, (channels, *(1,) * (whole.ndim - 1)))[:, None]
    ones, none = (1,) * len(sizes), (0,) * len(sizes)
    window = Window((3,) * len(sizes), ones, ones, none, none)
    sums = convolved(ctx, padded, zero, weights, channels, window, node)
    many = len(whole)
    steps = np.repeat(scale / np.float32(parts), many)
    ctx.describe(sums.value, steps, sums.zero_point)
    order = _interleaved(channels, tuple(factors), sizes)
    rows = [sums.rows(steps), sums.rows(sums.zero_point)]
    steps, zeros = (r if r.size == 1 else r[order.reshape(-1)] for r in rows)
    chain = Chain(Dequantize(floats(steps), zeros))
    return Stream(sums.value, sums.index.reshape(-1)[order], chain, np.dtype(np.float32))


def _outer(kernel: Array, taps: Array, axis: int, axes: int) -> Array:
    """Weights [phases, ...3] of the axes before times those of one more."""
    if axis == 0:
        return taps.reshape(len(taps), 3, *(1,) * (axes - 1))
    made = kernel[:, None] * taps.reshape(1, len(taps), *(1,) * axis, 3, *(1,) * (axes - 1 - axis))
    return made.reshape(-1, *made.shape[2:])


def _whole(kernel: Array, node: SourceNode, mode: str) -> tuple[IntArray, int]:
    """Weights as whole numbers, and how many parts of 1 they count."""
    parts = 1
    while parts <= _FINEST:
        if np.array_equal(kernel * parts, np.round(kernel * parts)):
            return (kernel * parts).astype(np.int64), parts
        parts *= 2
    raise _uneven(node, mode)


def _uneven(node: SourceNode, mode: str) -> Exception:
    return fail(
        "HW0201",
        f"this {node.op_type} interpolates between elements ({mode}) with weights that are no "
        "short binary fractions",
        "sums of integers by such weights are rounded in the model, one by one",
        "enlarge by 2, 4 or 8 with half_pixel or asymmetric coordinates, or from n elements to "
        "2 * n - 1 with align_corners, or use mode 'nearest'",
        node.origin,
    )


def _interleaved(channels: int, factors: tuple[int, ...], sizes: tuple[int, ...]) -> IntArray:
    """Where each element of the enlarged map stands among the sums (1, C * phases, sizes)."""
    count = len(sizes)
    flat = np.arange(channels * int(np.prod(factors)) * int(np.prod(sizes)))
    split = flat.reshape(channels, *factors, *sizes)
    axes = [axis for i in range(count) for axis in (1 + count + i, 1 + i)]
    shape = [n * f for n, f in zip(sizes, factors, strict=True)]
    return split.transpose(0, *axes).reshape(1, channels, *shape)
