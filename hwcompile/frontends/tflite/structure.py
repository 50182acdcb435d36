"""Operators that move elements and compute nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from hwcompile.frontends.budget import limited
from hwcompile.frontends.tflite.contents import LiteNode, LiteTensor
from hwcompile.frontends.tflite.lowering import LiteGraph, unsupported
from hwcompile.ir.types import IntArray
from hwcompile.ops.concat.op import Concat


def places(tensor: LiteTensor) -> IntArray:
    """The flat position of every element, in the tensor's shape."""
    return np.arange(tensor.size, dtype=np.int64).reshape(tensor.shape)


def same_numbers(node: LiteNode, source: LiteTensor, result: LiteTensor) -> None:
    """Integers that move mean what they meant.

    Raises:
        CompileError: HW0303 when the result's scale or zero point is another one.
    """
    if not np.array_equal(source.scale, result.scale) or not np.array_equal(
        source.zero_point, result.zero_point
    ):
        raise unsupported(
            node,
            "has another scale or zero point than its operand",
            "TFLite's kernel moves integers and does not change them",
            "a QUANTIZE operator in front of it",
        )


def finish_moved(
    ctx: LiteGraph, node: LiteNode, index: IntArray, fill: int = 0, place: int = 0
) -> None:
    """Finish an operator that moves elements of an operand; `fill` stands where the index is -1."""
    source = ctx.operand(node, place)
    ctx.interval(node, source)
    same_numbers(node, source, ctx.result(node))
    limited(index.shape, node.origin)
    ctx.finish(node, ctx.picked(node, ctx.stream(node, place), index, fill))


def _reshape(ctx: LiteGraph, node: LiteNode) -> None:
    """`RESHAPE`, `SQUEEZE`, `EXPAND_DIMS`: the shape is that of the result."""
    source, result = ctx.operand(node, 0), ctx.result(node)
    if source.size != result.size:
        raise unsupported(
            node,
            f"makes {result.size} elements of {source.size}",
            "a shape has as many elements as another",
            "convert the model again",
        )
    finish_moved(ctx, node, places(source).reshape(result.shape))


def _transpose(ctx: LiteGraph, node: LiteNode) -> None:
    """`TRANSPOSE` by a constant order of axes."""
    order = given_numbers(ctx, node, 1, "axes")
    source = ctx.operand(node, 0)
    if sorted(order) != list(range(len(source.shape))):
        raise unsupported(
            node, f"has the order {order}", "every axis comes once", "convert the model again"
        )
    finish_moved(ctx, node, places(source).transpose(order))


def _pad(ctx: LiteGraph, node: LiteNode) -> None:
    """`PAD` and `PADV2`: with the integer that means 0.0, or that of a constant."""
    source = ctx.operand(node, 0)
    widths = np.asarray(ctx.given(node, 1, "widths"), dtype=np.int64).reshape(-1, 2)
    fill = int(source.zero_point[0]) if source.zero_point.size else 0
    if node.operator == "PADV2":
        fill = int(np.asarray(ctx.given(node, 2, "values")).reshape(-1)[0])
    _check_widths(node, source, widths)
    finish_moved(ctx, node, np.pad(places(source), widths, constant_values=-1), fill)


def _mirror_pad(ctx: LiteGraph, node: LiteNode) -> None:
    """`MIRROR_PAD`, with or without the edge itself."""
    source = ctx.operand(node, 0)
    widths = np.asarray(ctx.given(node, 1, "widths"), dtype=np.int64).reshape(-1, 2)
    _check_widths(node, source, widths)
    mode: Literal["reflect", "symmetric"] = "reflect" if node.whole("Mode") == 0 else "symmetric"
    finish_moved(ctx, node, np.pad(places(source), [(a, b) for a, b in widths.tolist()], mode=mode))


