"""How parts are joined to a design, and what that takes: gearboxes, controllers, FIFOs, the link.

As `hwcompile.schedule.choose.stages` joins them: readers that want the same words share a gearbox,
and a pipe belongs to the stage of the only stream that it reads.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from hwcompile.explore.network.parts import NodeChoices, WeighedNode
from hwcompile.explore.network.subject import Subject
from hwcompile.ops.contract.site import StreamFormat
from hwcompile.schedule.choose.choice import stream_sources
from hwcompile.schedule.choose.widths import whole_pixels
from hwcompile.technology.model import Need
from hwcompile.technology.plumbing import (
    FIFO,
    ISSUE,
    LINK,
    fifo_resources,
    issue_resources,
    link_resources,
)

_Key = tuple[str, int, int]
"""A stream: the value that it carries, and size and words of the gearbox behind it, or zeros."""

_PLACES = 2
"""Of a FIFO, besides one for each register before it."""


class Joiner:
    """Joins parts of a subject's nodes."""

    def __init__(self, subject: Subject, parts: NodeChoices) -> None:
        self.graph = subject.graph
        self.model = subject.model
        self.parts = parts
        self.origin = stream_sources(subject.graph)
        self._fifos: dict[tuple[int, int], Need] = {}
        self._issues: dict[int, Need] = {}
        self._links: dict[tuple[tuple[int, ...], tuple[int, ...]], Need] = {}

    def join(self, chosen: Sequence[WeighedNode]) -> tuple[Need, list[WeighedNode]] | None:
        """What a whole design takes, and its parts with the gearboxes between them.

        Args:
            chosen: A part of every node, in graph order.

        Returns:
            None where elements come in an order that their reader does not take.
        """
        streams = _Streams(self.origin)
        for node, part in zip(self.parts.nodes, chosen, strict=True):
            for value, want in zip(node.inputs, part.inputs, strict=True):
                if not streams.read(node.name, value, want, self.parts):
                    return None
            streams.forms[node.outputs[0]] = part.output
        for value in self.graph.outputs:
            if streams.forms[self.origin[value]].order is not None:
                return None
            streams.uses[self.origin[value], 0, 0] += 1
        needs = [part.need for part in (*chosen, *streams.gearboxes)]
        needs += self._fifo_needs(streams, chosen)
        types = self.graph.types
        ends = [
            streams.forms.get(value) or whole_pixels(types[value]) for value in self.graph.inputs
        ]
        outs = [streams.forms[self.origin[value]] for value in self.graph.outputs]
        needs.append(self._link(tuple(f.bits for f in ends), tuple(f.bits for f in outs)))
        return _total(needs), [*chosen, *streams.gearboxes]

    def _fifo_needs(self, streams: _Streams, chosen: Sequence[WeighedNode]) -> Iterable[Need]:
        """Of the FIFO in front of every stage and output, and of controllers of pipes."""
        registers = {(value, 0, 0): 0 for value in self.graph.inputs}
        inner: set[_Key] = set(registers)
        for key, gearbox in zip(streams.behind, streams.gearboxes, strict=True):
            registers[key] = gearbox.registers
        for node, part in zip(self.parts.nodes, chosen, strict=True):
            read, own = streams.reads[node.name], (node.outputs[0], 0, 0)
            first = read[0]
            if part.rigid and len(read) == 1 and streams.uses[first] == 1 and first not in inner:
                registers[own] = registers[first] + part.registers
                continue
            registers[own] = part.registers
            for key in read:
                yield self._fifo(streams.form(key), _PLACES + registers[key])
            if part.rigid:
                yield self._issue(len(read))
        for before in streams.behind.values():
            yield self._fifo(streams.form(before), _PLACES + registers[before])
        for value in self.graph.outputs:
            key = (self.origin[value], 0, 0)
            yield self._fifo(streams.form(key), _PLACES + registers[key])

    def _fifo(self, form: StreamFormat, depth: int) -> Need:
        key = (form.bits, depth)
        if key not in self._fifos:
            self._fifos[key] = self.model.need(FIFO, fifo_resources(*key, block=False))
        return self._fifos[key]

    def _issue(self, inputs: int) -> Need:
        if inputs not in self._issues:
            self._issues[inputs] = self.model.need(ISSUE, issue_resources(inputs))
        return self._issues[inputs]

    def _link(self, inputs: tuple[int, ...], outputs: tuple[int, ...]) -> Need:
        key = (inputs, outputs)
        if key not in self._links:
            self._links[key] = self.model.need(LINK, link_resources(inputs, outputs))
        return self._links[key]


@dataclass
class _Streams:
    """The streams of a design as it grows, by value, with gearboxes behind those that differ."""

    origin: dict[str, str]
    forms: dict[str, StreamFormat] = field(default_factory=dict)
    reads: dict[str, list[_Key]] = field(default_factory=dict)
    uses: Counter[_Key] = field(default_factory=Counter)
    behind: dict[_Key, _Key] = field(default_factory=dict)
    gearboxes: list[WeighedNode] = field(default_factory=list)
    made: dict[_Key, StreamFormat] = field(default_factory=dict)

    def read(self, reader: str, value: str, want: StreamFormat, parts: NodeChoices) -> bool:
        """A node reads a value in some words; False where its elements come in another order."""
        source = self.origin[value]
        have = self.forms.setdefault(source, want)
        if not have.same_order(want):
            return False
        key: _Key = (source, 0, 0)
        if not have.same_words(want):
            key = (value, want.size, want.parallel)
            if key not in self.behind:
                self.behind[key] = (source, 0, 0)
                self.uses[source, 0, 0] += 1
                self.gearboxes.append(parts.joint(have, want))
                self.made[key] = self.gearboxes[-1].output
        self.uses[key] += 1
        self.reads.setdefault(reader, []).append(key)
        return True

    def form(self, key: _Key) -> StreamFormat:
        """The words of a stream."""
        return self.made.get(key) or self.forms[key[0]]


def _total(needs: Sequence[Need]) -> Need:
    """The sum; adding two by two makes an object for each."""
    return Need(
        sum(need.lut for need in needs),
        sum(need.ff for need in needs),
        sum(need.bram for need in needs),
        sum(need.dsp for need in needs),
        sum(need.loose for need in needs),
        sum(need.soft for need in needs),
    )
