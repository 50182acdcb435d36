"""Layers that move elements: reshapes, transposes, paddings, crops, enlargements, look-ups."""

from __future__ import annotations

import numpy as np

from hwcompile.frontends.feature_map import map_shape
from hwcompile.frontends.hls4ml.values import Lowering
from hwcompile.ir.types import IntArray, IntType
from hwcompile.ops.table.op import Table


def same(ctx: Lowering) -> None:
    """The same flat array, assigned to the result: reshapes, repacked and cloned streams."""
    source = ctx.source()
    form = ctx.result_format()
    value = ctx.shaped(source.value, map_shape(ctx.result_shape()))
    ctx.finish(ctx.assigned(value, source.fraction, form), form)


def inplace(ctx: Lowering) -> None:
    """A reshape in io_parallel only renames its input, whatever format it declares."""
    source = ctx.source()
    ctx.finish(ctx.shaped(source.value, map_shape(ctx.result_shape())), source.format)


def reshape(ctx: Lowering) -> None:
    """Renamed or repacked, see there."""
    same(ctx) if ctx.stream else inplace(ctx)


def transpose(ctx: Lowering) -> None:
    """Axes in another order."""
    source = ctx.source()
    order = tuple(int(axis) for axis in ctx.node.get_attr("perm"))
    _moved(ctx, _places(source.shape).transpose(order))


def padding(ctx: Lowering) -> None:
    """Zeros around the map."""
    places = _map_places(ctx)
    pads = [[_number(ctx, a), _number(ctx, b)] for a, b in _sides(ctx, "pad")]
    _moved(ctx, np.pad(places, [*pads, [0, 0]], constant_values=-1))


def cropping(ctx: Lowering) -> None:
    """A part of the map."""
    places = _map_places(ctx)
    (top, _), (left, _) = _sides(ctx, "crop")
    first = (_number(ctx, top), _number(ctx, left))
    height, width, _ = map_shape(ctx.result_shape())
    _moved(ctx, places[first[0] : first[0] + height, first[1] : first[1] + width])


def resize(ctx: Lowering) -> None:
    """`nnet::resize_nearest`: positions by a ratio of 16 binary digits."""
    if ctx.node.get_attr("algorithm", "nearest") != "nearest":
        raise ctx.refuse(
            "HW0290",
            f"there is no hardware for the resize '{ctx.node.get_attr('algorithm')}'",
            "hls4ml's Vitis backend has none either",
            "interpolation 'nearest'",
        )
    places = _map_places(ctx)
    sizes = map_shape(ctx.result_shape())[:2]
    rows, columns = (
        (np.arange(new) * ((old << 16) // new + 1)) >> 16
        for old, new in zip(places.shape[:2], sizes, strict=True)
    )
    if ctx.stream:
        rows, columns = (
            np.arange(new) // (new // old) for old, new in zip(places.shape[:2], sizes, strict=True)
        )
    _moved(ctx, places[rows][:, columns])


def embedding(ctx: Lowering) -> None:
    """A row of a table for every element, which is its number."""
    source, result, table = ctx.source(), ctx.result_format(), ctx.constants("embeddings")
    if source.fraction != 0 or source.format.signed:
        raise ctx.refuse(
            "HW0294",
            "the numbers of an embedding's rows are no plain integers",
            "a row is chosen by a whole number",
            "the precision uint<N> for the input",
        )
    width = int(ctx.node.get_attr("n_out"))
    entries = result.of_integers(table.values.reshape(-1, width), table.format.fraction)
    levels = ctx.element(source.value).values()
    rows = entries[np.minimum(levels, entries.shape[0] - 1)]
    size = int(np.prod(source.shape))
    places = np.repeat(np.arange(size, dtype=np.int64), width).reshape(1, size, width)
    value = ctx.picked(ctx.shaped(source.value, (1, 1, size)), places)
    kind = IntType(int(rows.min()), int(rows.max()))
    looked = ctx.emit(Table(np.ascontiguousarray(rows.T), kind), value)
    ctx.finish(ctx.shaped(looked, map_shape(ctx.result_shape())), result)


def _places(shape: tuple[int, ...]) -> IntArray:
    return np.arange(int(np.prod(shape)), dtype=np.int64).reshape(shape)


def _map_places(ctx: Lowering) -> IntArray:
    if ctx.node.get_attr("data_format", "channels_last") != "channels_last":
        raise ctx.refuse(
            "HW0294",
            "the layer's data are in the order channels_first",
            "only the order channels_last is built",
            "ChannelsLastConversion 'full' in hls4ml's configuration",
        )
    return _places(map_shape(ctx.source().shape))


def _sides(ctx: Lowering, name: str) -> tuple[tuple[str, str], tuple[str, str]]:
    return (f"{name}_top", f"{name}_bottom"), (f"{name}_left", f"{name}_right")


def _number(ctx: Lowering, name: str) -> int:
    return int(ctx.node.get_attr(name, 0) or 0)


def _moved(ctx: Lowering, places: IntArray) -> None:
    source, result = ctx.source(), ctx.result_format()
    value = ctx.picked(source.value, places.reshape(map_shape(ctx.result_shape())))
    ctx.finish(ctx.assigned(value, source.fraction, result), result)


HANDLERS = {
    "Reshape": reshape,
    "Repack": same,
    "Clone": same,
    "Transpose": transpose,
    "ZeroPadding1D": padding,
    "ZeroPadding2D": padding,
    "Cropping1D": cropping,
    "Cropping2D": cropping,
    "Resize": resize,
    "Embedding": embedding,
}
