"""Convolutions of 3 x 3 in tiles of 2 x 2 outputs: fewer products between two transforms that add.

    y_window = window(x, kernel=3x3); y = matmul(y_window)
    y_tile_window = window(x, kernel=4x4, strides=2x2, groups=C)
    y_tile_input = matmul(y_tile_window)                # 16 numbers of each channel: -1, 0 and 1
    y_tile_order = gather(y_tile_input)
    y_tile_products = matmul(y_tile_order)              # a matrix for each of the 16
    y_tile_turned = gather(y_tile_products)
    y_tile_sums = matmul(y_tile_turned)                 # four times 2 x 2 outputs: -1, 0 and 1
    y_tile_whole = cast(y_tile_sums)                    # without the two zeros at their end
    y = gather(y_tile_whole)                            # tiles beside each other

Winograd's F(2 x 2, 3 x 3), see `hwcompile.ops.conv.winograd`; all numbers stay the same. Maps with
an odd number of rows or columns have tiles that hang over the end. Which layers are worth it, the
planner says.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hwcompile.ir.graph import Builder, Graph, Node
from hwcompile.ir.rewrite import rewrite
from hwcompile.ir.types import IntArray, TensorType
from hwcompile.ops.arithmetic import encodings
from hwcompile.ops.arithmetic.products import Multiply
from hwcompile.ops.cast.op import Cast
from hwcompile.ops.conv.winograd import (
    DIGITS,
    INPUT,
    OUTPUT,
    POSITIONS,
    both_axes,
    products_in_domain,
)
from hwcompile.ops.gather.op import Gather
from hwcompile.ops.matmul.op import Matmul
from hwcompile.ops.window.op import Window
from hwcompile.passes.dead_nodes import remove_dead_nodes
from hwcompile.passes.expand import new_name, taken_names

PRODUCTS = "tile_products"
"""Behind the name of a convolution: `TileLayer.products`."""

SIDE = 2
"""Of the outputs of a tile."""

MOST_ELEMENTS = 1 << 21
"""Numbers of a frame in the domain; where there are more, orders of them take long to look at."""


@dataclass(frozen=True, eq=False)
class TileLayer:
    """A convolution that can be made in tiles.

    Attributes:
        window: Its windows of 3 x 3.
        matrix: Its products.
        source: Type of the map that it reads.
        result: Type of the map that it gives.
    """

    window: Node
    matrix: Node
    source: TensorType
    result: TensorType

    @property
    def name(self) -> str:
        """That of its products, and of what it gives."""
        return self.matrix.name

    @property
    def products(self) -> str:
        """Name of the node that has a matrix for each position of a tile."""
        return f"{self.name}_{PRODUCTS}"

    @property
    def names(self) -> tuple[str, ...]:
        """Of the nodes that are built in another way."""
        return self.window.name, self.matrix.name

    @property
    def tiles(self) -> tuple[int, int]:
        """Of a frame (vertical, horizontal)."""
        height, width, _ = self.result.shape
        return -(-height // SIDE), -(-width // SIDE)

    @property
    def elements(self) -> int:
        """Numbers of a frame in the domain, those of inputs or those of sums."""
        rows, columns = self.tiles
        return rows * columns * POSITIONS * max(self.source.channels, self.result.channels)

    @property
    def weights(self) -> IntArray:
        """int64 [filters, channels, 3, 3]; columns of the matrix are (tap, channel)."""
        assert isinstance(self.matrix.op, Matmul)
        filters, channels = self.matrix.op.rows, self.source.channels
        taps = self.matrix.op.weights.reshape(filters, 3, 3, channels)
        return np.moveaxis(taps, 3, 1)

    @cached_property
    def steps(self) -> tuple[tuple[str, Window | Matmul | Gather | Cast], ...]:
        """What stands in its place, each with the word that is added to its name; "" the last."""
        filters, channels = self.result.channels, self.source.channels
        rows, columns = self.tiles
        inputs = np.repeat(both_axes(INPUT)[None], channels, axis=0)
        outputs = np.repeat(both_axes(OUTPUT)[None], filters, axis=0)
        element = self.result.element
        constants = (0, DIGITS, element.low, element.high)
        # Types of sums do not say that inputs of the transforms depend on each other.
        offset, grain, low, high = (np.array([n], dtype=np.int64) for n in constants)
        whole = Cast(0, DIGITS, offset, grain, low, high, "floor", "saturate")
        return (
            ("tile_window", self._windows()),
            ("tile_input", Matmul(inputs)),
            ("tile_order", Gather(_turned(rows * columns, channels, POSITIONS, columns), 0)),
            (PRODUCTS, Matmul(products_in_domain(self.weights))),
            ("tile_turned", Gather(_turned(rows * columns, POSITIONS, filters, columns), 0)),
            ("tile_sums", Matmul(outputs)),
            ("tile_whole", whole),
            ("", Gather(self._beside_each_other(), 0)),
        )

    def _windows(self) -> Window:
        op = self.window.op
        assert isinstance(op, Window)
        top, left, bottom, right = op.pads
        rows, columns = (SIDE * n - m for n, m in zip(self.tiles, self.result.shape, strict=False))
        value = op.pad_value
        if not any(op.pads):
            # Outputs beyond the end are cut away; a number of the map widens no type.
            value = min(max(value, self.source.element.low), self.source.element.high)
        pads = (top, left, bottom + rows, right + columns)
        return Window((4, 4), (SIDE, SIDE), (1, 1), pads, value, self.source.channels)

    def _beside_each_other(self) -> IntArray:
        """Where outputs (row, column, filter) stand among tiles (row, column, filter, place)."""
        height, width, filters = self.result.shape
        row, column, one = np.indices((height, width, filters))
        tile = row // SIDE * self.tiles[1] + column // SIDE
        place: IntArray = (tile * filters + one) * SIDE**2 + row % SIDE * SIDE + column % SIDE
        return place


def tile_layers(graph: Graph) -> tuple[TileLayer, ...]:
    """Every convolution of a lowered graph that multiplies and can be made in tiles."""
    layers = (_layer(graph, node) for node in graph.nodes)
    return tuple(layer for layer in layers if layer is not None)


def with_tiles(graph: Graph, layers: Collection[TileLayer]) -> Graph:
    """The graph with such layers of it in tiles; names of results stay."""
    chosen, taken = {layer.name: layer for layer in layers}, taken_names(graph)

    def rule(builder: Builder, node: Node, inputs: tuple[str, ...]) -> tuple[str, ...] | None:
        if node.name not in chosen:
            return None
        layer = chosen[node.name]
        (*inner, (_, last)) = layer.steps
        (value,) = layer.window.inputs
        for word, op in inner:
            name = new_name(f"{node.name}_{word}", taken, builder.types)
            (value,) = builder.add(name, op, (value,), node.origin)
        return builder.add(node.outputs[0], last, (value,), node.origin, (layer.result,))

    return remove_dead_nodes(rewrite(graph, rule)) if chosen else graph


def _layer(graph: Graph, node: Node) -> TileLayer | None:
    if not isinstance(node.op, Matmul) or node.op.groups > 1:
        return None
    before = graph.producer(node.inputs[0])
    if before is None or not _is_plain(graph, before):
        return None
    source = graph.types[before.inputs[0]]
    if next(encodings(node.op.weight_type, source.element)).word != Multiply.word:
        return None
    layer = TileLayer(before, node, source, graph.types[node.outputs[0]])
    if layer.products in graph.types or layer.elements > MOST_ELEMENTS:
        return None
    return layer if _holds(layer) else None


def _is_plain(graph: Graph, node: Node) -> bool:
    """Windows of 3 x 3 in steps of 1 with all taps, which nobody else reads."""
    (value, *_), op = node.outputs, node.op
    plain = Window((3, 3), (1, 1), (1, 1), (0, 0, 0, 0), 0, 1)
    alone = len(graph.consumers(value)) == 1 and value not in graph.outputs
    if not (isinstance(op, Window) and alone):
        return False
    fields = ("kernel", "strides", "dilations", "groups", "taps")
    return all(getattr(op, field) == getattr(plain, field) for field in fields)


def _holds(layer: TileLayer) -> bool:
    """Whether every sum on the way has a type that the compiler takes."""
    kind = layer.source
    for _, op in layer.steps:
        if op.problems((kind,)):
            return False
        (kind,) = op.infer((kind,))
    return True


def _turned(tiles: int, outer: int, inner: int, columns: int) -> IntArray:
    """Channels (outer, inner) of each tile in the order (inner, outer)."""
    order = np.arange(tiles * outer * inner).reshape(-1, outer, inner)
    return np.ascontiguousarray(order.transpose(0, 2, 1)).reshape(-1, columns, outer * inner)
