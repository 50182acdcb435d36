"""Replacing one node by a chain of nodes: what the lowering passes share."""

from __future__ import annotations

from collections.abc import Callable, Collection

from hwcompile.ir.graph import Builder, Graph, Node
from hwcompile.ir.op import Op
from hwcompile.ir.rewrite import rewrite
from hwcompile.ir.types import TensorType

Chain = tuple[tuple[str, Op], ...]
"""Ops that follow each other, each with the word that is added to the name of its value."""

Expansion = Callable[[Op, TensorType], Chain | None]
"""Called with an op and the type of its input; None keeps the node."""


def taken_names(graph: Graph) -> frozenset[str]:
    """Names of its values and nodes, which new values may not take."""
    return frozenset(graph.types) | {node.name for node in graph.nodes}


def new_name(wish: str, *taken: Collection[str]) -> str:
    """The wish, or the wish with the first number that makes it a name of nothing else."""
    name, count = wish, 1
    while any(name in names for names in taken):
        count += 1
        name = f"{wish}_{count}"
    return name


def expand(graph: Graph, expansion: Expansion) -> Graph:
    """Replace every node of one input and output that `expansion` knows by its chain.

    The last node of a chain gives a value with the old value's name, scale and zero point; the
    values before it are called `<value>_<word>`. Origins are those of the old node.
    """
    taken = taken_names(graph)

    def rule(builder: Builder, node: Node, inputs: tuple[str, ...]) -> tuple[str, ...] | None:
        if len(inputs) != 1:
            return None
        chain = expansion(node.op, builder.types[inputs[0]])
        if chain is None:
            return None
        (value,), (result,) = inputs, node.outputs
        for word, op in chain[:-1]:
            name = new_name(f"{result}_{word}", taken, builder.types)
            (value,) = builder.add(name, op, (value,), node.origin)
        (value,) = builder.add(result, chain[-1][1], (value,), node.origin)
        builder.types[value] = graph.types[result].with_element(builder.types[value].element)
        return (value,)

    return rewrite(graph, rule)
