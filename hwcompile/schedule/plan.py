"""The plan: which kernel with which folding builds each node, and how stages are joined."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hwcompile.ir.graph import Graph, Node
from hwcompile.ops.contract.built import Built
from hwcompile.ops.contract.site import Ports, StreamFormat

LEAST_DEPTH = 2
"""Depth of every FIFO before sizing."""

SHIFTED = 2
"""Places of a FIFO whose oldest word stands in a register anyway."""


@dataclass(frozen=True)
class Placed:
    """A node with what its kernel makes of it.

    `node.inputs` are the hardware streams it takes: where the graph has a `reshape` in between,
    that is the value before the reshape, while `built.site.inputs` are the types the op sees.
    """

    node: Node
    built: Built


@dataclass(frozen=True)
class Stage:
    """A core (or `hw_issue`, when `parts[0]` is a pipe) and the pipes behind it.

    `name` is that of the last part's value: the stream that leaves the stage.
    """

    parts: tuple[Placed, ...]

    @property
    def name(self) -> str:
        """The value that the stage produces."""
        return self.parts[-1].node.outputs[0]

    @property
    def inputs(self) -> tuple[str, ...]:
        """Values the stage takes, in port order."""
        return self.parts[0].node.inputs

    @property
    def formats(self) -> Ports:
        """Stream formats at the stage's inputs and output."""
        return Ports(self.parts[0].built.ports.inputs, self.parts[-1].built.ports.output)

    @property
    def registers(self) -> int:
        """Register stages from the start of a word to its push into the output FIFO."""
        return sum(part.built.timing.stages for part in self.parts)


@dataclass(frozen=True)
class Link:
    """A credit FIFO between a producer and one consumer.

    Attributes:
        value: The value it carries.
        consumer: Name of the consuming stage, or None for a graph output.
        port: Input position at the consumer, or position among the graph's outputs.
        format: Word format.
        depth: Words it holds, those still in the producer's pipeline included.
        block: True when it is read into a register, which costs one more cycle of latency: in block
            RAM, or for a clock.
        paced: Read into a register for a clock if it is more than one, whatever its depth.
    """

    value: str
    consumer: str | None
    port: int
    format: StreamFormat
    depth: int
    block: bool = False
    paced: bool = False

    @property
    def name(self) -> str:
        """A stable name: `<value>__<consumer>`, with `:<port>` when it is not the first.

        Node names have no colon, so `x__add:1` is never the first port of a stage `add_1`.
        """
        if self.consumer is None:
            return f"{self.value}__out:{self.port}"
        return f"{self.value}__{self.consumer}" + (f":{self.port}" if self.port else "")

    def with_depth(self, depth: int, block: bool) -> Link:
        """The same link with another memory."""
        return replace(self, depth=depth, block=block)


@dataclass(frozen=True)
class Plan:
    """Everything the emitter needs.

    Attributes:
        graph: After the planner has inserted width nodes; every node is in exactly one stage,
            except that `reshape` nodes, which cost nothing, are in none.
        stages: In topological order.
        links: One for every consumer of every graph input and stage output.
        inputs: Word format of each graph input, in graph order.
    """

    graph: Graph
    stages: tuple[Stage, ...]
    links: tuple[Link, ...]
    inputs: tuple[StreamFormat, ...]

    def links_from(self, value: str) -> tuple[Link, ...]:
        """The FIFOs that carry `value`."""
        return tuple(link for link in self.links if link.value == value)

    def link_to(self, consumer: str | None, port: int) -> Link:
        """The FIFO in front of a stage's input, or of a graph output.

        Raises:
            KeyError: If there is none.
        """
        for link in self.links:
            if link.consumer == consumer and link.port == port:
                return link
        raise KeyError((consumer, port))

    def travels(self, stage: Stage) -> StreamFormat:
        """The words that leave a stage; a width node keeps the order of what it joins."""
        form, first = stage.formats.output, stage.parts[0]
        if first.node.op.family != "width" or form.order is not None:
            return form
        before = [other for other in self.stages if other.name == stage.inputs[0]]
        return replace(form, order=self.travels(before[0]).order) if before else form
