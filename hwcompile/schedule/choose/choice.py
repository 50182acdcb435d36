"""What the planner decides for a node, and how that makes a `Placed` node."""

from __future__ import annotations

from dataclasses import dataclass

from hwcompile.ir.graph import Graph, Node
from hwcompile.ops import family
from hwcompile.ops.contract.site import Parameters, Site
from hwcompile.schedule.plan import Placed

FREE = frozenset({"reshape"})
"""Families whose nodes are no hardware."""


@dataclass(frozen=True)
class Choice:
    """How a node is built: the kernel's name and its parameters."""

    kernel: str
    parameters: Parameters


def site_of(graph: Graph, node: Node) -> Site:
    """The node's op with the types around it."""
    return Site(node.op, graph.input_types(node), graph.output_types(node))


def place(graph: Graph, node: Node, choice: Choice) -> Placed:
    """The node with its kernel.

    Raises:
        KeyError: If the family has no such kernel.
    """
    kernel = family(node.op.family).kernel(choice.kernel)
    return Placed(node, kernel.at(site_of(graph, node), choice.parameters))


def stream_sources(graph: Graph) -> dict[str, str]:
    """For every value the value whose stream carries it: itself, or what it is a reshape of."""
    origin = {value: value for value in graph.inputs}
    for node in graph.nodes:
        for value in node.outputs:
            origin[value] = origin[node.inputs[0]] if node.op.family in FREE else value
    return origin
