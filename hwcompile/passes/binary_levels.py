"""Sums of binary streams in front of binary weights: one array of agreements, level after level.

    x = 7*e + 3*f; y_window = window(x); y = matmul(y_window)      # e, f and weights -1 or 1
    y_levels = concat(e, f); y_window = window(y_levels, groups=2)
    y_sums = matmul(y_window); y = depthwise(y_sums)               # 7 * sums of e + 3 * sums of f

ReBNet's residual levels (1711.01243). A lane takes one bit of an input at a time, and every pixel
as many turns as there are levels. Which layers are worth it, the planner says.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np

from hwcompile.ir.graph import Builder, Graph, Node
from hwcompile.ir.rewrite import rewrite
from hwcompile.ir.types import BIPOLAR
from hwcompile.ops.concat.op import Concat
from hwcompile.ops.depthwise.op import Depthwise
from hwcompile.ops.elementwise.op import Linear
from hwcompile.ops.matmul.op import Matmul
from hwcompile.ops.reshape.op import Reshape
from hwcompile.ops.window.op import Window
from hwcompile.passes.dead_nodes import remove_dead_nodes

SUMS = "sums"
"""Behind the name of a matrix: the node that sums agreements of one level after the other."""


@dataclass(frozen=True, eq=False)
class LevelLayer:
    """A matrix of -1 and 1 whose input is a sum of binary streams.

    Attributes:
        matrix: Its node.
        window: The window in front of it, if there is one.
        levels: The streams, and what each is multiplied by.
    """

    matrix: Node
    window: Node | None
    levels: tuple[tuple[str, int], ...]

    @property
    def first(self) -> Node:
        """The node that reads the sum."""
        return self.window or self.matrix

    @property
    def names(self) -> tuple[str, ...]:
        """Of the nodes that are built in another way."""
        return tuple(node.name for node in (self.window, self.matrix) if node)

    @property
    def scales(self) -> tuple[int, ...]:
        """What the streams are multiplied by."""
        return tuple(scale for _, scale in self.levels)

    @property
    def padding(self) -> int | None:
        """What stands in every level where the sum has the window's padding; None for others."""
        if self.window is None:
            return -1
        assert isinstance(self.window.op, Window)
        whole, value = sum(self.scales), self.window.op.pad_value
        return next((one for one in (-1, 0, 1) if one * whole == value), None)


def level_layers(graph: Graph) -> tuple[LevelLayer, ...]:
    """Every matrix of a lowered graph that can take its input level by level."""
    found = []
    for node in graph.nodes:
        if not isinstance(node.op, Matmul) or node.op.groups > 1 or node.op.weight_type != BIPOLAR:
            continue
        before = graph.producer(node.inputs[0])
        window = before if before is not None and _is_window(graph, before) else None
        levels = _levels(graph, (window or node).inputs[0], 1)
        if levels is None or len({value for value, _ in levels}) < len(levels) or len(levels) < 2:
            continue
        layer = LevelLayer(node, window, levels)
        if layer.padding is not None:
            found.append(layer)
    return tuple(found)


def with_levels(graph: Graph, layers: Collection[LevelLayer]) -> Graph:
    """The graph with such layers of it taken level by level; names of results stay."""
    matrices = {layer.matrix.name: layer for layer in layers}

    def rule(builder: Builder, node: Node, inputs: tuple[str, ...]) -> tuple[str, ...] | None:
        if node.name not in matrices:
            return None
        layer, origin = matrices[node.name], node.origin
        assert isinstance(node.op, Matmul)
        (value,) = node.outputs
        count, kind = len(layer.levels), graph.types[value]
        (values,) = builder.add(
            f"{value}_levels", Concat(), tuple(name for name, _ in layer.levels), origin
        )
        if layer.window is not None:
            assert isinstance(layer.window.op, Window)
            assert layer.padding is not None
            window = replace(layer.window.op, pad_value=layer.padding, groups=count)
            (values,) = builder.add(f"{value}_levels_window", window, (values,), origin)
        height, width, _ = kind.shape
        turns = Reshape((height, width * count, node.op.fan_in))
        (values,) = builder.add(f"{value}_turns", turns, (values,), origin)
        (values,) = builder.add(f"{value}_{SUMS}", node.op, (values,), origin)
        together = Reshape((height, width, count * node.op.rows))
        (values,) = builder.add(f"{value}_together", together, (values,), origin)
        scales = np.repeat(np.array(layer.scales, dtype=np.int64)[:, None], node.op.rows, axis=1)
        bounds = (kind.element.low, kind.element.high)
        return builder.add(value, Depthwise(scales, bounds), (values,), origin, (kind,))

    return remove_dead_nodes(rewrite(graph, rule))


def _is_window(graph: Graph, node: Node) -> bool:
    (value, *_) = node.outputs
    alone = len(graph.consumers(value)) == 1 and value not in graph.outputs
    return isinstance(node.op, Window) and node.op.groups == 1 and alone


def _levels(graph: Graph, value: str, scale: int) -> tuple[tuple[str, int], ...] | None:
    """Binary streams that a value is the sum of, with what they are multiplied by."""
    if graph.types[value].element == BIPOLAR:
        return ((value, scale),)
    node = graph.producer(value)
    if node is None or not isinstance(node.op, Linear) or node.op.offset:
        return None
    parts = [
        _levels(graph, one, scale * factor)
        for one, factor in zip(node.inputs, node.op.coefficients, strict=True)
    ]
    if any(part is None for part in parts):
        return None
    return tuple(level for part in parts if part for level in part)
