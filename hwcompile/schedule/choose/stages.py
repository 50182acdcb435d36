"""From a graph and a choice of kernels to stages and links.

Three things happen on the way: `reshape` nodes vanish (a stream does not know shapes), `width`
nodes appear where a producer and a consumer cut a frame into different words, and pipes join the
stage of the node before them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from hwcompile.diagnostics import InternalError
from hwcompile.ir.graph import Graph
from hwcompile.ops.contract.site import StreamFormat
from hwcompile.schedule.choose.choice import FREE, Choice, place, stream_sources
from hwcompile.schedule.choose.widths import insert_widths
from hwcompile.schedule.plan import LEAST_DEPTH, Link, Placed, Plan, Stage


def build_stages(graph: Graph, choices: Mapping[str, Choice]) -> Plan:
    """Build the plan; every link gets `LEAST_DEPTH`.

    Args:
        graph: Lowered, without dead nodes.
        choices: One for every node that is hardware, by node name.

    Raises:
        InternalError: If a node has several outputs, or a chosen kernel does not fit its node.
    """
    joined, choices, inputs = insert_widths(graph, choices)
    stages = _group(joined, choices)
    formats = dict(zip(joined.inputs, inputs, strict=True))
    formats |= {stage.name: stage.formats.output for stage in stages}
    return Plan(joined, stages, _links(joined, stages, formats), inputs)


def _group(graph: Graph, choices: Mapping[str, Choice]) -> tuple[Stage, ...]:
    """Cores open stages; a pipe joins the stage before it when nobody else reads in between."""
    origin = stream_sources(graph)
    hardware = [node for node in graph.nodes if node.op.family not in FREE]
    uses = Counter(origin[v] for node in hardware for v in node.inputs)
    uses.update(origin[v] for v in graph.outputs)
    stages: list[list[Placed]] = []
    tails: dict[str, list[Placed]] = {}
    for node in hardware:
        placed = place(graph, node, choices[node.name])
        streams = tuple(origin[v] for v in node.inputs)
        placed = replace(placed, node=replace(node, inputs=streams))
        joins = placed.built.kernel.rigid and len(streams) == 1 and uses[streams[0]] == 1
        parts = tails.pop(streams[0], None) if joins else None
        if parts is None:
            parts = []
            stages.append(parts)
        parts.append(placed)
        tails[node.outputs[0]] = parts
    return tuple(Stage(tuple(parts)) for parts in stages)


def _links(
    graph: Graph, stages: tuple[Stage, ...], formats: Mapping[str, StreamFormat]
) -> tuple[Link, ...]:
    """One FIFO per consumer: consuming stages first, then graph outputs."""
    origin = stream_sources(graph)
    links = [
        Link(value, stage.name, port, formats[value], LEAST_DEPTH)
        for stage in stages
        for port, value in enumerate(stage.inputs)
    ]
    links += [
        Link(origin[value], None, port, formats[origin[value]], LEAST_DEPTH)
        for port, value in enumerate(graph.outputs)
    ]
    order = {value: index for index, value in enumerate(formats)}
    links.sort(key=lambda link: order[link.value])
    names = Counter(link.name for link in links)
    doubled = [name for name, count in names.items() if count > 1]
    if doubled:
        raise InternalError(f"two links are called {doubled[0]!r}")
    return tuple(links)
