"""Inserts width nodes where a producer and a consumer cut a frame into different words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from hwcompile.diagnostics import InternalError
from hwcompile.ir.graph import Graph, Node
from hwcompile.ir.types import TensorType
from hwcompile.ops import family
from hwcompile.ops.contract.site import Site, StreamFormat
from hwcompile.ops.width.op import Width
from hwcompile.schedule.choose.choice import FREE, Choice, place, stream_sources


def insert_widths(
    graph: Graph, choices: Mapping[str, Choice]
) -> tuple[Graph, dict[str, Choice], tuple[StreamFormat, ...]]:
    """Join all producers and consumers.

    Consumers that want the same words of the same value share a width node.

    Returns:
        The graph with width nodes, the choices with theirs, and the format of each graph input:
        the one its first consumer wants, or whole pixels when only outputs read it.
    """
    joints = _Joints(graph, dict(choices))
    for node in graph.nodes:
        joints.add(node)
    inputs = tuple(
        joints.formats.get(value) or whole_pixels(graph.types[value]) for value in graph.inputs
    )
    joined = replace(graph, nodes=tuple(joints.nodes), types=joints.types)
    return joined, joints.choices, inputs


def without_widths(graph: Graph) -> Graph:
    """The graph that `insert_widths` was given, of the graph of a plan.

    Width nodes say nothing of the order in which channels come; planned again without them, a
    graph gets the same ones at the same places.
    """
    widths = [node for node in graph.nodes if node.op.family == "width"]
    source: dict[str, str] = {}
    for node in widths:
        source[node.outputs[0]] = source.get(node.inputs[0], node.inputs[0])
    nodes = tuple(
        replace(node, inputs=tuple(source.get(value, value) for value in node.inputs))
        for node in graph.nodes
        if node.op.family != "width"
    )
    types = {value: kind for value, kind in graph.types.items() if value not in source}
    outputs = tuple(source.get(value, value) for value in graph.outputs)
    return replace(graph, nodes=nodes, types=types, outputs=outputs)


def whole_pixels(kind: TensorType) -> StreamFormat:
    """One pixel per word."""
    return StreamFormat(kind.pixels, kind.channels, kind.channels, kind.element)


def width_site(kind: TensorType, have: StreamFormat, want: StreamFormat) -> Site:
    """A width node for a tensor of type `kind`, from the words of `have` to those of `want`."""
    return Site.of(Width(have.size, have.parallel, want.size, want.parallel), kind)


def width_choice(site: Site) -> Choice:
    """The kernel for a width node."""
    kernel = family("width").kernels[0]
    return Choice(kernel.name, next(iter(kernel.space(site))))


@dataclass
class _Joints:
    """The new graph as it grows. `formats` is keyed by the value a stream originates from."""

    graph: Graph
    choices: dict[str, Choice]
    formats: dict[str, StreamFormat] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.types = dict(self.graph.types)
        self._sources = stream_sources(self.graph)
        self._names = {node.name for node in self.graph.nodes} | set(self.types)
        self._shared: dict[tuple[str, int, int], str] = {}

    def add(self, node: Node) -> None:
        """Add a node, with width nodes in front of it where they are needed."""
        if node.op.family in FREE:
            self.nodes.append(node)
            return
        if len(node.outputs) != 1:
            raise InternalError(f"node '{node.name}' has {len(node.outputs)} outputs, not one")
        ports = place(self.graph, node, self.choices[node.name]).built.ports
        pairs = zip(node.inputs, ports.inputs, strict=True)
        inputs = tuple(self._join(value, want, node) for value, want in pairs)
        self.nodes.append(replace(node, inputs=inputs))
        self.formats[node.outputs[0]] = ports.output

    def _join(self, value: str, want: StreamFormat, consumer: Node) -> str:
        """The value, or that of a width node which carries it in the words of `want`."""
        have = self.formats.setdefault(self._sources[value], want)
        if have.element != want.element:
            raise InternalError(
                f"'{consumer.name}' reads '{value}' as {want.element}, but it is {have.element}"
            )
        if have.same_words(want):
            return value
        key = (value, want.size, want.parallel)
        if key not in self._shared:
            self._shared[key] = self._insert(value, have, want, consumer)
        return self._shared[key]

    def _insert(self, value: str, have: StreamFormat, want: StreamFormat, consumer: Node) -> str:
        producer = self.graph.producer(self._sources[value]) or consumer
        name = self._unique(f"{value}_width")
        site = width_site(self.types[value], have, want)
        self.nodes.append(Node(name, site.op, (value,), (name,), producer.origin))
        self.types[name] = site.outputs[0]
        self.choices[name] = width_choice(site)
        return name

    def _unique(self, stem: str) -> str:
        count = 1
        while f"{stem}{count}" in self._names:
            count += 1
        self._names.add(f"{stem}{count}")
        return f"{stem}{count}"
