"""More operators that move elements: chosen, repeated, reversed or taken apart by constants."""

from __future__ import annotations

import numpy as np

from hwcompile.frontends.budget import limited
from hwcompile.frontends.tflite.contents import LiteNode
from hwcompile.frontends.tflite.lowering import LiteGraph, unsupported
from hwcompile.frontends.tflite.structure import (
    finish_moved,
    given_numbers,
    places,
    same_numbers,
)


def _gather(ctx: LiteGraph, node: LiteNode) -> None:
    """`GATHER` of constant positions along one axis."""
    if node.whole("BatchDims"):
        raise unsupported(
            node, "has batch axes", "positions are the same everywhere", "batch_dims = 0"
        )
    source, result = ctx.operand(node, 0), ctx.result(node)
    axis = node.whole("Axis") % len(source.shape)
    where = np.asarray(ctx.given(node, 1, "positions"), dtype=np.int64)
    if where.size and not 0 <= where.min() <= where.max() < source.shape[axis]:
        raise unsupported(
            node,
            f"reads positions from {where.min()} to {where.max()}",
            f"the axis has {source.shape[axis]}",
            "convert the model again",
        )
    limited((where.size, *np.delete(source.shape, axis).tolist()), node.origin)
    finish_moved(ctx, node, np.take(places(source), where, axis=axis).reshape(result.shape))


def _tile(ctx: LiteGraph, node: LiteNode) -> None:
    """`TILE`: the tensor again and again along every axis."""
    source, repeats = ctx.operand(node, 0), given_numbers(ctx, node, 1, "repeats")
    if len(repeats) != len(source.shape) or min(repeats, default=1) < 0:
        raise unsupported(
            node,
            f"repeats {len(source.shape)} axes {repeats} times",
            "there is a number for each axis",
            "convert the model again",
        )
    limited(tuple(n * times for n, times in zip(source.shape, repeats, strict=True)), node.origin)
    finish_moved(ctx, node, np.tile(places(source), repeats))


def _broadcast(ctx: LiteGraph, node: LiteNode) -> None:
    """`BROADCAST_TO`: axes of length 1 spread."""
    shape = tuple(given_numbers(ctx, node, 1, "shape"))
    try:
        index = np.broadcast_to(places(ctx.operand(node, 0)), shape)
    except ValueError as error:
        raise unsupported(node, f"has the shape {shape}", str(error), "convert it again") from error
    finish_moved(ctx, node, index)


def _reverse(ctx: LiteGraph, node: LiteNode) -> None:
    """`REVERSE_V2` along constant axes."""
    finish_moved(
        ctx, node, np.flip(places(ctx.operand(node, 0)), tuple(given_numbers(ctx, node, 1, "axes")))
    )


def _unpack(ctx: LiteGraph, node: LiteNode) -> None:
    """`UNPACK`: every place of an axis is a tensor without it."""
    source, axis = ctx.operand(node, 0), node.whole("Axis")
    ctx.interval(node, source)
    value = ctx.stream(node, 0)
    parts = np.moveaxis(places(source), axis, 0)
    for number, index in enumerate(parts):
        same_numbers(node, source, ctx.tensor(node.outputs[number]))
        ctx.finish(node, ctx.picked(node, value, np.ascontiguousarray(index)), number)


def _split_by_sizes(ctx: LiteGraph, node: LiteNode) -> None:
    """`SPLIT_V` into parts of constant sizes; a size of -1 is the rest."""
    source = ctx.operand(node, 0)
    ctx.interval(node, source)
    sizes = list(given_numbers(ctx, node, 1, "sizes"))
    axis = given_numbers(ctx, node, 2, "axis")[0] % len(source.shape)
    if -1 in sizes:
        sizes[sizes.index(-1)] = source.shape[axis] - sum(sizes) - 1
    if min(sizes) < 1 or sum(sizes) != source.shape[axis]:
        raise unsupported(
            node,
            f"has parts of {sizes}",
            f"the axis has {source.shape[axis]} places, and every part one at least",
            "convert the model again",
        )
    value = ctx.stream(node, 0)
    for number, index in enumerate(np.split(places(source), np.cumsum(sizes)[:-1], axis)):
        same_numbers(node, source, ctx.tensor(node.outputs[number]))
        ctx.finish(node, ctx.picked(node, value, index), number)


HANDLERS = {
    "GATHER": _gather,
    "TILE": _tile,
    "BROADCAST_TO": _broadcast,
    "REVERSE_V2": _reverse,
    "UNPACK": _unpack,
    "SPLIT_V": _split_by_sizes,
}