def _check_widths(node: LiteNode, source: LiteTensor, widths: IntArray) -> None:
    if widths.shape[0] != len(source.shape) or np.any(widths < 0):
        raise unsupported(
            node,
            f"has the widths {widths.tolist()}",
            f"its operand has {len(source.shape)} axes, and nothing is cut off",
            "convert the model again",
        )
    grown = np.asarray(source.shape) + widths.sum(axis=1)
    limited(tuple(int(n) for n in grown), node.origin)


def _concatenation(ctx: LiteGraph, node: LiteNode) -> None:
    """`CONCATENATION` of streams along any axis, all with the result's scale."""
    result = ctx.result(node)
    if node.whole("FusedActivationFunction"):
        raise unsupported(
            node, "has a fused activation", "TFLite's kernel has none", "convert it again"
        )
    parts = [ctx.operand(node, i) for i in range(len(node.inputs))]
    for part in parts:
        ctx.interval(node, part)
        same_numbers(node, part, result)
    axis = node.whole("Axis")
    values = [ctx.stream(node, i) for i in range(len(node.inputs))]
    if len(values) == 1:
        ctx.finish(node, values[0])
        return
    starts = np.cumsum([0, *(p.size for p in parts)])
    try:
        index = np.concatenate(
            [places(p) + s for p, s in zip(parts, starts[:-1], strict=True)], axis=axis
        )
    except ValueError as error:
        raise unsupported(
            node, "has operands that do not fit together", str(error), "convert it again"
        ) from error
    flat = [ctx.shaped(node, v, (1, 1, p.size)) for v, p in zip(values, parts, strict=True)]
    last = axis % len(result.shape) == len(result.shape) - 1
    if last and len({ctx.kind(v).shape[:2] for v in values}) == 1:
        ctx.finish(node, ctx.emit(node, Concat(), *values))
        return
    ctx.finish(node, ctx.picked(node, ctx.emit(node, Concat(), *flat), index))


def _pack(ctx: LiteGraph, node: LiteNode) -> None:
    """`PACK`: tensors side by side on a new axis."""
    result = ctx.result(node)
    parts = [ctx.operand(node, i) for i in range(len(node.inputs))]
    for part in parts:
        same_numbers(node, part, result)
    starts = np.cumsum([0, *(p.size for p in parts)])[:-1]
    index = np.stack(
        [places(p) + s for p, s in zip(parts, starts, strict=True)], axis=node.whole("Axis")
    )
    values = [ctx.shaped(node, ctx.stream(node, i), (1, 1, p.size)) for i, p in enumerate(parts)]
    joined = values[0] if len(values) == 1 else ctx.emit(node, Concat(), *values)
    ctx.finish(node, ctx.picked(node, joined, index))


def _split(ctx: LiteGraph, node: LiteNode) -> None:
    """`SPLIT` into equal parts; its first operand is the axis."""
    axis = given_numbers(ctx, node, 0, "axis")[0]
    source, count = ctx.operand(node, 1), len(node.outputs)
    try:
        parts = np.split(places(source), count, axis=axis)
    except (ValueError, IndexError) as error:
        raise unsupported(node, f"has {count} parts", str(error), "convert it again") from error
    value = ctx.stream(node, 1)
    for number, index in enumerate(parts):
        same_numbers(node, source, ctx.tensor(node.outputs[number]))
        ctx.finish(node, ctx.picked(node, value, index), number)


def _slices(ctx: LiteGraph, node: LiteNode) -> None:
    """`SLICE` by constant begins and sizes; a size of -1 is the rest."""
    source = ctx.operand(node, 0)
    begin, size = given_numbers(ctx, node, 1, "begins"), given_numbers(ctx, node, 2, "sizes")
    chosen = tuple(slice(b, None if n < 0 else b + n) for b, n in zip(begin, size, strict=True))
    finish_moved(ctx, node, places(source)[chosen])


