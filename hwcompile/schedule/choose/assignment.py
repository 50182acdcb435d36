"""The cheapest options of all nodes together: costs of nodes, and of the streams between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import inf

from hwcompile.diagnostics import fail
from hwcompile.ir.graph import Graph, Node
from hwcompile.ir.types import TensorType
from hwcompile.ops import family
from hwcompile.ops.contract.site import StreamFormat
from hwcompile.schedule.choose.choice import stream_sources
from hwcompile.schedule.choose.options import Option
from hwcompile.schedule.choose.prices import Costs
from hwcompile.schedule.choose.widths import width_choice, width_site

_APART = 1e9
"""Cost of a width node where there must be none if it can be avoided."""

_NEVER = 1e15
"""Cost of streams whose elements come in different orders, which nothing joins."""


def _numbered(candidates: Mapping[str, tuple[Option, ...]]) -> dict[int, tuple[int, ...]]:
    """By identity of a candidate the numbers of its formats, inputs first; equal ones share one.

    Very many pairs of formats are looked up, and hashing two formats takes longer than the rest.
    """
    numbers: dict[StreamFormat, int] = {}
    found: dict[int, tuple[int, ...]] = {}
    for option in (option for options in candidates.values() for option in options):
        forms = (*option.built.ports.inputs, option.built.ports.output)
        found[id(option)] = tuple(numbers.setdefault(form, len(numbers)) for form in forms)
    return found


@dataclass(frozen=True)
class Edge:
    """A stream from node `start` to input `port` of node `end`."""

    start: str
    end: str
    port: int


class Assignment:
    """Pairwise costs along the graph, and the search for the cheapest assignment.

    A dynamic program runs along the graph (exact on chains; a value with several readers counts in
    equal shares), then single nodes are improved until nothing changes.
    """

    def __init__(
        self,
        graph: Graph,
        nodes: Sequence[Node],
        candidates: Mapping[str, tuple[Option, ...]],
        target: int,
        costs: Costs,
    ) -> None:
        self.graph = graph
        self.nodes = nodes
        self.candidates = candidates
        self.target = target
        self.costs = costs
        self.into: dict[str, list[Edge]] = {node.name: [] for node in nodes}
        self.out: dict[str, list[Edge]] = {node.name: [] for node in nodes}
        self._numbers = _numbered(candidates)
        self._origin = stream_sources(graph)
        self._ends = {self._origin[value] for value in graph.outputs}
        self._known: dict[tuple[int, int], float] = {}
        self._too_slow: set[tuple[StreamFormat, StreamFormat]] = set()
        for node in nodes:
            for port, value in enumerate(node.inputs):
                producer = graph.producer(self._origin[value])
                if producer is not None:
                    edge = Edge(producer.name, node.name, port)
                    self.into[node.name].append(edge)
                    self.out[producer.name].append(edge)

    def solve(self) -> dict[str, Option]:
        """The best assignment found; width nodes in it are fast enough for the target."""
        while True:
            chosen = self._improve(self._program())
            slow = {
                pair
                for node in self.nodes
                for edge in self.out[node.name]
                if not self._fast(pair := self._pair(edge, chosen))
            }
            if not slow - self._too_slow:
                return chosen
            self._too_slow |= slow
            self._known.clear()

    def _program(self) -> dict[str, Option]:
        """Costs from the inputs on, then choices from the outputs back."""
        totals: dict[str, list[float]] = {}
        for node in self.nodes:
            before = [self._before(edge, totals) for edge in self.into[node.name]]
            totals[node.name] = [
                self.own(node, option) + sum(cheapest(option) for cheapest in before)
                for option in self.candidates[node.name]
            ]
        chosen: dict[str, Option] = {}
        for node in reversed(self.nodes):
            options = self.candidates[node.name]
            scores = [
                total + sum(self.joint(e, option, chosen[e.end]) for e in self.out[node.name])
                for option, total in zip(options, totals[node.name], strict=True)
            ]
            chosen[node.name] = options[scores.index(min(scores))]
        return chosen

    def _before(self, edge: Edge, totals: Mapping[str, list[float]]) -> Callable[[Option], float]:
        """What all that comes in by an edge costs at least, for an option of its end.

        Streams cost by their formats, so for each format before the edge the cheapest option counts
        alone, and options behind it that read the same words cost the same. What already costs more
        without a joint is not looked at, because joints may take long to price.
        """
        share = len(self.out[edge.start])
        best: dict[int, tuple[float, Option]] = {}
        for option, total in zip(self.candidates[edge.start], totals[edge.start], strict=True):
            number = self._numbers[id(option)][-1]
            if number not in best or total / share < best[number][0]:
                best[number] = (total / share, option)
        ascending = sorted(best.values(), key=lambda found: found[0])
        known: dict[tuple[int, bool], float] = {}

        def cheapest(after: Option) -> float:
            wanted = after.built.ports.inputs[edge.port]
            key = (self._numbers[id(after)][edge.port], after.built.kernel.rigid)
            if key not in known:
                least = min(
                    (
                        total
                        for total, option in ascending
                        if wanted.same_words(option.built.ports.output)
                    ),
                    default=inf,
                )
                for total, option in ascending:
                    if total >= least:
                        break
                    least = min(least, total + self.joint(edge, option, after))
                known[key] = least
            return known[key]

        return cheapest

    def _improve(self, chosen: dict[str, Option]) -> dict[str, Option]:
        """Change single nodes as long as that lowers the cost."""
        changed = True
        while changed:
            changed = False
            for node in self.nodes:
                best = min(self.candidates[node.name], key=lambda o: self._around(node, o, chosen))
                here = self._around(node, chosen[node.name], chosen)
                if self._around(node, best, chosen) < here - 1e-6:
                    chosen[node.name] = best
                    changed = True
        return chosen

    def _around(self, node: Node, option: Option, chosen: Mapping[str, Option]) -> float:
        before = sum(self.joint(e, chosen[e.start], option) for e in self.into[node.name])
        after = sum(self.joint(e, option, chosen[e.end]) for e in self.out[node.name])
        return self.own(node, option) + before + after

    def own(self, node: Node, option: Option) -> float:
        """Of the node alone; an output of the network has the order of its tensor."""
        bare = option.built.ports.output.order is not None and self._leaves(node)
        return self.costs.option(node, option) + (_NEVER if bare else 0.0)

    def _leaves(self, node: Node) -> bool:
        return bool(self._ends & set(node.outputs))

    def cost(self, chosen: Mapping[str, Option]) -> float:
        """Of all nodes and of the streams between them, by node name."""
        nodes = sum(self.own(node, chosen[node.name]) for node in self.nodes)
        edges = [edge for node in self.nodes for edge in self.out[node.name]]
        return nodes + sum(self.joint(e, chosen[e.start], chosen[e.end]) for e in edges)

    def number_of(self, option: Option, port: int) -> int:
        """Of a candidate's format at an input, or at its output (-1); equal ones share one."""
        return self._numbers[id(option)][port]

    def joint(self, edge: Edge, before: Option, after: Option) -> float:
        """Of the stream, with huge costs for what must not meet, if that can be avoided."""
        key = (self._numbers[id(before)][-1], self._numbers[id(after)][edge.port])
        if key not in self._known:
            have, want = before.built.ports.output, after.built.ports.inputs[edge.port]
            slow = (have, want) in self._too_slow
            if not have.same_order(want):
                self._known[key] = _NEVER
            else:
                self._known[key] = _APART * 1e3 if slow else self.costs.joint(have, want)
        cost = self._known[key]
        if cost and after.built.kernel.rigid and len(after.built.ports.inputs) == 1:
            return cost + _APART
        return cost

    def _pair(self, edge: Edge, chosen: Mapping[str, Option]) -> tuple[StreamFormat, StreamFormat]:
        return chosen[edge.start].built.ports.output, chosen[edge.end].built.ports.inputs[edge.port]

    def check_orders(self, chosen: Mapping[str, Option]) -> None:
        """Refuse streams whose elements come in another order than their consumer wants.

        Raises:
            CompileError: HW0402 where a schedule leaves no other way.
        """
        for node in self.nodes:
            bare = chosen[node.name].built.ports.output.order is not None
            lost = [e.end for e in self.out[node.name] if not self._ordered(e, chosen)]
            if lost or (bare and self._leaves(node)):
                what = f"node '{node.name}' can not give its channels in blocks"
                reader = f"node '{lost[0]}'" if lost else "an output of the network"
                why = f"{reader} takes them in another order"
                fix = "'taps' and 'lanes' of the reader that fit, or as many channels as there are"
                raise fail("HW0402", what, why, fix, node.origin)

    def _ordered(self, edge: Edge, chosen: Mapping[str, Option]) -> bool:
        have, want = self._pair(edge, chosen)
        return have.same_order(want)

    def fast(self, edge: Edge, before: Option, after: Option) -> bool:
        """True when both ends have the same words, or what joins them meets the target."""
        return self._fast((before.built.ports.output, after.built.ports.inputs[edge.port]))

    def _fast(self, pair: tuple[StreamFormat, StreamFormat]) -> bool:
        """True when the formats agree or a width node between them meets the target."""
        have, want = pair
        if have.same_words(want):
            return True
        kind = TensorType((1, have.vectors, have.size), have.element)
        site = width_site(kind, have, want)
        kernel = family("width").kernel(width_choice(site).kernel)
        return kernel.at(site, width_choice(site).parameters).interval <= self.target
