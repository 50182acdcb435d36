"""Building a new graph from an old one, node by node: the loop that every pass shares."""

from __future__ import annotations

from collections.abc import Callable

from hwcompile.ir.graph import Builder, Graph, Node

Rule = Callable[[Builder, Node, tuple[str, ...]], tuple[str, ...] | None]
"""Called with the builder, a node of the old graph, and its inputs' names in the new graph.

Returns the names of the values that replace the node's outputs (existing values or values of nodes
it has added), or None to keep the node.
"""


def rewrite(graph: Graph, rule: Rule) -> Graph:
    """Apply `rule` to every node in order and return the new graph.

    Kept nodes are re-inferred, so intervals that became tighter upstream become tighter here too.
    """
    builder = Builder(graph.name)
    renamed: dict[str, str] = {}
    for value in graph.inputs:
        renamed[value] = builder.input(value, graph.types[value])
    for node in graph.nodes:
        inputs = tuple(renamed[value] for value in node.inputs)
        replaced = rule(builder, node, inputs)
        if replaced is None:
            builder.copy(graph, node, inputs)
            replaced = node.outputs
        renamed.update(zip(node.outputs, replaced, strict=True))
    return builder.build(tuple(renamed[value] for value in graph.outputs))
