"""Replacing one node by a chain of nodes: what the lowering passes share."""

from __future__ import annotations

from collections.abc import Callable

from hwcompile.ir.graph import Builder, Graph, Node
from hwcompile.ir.op import Op
from hwcompile.ir.rewrite import rewrite
from hwcompile.ir.types import TensorType

Chain = tuple[tuple[str, Op], ...]
"""Ops that follow each other, each with the word that is added to the name of its value."""

Expansion = Callable[[Op, TensorType], Chain | None]
"""Called with an op and the type of its input; None keeps the node."""


def expand(graph: Graph, expansion: Expansion) -> Graph:
    """Replace every node of one input and output that `expansion` knows by its chain.

    The last node of a chain gives a value with the old value's name, scale and zero point; the
    values before it are called `<value>_<word>`. Origins are those of the old node.
    """
    taken = set(graph.types) | {node.name for node in graph.nodes}

    def intermediate(builder: Builder, wish: str) -> str:
        name, count = wish, 1
        while name in taken or name in builder.types:
            count += 1
            name = f"{wish}_{count}"
        return name

    def rule(builder: Builder, node: Node, inputs: tuple[str, ...]) -> tuple[str, ...] | None:
        if len(inputs) != 1:
            return None
        chain = expansion(node.op, builder.types[inputs[0]])
        if chain is None:
            return None
        (value,), (result,) = inputs, node.outputs
        for word, op in chain[:-1]:
            name = intermediate(builder, f"{result}_{word}")
            (value,) = builder.add(name, op, (value,), node.origin)
        (value,) = builder.add(result, chain[-1][1], (value,), node.origin)
        builder.types[value] = graph.types[result].with_element(builder.types[value].element)
        return (value,)

    return rewrite(graph, rule)
