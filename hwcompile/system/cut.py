"""Where a graph can be cut so that a single stream crosses, and what the parts are then.

A value is such a place when every way from an input to an output goes through it: then all that
stands behind it needs nothing else. In a flow graph with one source these are the dominators of the
sink (Lengauer and Tarjan, 1979), so no order of the nodes is preferred, and branches that close
before or after the value do not matter.
"""

from __future__ import annotations

from collections.abc import Sequence

import networkx as nx

from hwcompile.ir.graph import Graph

_SOURCE = ("end", "source")
_SINK = ("end", "sink")


def bottlenecks(graph: Graph) -> tuple[str, ...]:
    """The values at which one stream leaves a part and enters the next, from the inputs on.

    Inputs and outputs of the graph are none: on one side of them there is no work.
    """
    flow = _flow(graph)
    above = nx.immediate_dominators(flow, _SOURCE)
    found, place = [], _SINK
    while place != _SOURCE:
        place = above[place]
        if place[0] == "value" and place[1] not in (*graph.inputs, *graph.outputs):
            found.append(place[1])
    return tuple(reversed(found))


def parts_of(graph: Graph, cuts: Sequence[str]) -> tuple[Graph, ...]:
    """The graphs before, between and behind the cuts.

    The value at a cut is an output of one part and an input of the next, with its name and type.

    Args:
        graph: The network.
        cuts: Some of its `bottlenecks`, in their order.
    """
    flow = _flow(graph)
    behind = [nx.descendants(flow, ("value", value)) for value in cuts]
    place = {
        node.name: sum(("node", node.name) in after for after in behind) for node in graph.nodes
    }
    parts = []
    for index in range(len(cuts) + 1):
        nodes = tuple(node for node in graph.nodes if place[node.name] == index)
        inputs = (cuts[index - 1],) if index else graph.inputs
        outputs = (cuts[index],) if index < len(cuts) else graph.outputs
        names = {*inputs, *outputs, *(name for node in nodes for name in node.outputs)}
        types = {name: kind for name, kind in graph.types.items() if name in names}
        parts.append(Graph(f"{graph.name}_part{index + 1}", inputs, outputs, nodes, types))
    return tuple(parts)


def _flow(graph: Graph) -> nx.DiGraph:
    """Values and nodes, between a source of all inputs and a sink of all outputs."""
    flow = nx.DiGraph()
    flow.add_edges_from((_SOURCE, ("value", name)) for name in graph.inputs)
    flow.add_edges_from((("value", name), _SINK) for name in graph.outputs)
    for node in graph.nodes:
        here = ("node", node.name)
        flow.add_edges_from((("value", name), here) for name in node.inputs)
        flow.add_edges_from((here, ("value", name)) for name in node.outputs)
        if not node.inputs:
            flow.add_edge(_SOURCE, here)
    return flow
