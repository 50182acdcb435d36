"""Removes nodes whose results nobody reads."""

from __future__ import annotations

from hwcompile.ir.graph import Graph


def remove_dead_nodes(graph: Graph) -> Graph:
    """Keep only the nodes that a graph output depends on; graph inputs all stay.

    Before: `a = f(x); b = g(x); outputs a`. After: `a = f(x); outputs a`.
    """
    alive = set(graph.outputs)
    kept = []
    for node in reversed(graph.nodes):
        if alive.intersection(node.outputs):
            alive.update(node.inputs)
            kept.append(node)
    values = set(graph.inputs) | {v for node in kept for v in node.outputs}
    types = {v: kind for v, kind in graph.types.items() if v in values}
    return Graph(graph.name, graph.inputs, graph.outputs, tuple(reversed(kept)), types)
