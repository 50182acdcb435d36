"""Chooses kernel and folding of every node for a target interval.

Every node gets the cheapest option that meets the target, where "cheapest" includes the width
nodes between neighbours: a dynamic program runs along the graph (exact on chains; a value with
several readers counts in equal shares), then single nodes are improved until nothing changes.

Without a target, the target is the smallest interval that `DEFAULT_LANES` lanes can reach.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

from hwcompile.diagnostics import fail
from hwcompile.ir.graph import Graph, Node
from hwcompile.ir.types import TensorType
from hwcompile.ops import family
from hwcompile.ops.contract.site import StreamFormat
from hwcompile.schedule.choose.choice import FREE, Choice, stream_sources
from hwcompile.schedule.choose.options import Option, fitting, fixed_option, joint_cost, options_of
from hwcompile.schedule.choose.widths import width_choice, width_site

DEFAULT_LANES = 4096
"""Lanes to spend when no target is given."""

_CANDIDATES = 48
"""Options per node that the dynamic program looks at, besides the best ones for each format."""

_APART = 1e9
"""Cost of a width node where there must be none if it can be avoided."""


def choose(
    graph: Graph, target_cycles: int | None, fixed: Mapping[str, Choice]
) -> dict[str, Choice]:
    """Choose kernel and parameters for every node that is hardware.

    Args:
        graph: Lowered.
        target_cycles: Cycles per frame that no node may exceed, or None for `DEFAULT_LANES`.
        fixed: Validated choices by node name that are taken as they are.

    Returns:
        A choice for every hardware node, in graph order.

    Raises:
        CompileError: HW0401 when the target can not be met, naming the bottleneck.
    """
    space = Space.of(graph, fixed)
    target = default_target(space.options) if target_cycles is None else target_cycles
    return {name: option.choice for name, option in space.cheapest(target, GENERAL).items()}


@dataclass(frozen=True)
class Costs:
    """Prices, in look-up tables.

    Attributes:
        option: Of an option of a node.
        joint: Of joining a producer's stream to a consumer's.
    """

    option: Callable[[Node, Option], float]
    joint: Callable[[StreamFormat, StreamFormat], float]


GENERAL = Costs(lambda node, option: option.cost, lambda have, want: joint_cost(have, want))
"""Prices that suit FPGAs in general."""


@dataclass(frozen=True)
class Space:
    """Everything a graph can be built of.

    Attributes:
        graph: Lowered.
        nodes: Those that are hardware, in graph order.
        options: By node name; a fixed node has one option.
        fixed: Names of fixed nodes.
    """

    graph: Graph
    nodes: tuple[Node, ...]
    options: Mapping[str, tuple[Option, ...]]
    fixed: frozenset[str]

    @staticmethod
    def of(graph: Graph, fixed: Mapping[str, Choice]) -> Space:
        """The options of every node.

        Raises:
            CompileError: HW0401 when no kernel builds a node.
        """
        nodes = [node for node in graph.nodes if node.op.family not in FREE]
        return Space(graph, tuple(nodes), _all_options(graph, nodes, fixed), frozenset(fixed))

    @cached_property
    def steps(self) -> tuple[int, ...]:
        """Intervals that nodes can have, none shorter than what the slowest node can reach."""
        return intervals(self.options)

    def cheapest(self, target: int, costs: Costs) -> dict[str, Option]:
        """The cheapest options found that meet a target, by node name in graph order.

        Raises:
            CompileError: HW0401 when a node can not meet the target.
        """
        _check_target(self.nodes, self.options, target, self.fixed)
        candidates = {
            node.name: _candidates(self.options[node.name], target, partial(costs.option, node))
            for node in self.nodes
        }
        chosen = _Problem(self.graph, self.nodes, candidates, target, costs).solve()
        return {node.name: chosen[node.name] for node in self.nodes}


def _all_options(
    graph: Graph, nodes: Sequence[Node], fixed: Mapping[str, Choice]
) -> dict[str, tuple[Option, ...]]:
    """By node name; a fixed node has one option."""
    origin = stream_sources(graph)
    found: dict[str, tuple[Option, ...]] = {}
    for node in nodes:
        if node.name in fixed:
            found[node.name] = (fixed_option(graph, node, fixed[node.name]),)
            continue
        before = [graph.producer(origin[value]) for value in node.inputs]
        parallels = {
            option.built.ports.output.parallel
            for producer in before
            if producer is not None
            for option in found[producer.name]
        }
        found[node.name] = fitting(options_of(graph, node), parallels)
    return found


def default_target(options: Mapping[str, tuple[Option, ...]]) -> int:
    """The smallest interval that about `DEFAULT_LANES` lanes can reach.

    It is never smaller than what the slowest node can do, or does where it is fixed.
    """
    steps = intervals(options)
    low, high = 0, len(steps) - 1
    while low < high:
        middle = (low + high) // 2
        if _least_lanes(options, steps[middle]) <= DEFAULT_LANES:
            high = middle
        else:
            low = middle + 1
    return steps[low] if steps else 1


def intervals(options: Mapping[str, tuple[Option, ...]]) -> tuple[int, ...]:
    """Intervals that nodes can have, ascending, from the fastest of the slowest node on."""
    least = max((min(o.built.interval for o in found) for found in options.values()), default=1)
    every = {o.built.interval for found in options.values() for o in found}
    return tuple(sorted(interval for interval in every if interval >= least))


def _least_lanes(options: Mapping[str, tuple[Option, ...]], target: int) -> int:
    return sum(
        min(o.built.lanes for o in found if o.built.interval <= target)
        for found in options.values()
    )


def _check_target(
    nodes: Sequence[Node],
    options: Mapping[str, tuple[Option, ...]],
    target: int,
    fixed: Collection[str],
) -> None:
    """Refuse a target that a node can not meet; the slowest of them is named."""
    every = {node.name: (option.built for option in options[node.name]) for node in nodes}
    best = {name: min(found, key=lambda built: built.interval) for name, found in every.items()}
    slow = [node for node in nodes if best[node.name].interval > target]
    if not slow:
        return
    node = max(slow, key=lambda n: best[n.name].interval)
    built = best[node.name]
    text = ", ".join(f"{key} = {value}" for key, value in built.parameters.items())
    how = f"kernel '{built.kernel.name}'" + (f" with {text}" if text else "")
    if node.name in fixed:
        why = f"the schedule fixes {how}, which takes {built.interval} cycles"
        fix = f"another folding for '{node.name}' in the schedule, or a target of {built.interval}"
    else:
        least = max(built.interval for built in best.values())
        why = f"its fastest form, {how}, takes {built.interval} cycles"
        fix = f"a target of {least} cycles or more"
    what = f"node '{node.name}' can not take a frame every {target} cycles"
    raise fail("HW0401", what, why, fix, node.origin)


def _candidates(
    options: tuple[Option, ...], target: int, cost: Callable[[Option], float]
) -> tuple[Option, ...]:
    """The options worth a closer look: cheap ones, and the cheapest for every stream format."""
    enough = [option for option in options if option.built.interval <= target]
    ranked = sorted(enough, key=lambda o: (cost(o), o.built.interval))
    best: dict[object, Option] = {}
    for option in ranked:
        best.setdefault(option.streams, option)
    unlike = list(best.values())
    kept = set(map(id, unlike[:_CANDIDATES]))
    for port in range(len(unlike[0].streams)):
        seen: set[tuple[int, int]] = set()
        for option in unlike:
            if option.streams[port] not in seen:
                seen.add(option.streams[port])
                kept.add(id(option))
    return tuple(option for option in unlike if id(option) in kept)


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
class _Edge:
    """A stream from node `start` to input `port` of node `end`."""

    start: str
    end: str
    port: int


class _Problem:
    """Pairwise costs along the graph, and the search for the cheapest assignment."""

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
        self.into: dict[str, list[_Edge]] = {node.name: [] for node in nodes}
        self.out: dict[str, list[_Edge]] = {node.name: [] for node in nodes}
        self._numbers = _numbered(candidates)
        self._known: dict[tuple[int, int], float] = {}
        self._too_slow: set[tuple[StreamFormat, StreamFormat]] = set()
        origin = stream_sources(graph)
        for node in nodes:
            for port, value in enumerate(node.inputs):
                producer = graph.producer(origin[value])
                if producer is not None:
                    edge = _Edge(producer.name, node.name, port)
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
            edges = self.into[node.name]
            totals[node.name] = [
                self.costs.option(node, option)
                + sum(self._cheapest_before(edge, option, totals) for edge in edges)
                for option in self.candidates[node.name]
            ]
        chosen: dict[str, Option] = {}
        for node in reversed(self.nodes):
            options = self.candidates[node.name]
            scores = [
                total + sum(self._joint(e, option, chosen[e.end]) for e in self.out[node.name])
                for option, total in zip(options, totals[node.name], strict=True)
            ]
            chosen[node.name] = options[scores.index(min(scores))]
        return chosen

    def _cheapest_before(
        self, edge: _Edge, option: Option, totals: Mapping[str, list[float]]
    ) -> float:
        share = len(self.out[edge.start])
        pairs = zip(self.candidates[edge.start], totals[edge.start], strict=True)
        return min(total / share + self._joint(edge, before, option) for before, total in pairs)

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
        before = sum(self._joint(e, chosen[e.start], option) for e in self.into[node.name])
        after = sum(self._joint(e, option, chosen[e.end]) for e in self.out[node.name])
        return self.costs.option(node, option) + before + after

    def _joint(self, edge: _Edge, before: Option, after: Option) -> float:
        key = (self._numbers[id(before)][-1], self._numbers[id(after)][edge.port])
        if key not in self._known:
            have, want = before.built.ports.output, after.built.ports.inputs[edge.port]
            slow = (have, want) in self._too_slow
            self._known[key] = _APART * 1e3 if slow else self.costs.joint(have, want)
        cost = self._known[key]
        if cost and after.built.kernel.rigid and len(after.built.ports.inputs) == 1:
            return cost + _APART
        return cost

    def _pair(self, edge: _Edge, chosen: Mapping[str, Option]) -> tuple[StreamFormat, StreamFormat]:
        return chosen[edge.start].built.ports.output, chosen[edge.end].built.ports.inputs[edge.port]

    def _fast(self, pair: tuple[StreamFormat, StreamFormat]) -> bool:
        """True when the formats agree or a width node between them meets the target."""
        have, want = pair
        if have.same_words(want):
            return True
        kind = TensorType((1, have.vectors, have.size), have.element)
        site = width_site(kind, have, want)
        kernel = family("width").kernel(width_choice(site).kernel)
        return kernel.at(site, width_choice(site).parameters).interval <= self.target
