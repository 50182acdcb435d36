"""What nodes can be built of, with what each takes; every answer is computed once.

A *gene* says how a node is built: the number of a folding, and of a way to store and multiply what
it computes with. A pipe has no folding of its own choice: it takes the words of the node before it
wherever it can, so its first number counts among those that do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hwcompile.explore.network.subject import Subject
from hwcompile.ir.graph import Node
from hwcompile.ir.types import TensorType
from hwcompile.ops import family
from hwcompile.ops.contract.built import Built
from hwcompile.ops.contract.site import REGISTERS, StreamFormat
from hwcompile.schedule.choose.choice import Choice, site_of
from hwcompile.schedule.choose.options import Option
from hwcompile.schedule.choose.pace import paced
from hwcompile.schedule.choose.stand_ins import stand_ins_of
from hwcompile.schedule.choose.widths import width_choice, width_site
from hwcompile.technology.model import Need

Streams = tuple[StreamFormat, ...]


@dataclass(frozen=True)
class WeighedNode:
    """A node as it is built.

    Attributes:
        choice: As a plan names it.
        need: What it takes, without FIFOs.
        interval: Cycles per frame.
        registers: From the start of a word to its push.
        delay: Of its slowest path, in ns; 0 where delays are not known.
        inputs: Words that it takes.
        output: Words that it gives.
        rigid: It is a pipe.
    """

    choice: Choice
    need: Need
    interval: int
    registers: int
    delay: float
    inputs: Streams
    output: StreamFormat
    rigid: bool


class NodeChoices:
    """The parts that a subject's nodes can be."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.nodes = subject.space.nodes
        self.options = [subject.space.options[node.name] for node in self.nodes]
        self.pipes = [options[0].built.kernel.rigid for options in self.options]
        self._variants: dict[tuple[int, int], tuple[Built, ...]] = {}
        self._followers: dict[tuple[int, StreamFormat], tuple[int, ...]] = {}
        self._parts: dict[tuple[int, int, int, int], WeighedNode] = {}
        self._joints: dict[tuple[StreamFormat, StreamFormat], WeighedNode] = {}
        self._alike: dict[tuple[int, int], tuple[int, ...]] = {}

    def at(self, place: int, base: int, variant: int, clock: int) -> WeighedNode:
        """A node as two numbers and the number of a clock say.

        Args:
            place: Of the node, in graph order.
            base: Of a folding, below the number of options.
            variant: Of a way; numbers beyond the last one begin again.
            clock: Of `Subject.clocks`.
        """
        ways = self.variants(place, base)
        key = (place, base, variant % len(ways), clock)
        if key not in self._parts:
            self._parts[key] = self._part(self.nodes[place], ways[key[2]], clock)
        return self._parts[key]

    def base_of(self, place: int, number: int, have: StreamFormat | None) -> int:
        """The folding that a gene's first number means, behind a node that gives such words."""
        if have is None or not self.pipes[place]:
            return number % len(self.options[place])
        key = (place, have)
        if key not in self._followers:
            found = [
                index
                for index, option in enumerate(self.options[place])
                if have.same_words(option.built.ports.inputs[0])
            ]
            self._followers[key] = tuple(found) or tuple(range(len(self.options[place])))
        following = self._followers[key]
        return following[number % len(following)]

    def gene_of(self, place: int, choice: Choice, have: StreamFormat | None) -> tuple[int, int]:
        """The numbers of a choice of the planner's, or those of one with the same words."""
        node = self.nodes[place]
        own = {name: value for name, value in choice.parameters.items() if name != REGISTERS}
        built = (
            family(node.op.family).kernel(choice.kernel).at(site_of(self.subject.graph, node), own)
        )
        bases = [
            base
            for base, option in enumerate(self.options[place])
            if option.built.ports == built.ports
        ]
        for base in bases:
            ways = self.variants(place, base)
            if built in ways:
                return self._number(place, base, have), ways.index(built)
        near = min(
            bases or range(len(self.options[place])),
            key=lambda base: abs(self.options[place][base].built.interval - built.interval),
        )
        return self._number(place, near, have), 0

    def _number(self, place: int, base: int, have: StreamFormat | None) -> int:
        if have is None or not self.pipes[place]:
            return base
        self.base_of(place, 0, have)
        following = self._followers[place, have]
        return following.index(base) if base in following else 0

    def alike(self, place: int, base: int) -> tuple[int, ...]:
        """The foldings with the same words at all ends as one has."""
        key = (place, base)
        if key not in self._alike:
            ports = self.options[place][base].built.ports
            options = enumerate(self.options[place])
            self._alike[key] = tuple(i for i, option in options if option.built.ports == ports)
        return self._alike[key]

    def neighbours(self, place: int, base: int, number: int) -> list[tuple[int, int]]:
        """A folding with its gene's number, and for a pipe all others of the same words.

        Pipes take a word in every cycle, whatever they compare it with.
        """
        if not self.pipes[place]:
            return [(base, number)]
        have = self.options[place][base].built.ports.inputs[0]
        key = (place, have)
        self.base_of(place, 0, have)
        following = self._followers[key]
        alike = self.alike(place, base)
        found = [(other, following.index(other)) for other in alike if other in following]
        return found or [(base, number)]

    def variants(self, place: int, base: int) -> tuple[Built, ...]:
        """A folding with its usual arithmetic, and then in all other ways."""
        key = (place, base)
        if key not in self._variants:
            self._variants[key] = _variants(self.options[place][base])
        return self._variants[key]

    def _part(self, node: Node, built: Built, clock: int) -> WeighedNode:
        subject = self.subject
        if subject.delays:
            choices: Mapping[str, Choice] = {node.name: Option(built).choice}
            wish = subject.clocks[clock]
            choice = paced(subject.graph, choices, subject.delays, wish)[node.name]
            built = built.kernel.at(built.site, choice.parameters)
        return self._described(built)

    def _described(self, built: Built) -> WeighedNode:
        delays = self.subject.delays
        return WeighedNode(
            Option(built).choice,
            self.subject.model.need(built.circuit, built.needs),
            built.interval,
            built.timing.stages,
            delays.slowest(built.paths)[1] if delays else 0.0,
            built.ports.inputs,
            built.ports.output,
            built.kernel.rigid,
        )

    def joint(self, have: StreamFormat, want: StreamFormat) -> WeighedNode:
        """What stands between words that differ."""
        if (have, want) not in self._joints:
            kind = TensorType((1, have.vectors, have.size), have.element)
            site = width_site(kind, have, want)
            choice = width_choice(site)
            built = family("width").kernel(choice.kernel).at(site, choice.parameters)
            self._joints[have, want] = self._described(built)
        return self._joints[have, want]


def _variants(option: Option) -> tuple[Built, ...]:
    """Other ways to store, multiply and build the same folding, with the same streams."""
    built = option.built
    kernel, site, own = built.kernel, built.site, built.parameters
    sets = [
        *({**own, **encoding} for encoding in kernel.encodings(site) if encoding),
        *kernel.ways(site, own),
    ]
    legal = [parameters for parameters in sets if kernel.complaint(site, parameters) is None]
    others = [kernel.at(site, parameters) for parameters in legal]
    same = [other for other in others if other.ports == built.ports]
    return tuple(dict.fromkeys((built, *same, *stand_ins_of(built))))