def _strided_slice(ctx: LiteGraph, node: LiteNode) -> None:
    """`STRIDED_SLICE` by constants, with masks for open ends and single places."""
    source = ctx.operand(node, 0)
    named = enumerate(("begins", "ends", "steps"), 1)
    lists = [given_numbers(ctx, node, place, what) for place, what in named]
    for name in ("EllipsisMask", "NewAxisMask", "Offset"):
        if node.whole(name):
            raise unsupported(
                node, f"has the option {name}", "it is not built", "slices of one axis each"
            )
    chosen: list[slice | int] = []
    for axis, (begin, end, step) in enumerate(zip(*lists, strict=True)):
        bit = 1 << axis
        if node.whole("ShrinkAxisMask") & bit:
            chosen.append(begin)
            continue
        first = None if node.whole("BeginMask") & bit else begin
        last = None if node.whole("EndMask") & bit else end
        chosen.append(slice(first, last, step))
    finish_moved(ctx, node, places(source)[tuple(chosen)])


def _nearest(ctx: LiteGraph, node: LiteNode) -> None:
    """`RESIZE_NEAREST_NEIGHBOR` of a map [1, H, W, C]."""
    source, result = ctx.operand(node, 0), ctx.result(node)
    align, half = node.whole("AlignCorners"), node.whole("HalfPixelCenters")
    rows, columns = (
        _nearest_places(source.shape[axis], result.shape[axis], bool(align), bool(half))
        for axis in (1, 2)
    )
    finish_moved(ctx, node, places(source)[:, rows][:, :, columns])


def _nearest_places(length: int, wanted: int, align: bool, half: bool) -> IntArray:
    """As `GetNearestNeighbor` of TFLite's reference kernel, in single precision."""
    short = align and wanted > 1
    scale = np.float32(length - 1) / np.float32(wanted - 1) if short else (
        np.float32(length) / np.float32(wanted))  # fmt: skip
    at = (np.arange(wanted).astype(np.float32) + np.float32(0.5 if half else 0)) * scale
    found = np.floor(at + np.float32(0.5)) if align else np.floor(at)
    chosen: IntArray = np.minimum(found.astype(np.int64), length - 1)
    return np.maximum(chosen, 0) if half else chosen


def _depth_to_space(ctx: LiteGraph, node: LiteNode) -> None:
    """`DEPTH_TO_SPACE` of a map [1, H, W, C]."""
    source, block = ctx.operand(node, 0), node.whole("BlockSize")
    one, height, width, channels = source.shape
    split_up = places(source).reshape(one, height, width, block, block, channels // (block * block))
    turned = split_up.transpose(0, 1, 3, 2, 4, 5)
    finish_moved(ctx, node, turned.reshape(one, height * block, width * block, -1))


def _space_to_depth(ctx: LiteGraph, node: LiteNode) -> None:
    """`SPACE_TO_DEPTH` of a map [1, H, W, C]."""
    source, block = ctx.operand(node, 0), node.whole("BlockSize")
    one, height, width, channels = source.shape
    split_up = places(source).reshape(one, height // block, block, width // block, block, channels)
    turned = split_up.transpose(0, 1, 3, 2, 4, 5)
    finish_moved(ctx, node, turned.reshape(one, height // block, width // block, -1))


def given_numbers(ctx: LiteGraph, node: LiteNode, place: int, what: str) -> Sequence[int]:
    """Whole numbers of a constant operand."""
    return [int(n) for n in np.asarray(ctx.given(node, place, what)).reshape(-1)]


HANDLERS = {
    "RESHAPE": _reshape,
    "SQUEEZE": _reshape,
    "EXPAND_DIMS": _reshape,
    "TRANSPOSE": _transpose,
    "PAD": _pad,
    "PADV2": _pad,
    "MIRROR_PAD": _mirror_pad,
    "CONCATENATION": _concatenation,
    "PACK": _pack,
    "SPLIT": _split,
    "SLICE": _slices,
    "STRIDED_SLICE": _strided_slice,
    "RESIZE_NEAREST_NEIGHBOR": _nearest,
    "DEPTH_TO_SPACE": _depth_to_space,
    "SPACE_TO_DEPTH": _space_to_depth,
}
