"""Makes kernels of convolutions as small as the taps that have weights."""

from __future__ import annotations

from dataclasses import replace
from math import gcd

import numpy as np

from hwcompile.ir.graph import Builder, Graph, Node
from hwcompile.ir.rewrite import rewrite
from hwcompile.ops.conv.op import Conv


def trim_taps(graph: Graph) -> Graph:
    """Drop rows and columns of taps that are zero in all filters and channels.

    Before: `y = conv(x)`, 5 x 5 with two pixels of padding, the outer ring zero. After: the same as
    3 x 3 with one pixel. Rows that lie apart evenly become neighbours with a larger dilation. The
    windows are those of before: outer rows stay where they reach beyond the padding, and so do
    zeros inside, which `lower_conv` leaves out of the windows.

    Returns:
        A new graph, or `graph` itself when there is no such row or column.
    """
    small = {
        node.name: op
        for node in graph.nodes
        if isinstance(node.op, Conv)
        and (op := trimmed(node.op, graph.types[node.inputs[0]].shape)) is not node.op
    }
    if not small:
        return graph

    def rule(builder: Builder, node: Node, inputs: tuple[str, ...]) -> tuple[str, ...] | None:
        if node.name not in small:
            return None
        return builder.add(
            node.outputs[0], small[node.name], inputs, node.origin, (graph.types[node.outputs[0]],)
        )

    return rewrite(graph, rule)


def trimmed(op: Conv, shape: tuple[int, int, int]) -> Conv:
    """The convolution with the smallest kernel that gives the same, or itself.

    Args:
        op: Any.
        shape: (height, width, channels) of its input.
    """
    for axis in (0, 1):
        op = _along(op, axis, shape)
    return op


def _along(op: Conv, axis: int, shape: tuple[int, int, int]) -> Conv:
    """Without outer taps along one axis, and without zeros at even distances."""
    used = np.flatnonzero(op.weights.any(axis=(0, 3, 2 - axis)))
    size, apart = op.kernel[axis], op.dilations[axis]
    if used.size in (0, size):
        return op
    before, after = op.pads[axis], op.pads[axis + 2]
    first = min(int(used[0]), before // apart)
    for last in range(int(used[-1]), size):
        step = gcd(*(used - first).tolist(), last - first)
        pads = (before - first * apart, max(after - (size - 1 - last) * apart, 0))
        places = np.arange(first, last + 1, max(step, 1))
        small = replace(
            op,
            weights=np.ascontiguousarray(np.take(op.weights, places, axis=axis + 1)),
            dilations=_with(op.dilations, axis, max(step, 1) * apart if places.size > 1 else 1),
            pads=_with(_with(op.pads, axis, pads[0]), axis + 2, pads[1]),
        )
        same = small.geometry.output(shape) == op.geometry.output(shape)
        if same and not small.geometry.problems(shape):
            return small if places.size < size else op
    return op


def _with(numbers: tuple[int, ...], place: int, number: int) -> tuple[int, ...]:
    return (*numbers[:place], number, *numbers[place + 1 :])
