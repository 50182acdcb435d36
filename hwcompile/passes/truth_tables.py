"""Layers whose neurons read few bits become truth tables: sum, activation and quantizer in one.

    acts = matmul(x); y = threshold(acts)        # every row has 3 weights that are not 0
    y = truth_table(x)

A table holds what the nodes themselves answer to every combination of the inputs that a neuron
reads, so nothing changes but the way it is built. Which layers are worth it, the planner says.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hwcompile.ir.graph import Builder, Graph, Node
from hwcompile.ir.op import Op
from hwcompile.ir.rewrite import rewrite
from hwcompile.ir.types import IntArray, TensorType
from hwcompile.ops.cast.op import Cast
from hwcompile.ops.gather.op import Gather
from hwcompile.ops.gather.wires import lanes_of_pixel
from hwcompile.ops.matmul.op import Matmul
from hwcompile.ops.table.op import Table
from hwcompile.ops.threshold.op import Threshold
from hwcompile.ops.truth_table import TruthTable
from hwcompile.ops.truth_table.lookup import table_size_problem
from hwcompile.passes.dead_nodes import remove_dead_nodes


@dataclass(frozen=True, eq=False)
class SparseLayer:
    """A matrix with what is done to each of its sums, from one value of a graph to another.

    Attributes:
        graph: That it is part of.
        nodes: Of the matrix, of a choice of channels before it if there is one, and of what follows
            it element by element, in order.
        lanes: The channel of the layer's input that each column of the matrix reads, int64 [G*K].
    """

    graph: Graph
    nodes: tuple[Node, ...]
    lanes: IntArray

    @property
    def name(self) -> str:
        """That of the last node, whose value it gives."""
        return self.nodes[-1].name

    @property
    def names(self) -> tuple[str, ...]:
        """Of all nodes."""
        return tuple(node.name for node in self.nodes)

    @cached_property
    def matrix(self) -> Node:
        """The node of the matrix."""
        return next(node for node in self.nodes if isinstance(node.op, Matmul))

    @property
    def kind(self) -> TensorType:
        """Of what the layer reads."""
        return self.graph.types[self.nodes[0].inputs[0]]

    @property
    def result(self) -> TensorType:
        """Of what it gives."""
        return self.graph.types[self.nodes[-1].outputs[0]]

    @cached_property
    def fan_in(self) -> int:
        """Most weights of a row that are not 0, at least 1."""
        return max(1, int(np.count_nonzero(self._op.weights, axis=2).max()))

    @property
    def sparse(self) -> bool:
        """No row reads all of its columns."""
        return self.fan_in < self._op.fan_in

    @property
    def address_bits(self) -> int:
        """Bits that the neuron with the most inputs reads."""
        return self.fan_in * self.kind.element.bits

    @property
    def problem(self) -> str | None:
        """Why its tables can not be built, in figures; None when they can."""
        rows, bits = self._op.groups * self._op.rows, self.address_bits
        return table_size_problem(rows, bits, self.result.element.bits)

    @cached_property
    def op(self) -> TruthTable:
        """The tables; only without a `problem`."""
        numbers = self.kind.element.values()
        columns, weights = self._used()
        sums = np.zeros((1, len(weights)), dtype=np.int64)
        for factors in weights.T:
            terms = numbers[:, None] * factors
            sums = (terms[:, None] + sums).reshape(-1, len(weights))
        values = _followed(self.graph, sums, self.nodes[self.nodes.index(self.matrix) + 1 :])
        sources = np.where(columns < 0, -1, self.lanes[columns])
        return TruthTable(sources, values, self.result.element)

    def _used(self) -> tuple[IntArray, IntArray]:
        """The columns [G*M, F] that each row reads, or -1, and its weights there, or 0."""
        op = self._op
        used = op.weights != 0
        order = np.argsort(~used, axis=2, kind="stable")[:, :, : self.fan_in]
        weights = np.take_along_axis(op.weights, order, axis=2)
        columns = order + op.fan_in * np.arange(op.groups)[:, None, None]
        shape = (op.groups * op.rows, self.fan_in)
        return np.where(weights == 0, -1, columns).reshape(shape), weights.reshape(shape)

    @property
    def _op(self) -> Matmul:
        op = self.matrix.op
        assert isinstance(op, Matmul)
        return op


def sparse_layers(graph: Graph) -> tuple[SparseLayer, ...]:
    """Every matrix of a graph with what follows it element by element, as one layer.

    Args:
        graph: Lowered.
    """
    return tuple(_layer(graph, node) for node in graph.nodes if isinstance(node.op, Matmul))


def with_truth_tables(graph: Graph, layers: Collection[SparseLayer]) -> Graph:
    """The graph with such layers of it as truth tables, under the name of their last node."""
    return _replaced(graph, {layer.name: (layer.nodes, layer.op) for layer in layers})


def fold_into_truth_tables(graph: Graph) -> Graph:
    """What follows truth tables, element by element, becomes part of them."""
    found = {}
    for node in graph.nodes:
        after = _followers(graph, node) if isinstance(node.op, TruthTable) else ()
        if isinstance(node.op, TruthTable) and after:
            values = _followed(graph, node.op.values.T, after)
            element = graph.types[after[-1].outputs[0]].element
            op = TruthTable(node.op.sources, values, element)
            found[after[-1].name] = ((node, *after), op)
    return _replaced(graph, found)


def _replaced(graph: Graph, groups: Mapping[str, tuple[tuple[Node, ...], TruthTable]]) -> Graph:
    """The graph with truth tables in place of groups of nodes, by name of their last node."""
    renamed = {value: value for value in graph.types}

    def rule(builder: Builder, node: Node, inputs: tuple[str, ...]) -> tuple[str, ...] | None:
        if node.name not in groups:
            return None
        nodes, op = groups[node.name]
        # Nodes inside of the group are copied, and dead then.
        before, kind = renamed[nodes[0].inputs[0]], graph.types[node.outputs[0]]
        origin = next(n.origin for n in nodes if not isinstance(n.op, Gather))
        found = builder.add(node.name, op, (before,), origin, (kind,))
        renamed[node.outputs[0]] = found[0]
        return found

    return remove_dead_nodes(rewrite(graph, rule)) if groups else graph


def _layer(graph: Graph, matrix: Node) -> SparseLayer:
    nodes = [matrix, *_followers(graph, matrix)]
    lanes = np.arange(graph.types[matrix.inputs[0]].channels)
    before = graph.producer(matrix.inputs[0])
    if before is not None and isinstance(before.op, Gather) and _only_reader(graph, before):
        kind = graph.types[before.inputs[0]]
        moved = lanes_of_pixel(before.op, kind.pixels, kind.channels)
        if moved is not None and moved.min() >= 0:
            lanes, nodes = moved, [before, *nodes]
    return SparseLayer(graph, tuple(nodes), lanes)


def _followers(graph: Graph, node: Node) -> tuple[Node, ...]:
    """What is done to each element of a node's result, alike in all pixels, in order."""
    found: list[Node] = []
    while (after := _next(graph, node)) is not None:
        found.append(after)
        node = after
    return tuple(found)


