"""`RESIZE_BILINEAR` by powers of two: a depthwise convolution, wires, and one rounding.

The reference kernel counts positions and weights in parts of 1,024 (`ResizeBilinearInteger`), adds
four products and divides by 2^20, halves away from zero. Between two pixels an enlargement by s has
the same s positions everywhere, so every result is one of s * s weighted sums around its pixel.
"""

from __future__ import annotations

import numpy as np

from hwcompile.diagnostics import CompileError
from hwcompile.frontends.numbers.integer_functions import IntegerFunction
from hwcompile.frontends.tflite.contents import LiteNode
from hwcompile.frontends.tflite.lowering import LiteGraph, unsupported, wrong_shape
from hwcompile.frontends.tflite.structure import places, same_numbers
from hwcompile.ir.types import IntArray
from hwcompile.ops.conv.op import Conv

PARTS = 1 << 10

REGULAR = 7
"""Pixels of a map in whose middle no edge is near."""


def weights_between(length: int, wanted: int, align: bool, half: bool) -> IntArray:
    """Parts of 1,024 that the kernel takes of every input pixel, int64 [wanted, length].

    As `ComputeInterpolationValuesInteger` of TFLite's reference kernels.
    """
    step = (PARTS * length + wanted // 2) // wanted
    if align and wanted > 1:
        step = (PARTS * (length - 1) + (wanted - 1) // 2) // (wanted - 1)
    at = np.arange(wanted, dtype=np.int64) * step
    if half:
        at += step // 2 - PARTS // 2
    # C++ divides towards zero; what that does to negative positions, the limits undo.
    low = np.clip(np.trunc(at / PARTS).astype(np.int64), 0, length - 1)
    high = np.minimum(np.trunc((at + PARTS - 1) / PARTS).astype(np.int64), length - 1)
    share = at - PARTS * low
    found = np.zeros((wanted, length), dtype=np.int64)
    np.add.at(found, (np.arange(wanted), low), PARTS - share)
    np.add.at(found, (np.arange(wanted), np.maximum(high, 0)), share)
    return found


def _phases(length: int, wanted: int, align: bool, half: bool) -> IntArray | None:
    """Weights of the pixels before, at and behind for each of `wanted / length` results."""
    if wanted % length or align:
        return None
    factor = wanted // length
    inside = weights_between(REGULAR, REGULAR * factor, False, half)
    found = inside[3 * factor : 4 * factor, 2:5]
    made = np.zeros((wanted, length), dtype=np.int64)
    for m in range(length):
        for tap in (-1, 0, 1):
            place = min(max(m + tap, 0), length - 1)
            made[m * factor : (m + 1) * factor, place] += found[:, tap + 1]
    return found if np.array_equal(made, weights_between(length, wanted, False, half)) else None


def _bilinear(ctx: LiteGraph, node: LiteNode) -> None:
    source, result = ctx.operand(node, 0), ctx.result(node)
    ctx.interval(node, source)
    same_numbers(node, source, result)
    if len(source.shape) != 4 or source.shape[0] != 1 or source.dtype != "int8":
        raise wrong_shape(node, source, "an int8 map [1, H, W, C] of one frame")
    align, half = bool(node.whole("AlignCorners")), bool(node.whole("HalfPixelCenters"))
    rows, columns = (
        _phases(source.shape[axis], result.shape[axis], align, half) for axis in (1, 2)
    )
    if rows is None or columns is None:
        raise _uneven(node, source.shape, result.shape)
    _, height, width, channels = source.shape
    kernel = np.einsum("ai,bj->abij", rows, columns).reshape(-1, 3, 3)
    common = int(np.gcd.reduce(kernel, axis=None))
    weights = np.tile(kernel // common, (channels, 1, 1))[..., None]
    edges = [np.clip(np.arange(-1, n + 1), 0, n - 1) for n in (height, width)]
    padded = places(source)[0][np.ix_(*edges, np.arange(channels))]
    value = ctx.picked(node, ctx.stream(node, 0), padded)
    op = Conv(weights, channels, (1, 1), (1, 1), (0, 0, 0, 0), 0)
    sums = ctx.emit(node, op, value)
    split = np.arange(height * width * channels * len(kernel)).reshape(
        height, width, channels, len(rows), len(columns)
    )
    order = split.transpose(0, 3, 1, 4, 2).reshape(result.shape[1], result.shape[2], channels)
    whole = ctx.picked(node, sums, order)
    parts = PARTS * PARTS // common

    def divide(x: IntArray, constants: tuple[IntArray, ...]) -> IntArray:
        return np.asarray(np.sign(x) * ((np.abs(x) + parts // 2) // parts))

    none = (np.zeros(1, np.int64),)
    function = IntegerFunction("interpolate", divide, none, ctx.kind(whole).element)
    ctx.finish(node, ctx.closed(node, whole, function))


def _uneven(node: LiteNode, before: tuple[int, ...], after: tuple[int, ...]) -> CompileError:
    return unsupported(
        node,
        f"makes a map of {after[1]} x {after[2]} of one of {before[1]} x {before[2]}",
        "TFLite counts positions in parts of 1,024, and only enlargements by powers of two without "
        "align_corners have the same weights everywhere",
        "an enlargement by 2, 4 or 8, or RESIZE_NEAREST_NEIGHBOR",
    )


HANDLERS = {"RESIZE_BILINEAR": _bilinear}
