"""Makes one sparse matrix of a locally connected layer that was pruned."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hwcompile.ir.graph import Builder, Graph, Node
from hwcompile.ir.rewrite import rewrite
from hwcompile.ir.types import IntArray, TensorType
from hwcompile.ops.gather.op import Gather
from hwcompile.ops.matmul.op import Matmul
from hwcompile.ops.reshape.op import Reshape

MAX_ELEMENTS = 1 << 24
"""Of the matrix, zeros included."""


def join_local(graph: Graph) -> Graph:
    """Let a pruned layer without shared weights read its map without copies of it.

    Before: `p = gather(x)` puts the elements of all windows one after the other, and a matrix of
    one block for each place multiplies them, `y = matmul(p)`. After: `v = reshape(x)` and
    `y = matmul(v)` with one matrix over the whole map, in which a place's weights stand at its
    window. It has the same numbers that are not zero, and a kernel that skips zeros takes as many
    cycles for it; copies of the map are not made. Where more than half of the weights are there,
    blocks are the better form.
    """
    gathered = {node.outputs[0]: node for node in graph.nodes if isinstance(node.op, Gather)}

    def rule(builder: Builder, node: Node, inputs: tuple[str, ...]) -> tuple[str, ...] | None:
        source = gathered.get(node.inputs[0])
        if source is None or not isinstance(node.op, Matmul):
            return None
        assert isinstance(source.op, Gather)
        kind = graph.types[source.inputs[0]]
        matrix = over_map(source.op, node.op, kind)
        if matrix is None:
            return None
        (vector,) = builder.add(
            f"{node.name}_map", Reshape((1, 1, kind.size)), (source.inputs[0],), node.origin
        )
        builder.copy(graph, replace(node, op=Matmul(matrix[None])), (vector,))
        return node.outputs

    return rewrite(graph, rule) if gathered else graph


def over_map(gather: Gather, op: Matmul, kind: TensorType) -> IntArray | None:
    """The matrix [outputs, elements of the map] of blocks that read gathered elements.

    Args:
        gather: What puts windows one after the other.
        op: One block for each window.
        kind: Of the map.

    Returns:
        None where there is one block, where several pixels share them, where something else than
        zeros is put between elements, or where more than half of the weights are there.
    """
    groups, rows, fan = op.weights.shape
    one_pixel = gather.index.shape[:2] == (1, 1)
    if groups == 1 or not one_pixel or (gather.fills and gather.fill != 0):
        return None
    if (
        groups * rows * kind.size > MAX_ELEMENTS
        or 2 * np.count_nonzero(op.weights) > op.weights.size
    ):
        return None
    places = np.broadcast_to(gather.index.reshape(groups, 1, fan), op.weights.shape)
    filters = np.broadcast_to(np.arange(groups * rows).reshape(groups, rows, 1), op.weights.shape)
    there = places >= 0
    matrix = np.zeros((groups * rows, kind.size), dtype=np.int64)
    np.add.at(matrix, (filters[there], places[there]), op.weights[there])
    return matrix