def _followed(graph: Graph, sums: IntArray, nodes: tuple[Node, ...]) -> IntArray:
    """What nodes that follow each other make of [P, M] numbers of M channels; [M, P]."""
    values = sums[:, None, None]
    for node in nodes:
        kind = graph.types[node.inputs[0]]
        alone = TensorType((1, 1, kind.channels), kind.element)
        (values,) = node.op.evaluate((alone,), (values,))
    return np.ascontiguousarray(values[:, 0, 0].T)


def _next(graph: Graph, node: Node) -> Node | None:
    """What alone reads a node's result, element by element and alike in all pixels."""
    after = _only_reader(graph, node)
    if after is None:
        return None
    kind, rows = graph.types[after.inputs[0]], _rows(after.op)
    return after if rows and (kind.pixels == 1 or rows in (1, kind.channels)) else None


def _only_reader(graph: Graph, node: Node) -> Node | None:
    (value,) = node.outputs
    readers = graph.consumers(value)
    return readers[0][0] if len(readers) == 1 and value not in graph.outputs else None


def _rows(op: Op) -> int:
    """Rows of constants of what is done to each element; 0 for all other operations."""
    if isinstance(op, Threshold):
        return int(op.base.size)
    if isinstance(op, Table):
        return int(op.values.shape[0])
    return op.rows if isinstance(op, Cast) else 0
