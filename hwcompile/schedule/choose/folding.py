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
from hwcompile.ops import family
from hwcompile.schedule.choose.assignment import Assignment
from hwcompile.schedule.choose.choice import FREE, Choice, stream_sources
from hwcompile.schedule.choose.options import (
    Option,
    Reserve,
    fitting,
    fixed_option,
    options_of,
    ordered,
)
from hwcompile.schedule.choose.prices import Costs, generic_costs
from hwcompile.schedule.choose.stand_ins import with_stand_ins

DEFAULT_LANES = 4096
"""Lanes to spend when no target is given."""

_CANDIDATES = 48
"""Options per node that the dynamic program looks at, besides the best ones for each format."""


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
    chosen = space.reaching(target).cheapest(target, generic_costs(graph))
    choices = {name: option.choice for name, option in chosen.items()}
    return with_stand_ins(graph, choices, fixed)


@dataclass(frozen=True)
class Space:
    """Everything a graph can be built of.

    Attributes:
        graph: Lowered.
        nodes: Those that are hardware, in graph order.
        options: By node name; a fixed node has one option.
        choices: Of fixed nodes, by name.
        reserve: What counts of that which the planner has in reserve.
    """

    graph: Graph
    nodes: tuple[Node, ...]
    options: Mapping[str, tuple[Option, ...]]
    choices: Mapping[str, Choice]
    reserve: Reserve

    @staticmethod
    def of(
        graph: Graph, choices: Mapping[str, Choice], reserve: Reserve = Reserve.NOTHING
    ) -> Space:
        """The options of every node.

        Args:
            graph: Lowered.
            choices: Of nodes that are fixed, by name.
            reserve: What counts at least of that which the planner has in reserve; more does where
                a choice is of it.

        Raises:
            CompileError: HW0401 when no kernel builds a node.
        """
        nodes = [node for node in graph.nodes if node.op.family not in FREE]
        asked = [_reserve_of(choices[node.name], node) for node in nodes if node.name in choices]
        needed = max([reserve, *asked])
        options = _all_options(graph, nodes, choices, needed)
        return Space(graph, tuple(nodes), options, choices, needed)

    @property
    def fixed(self) -> frozenset[str]:
        """Names of fixed nodes."""
        return frozenset(self.choices)

    def reaching(self, target: int) -> Space:
        """This space where it reaches a target, or one with as much of the reserve as it takes."""
        slow = any(
            all(option.built.interval > target for option in found)
            for found in self.options.values()
        )
        return self.larger.reaching(target) if slow and self.reserve < max(Reserve) else self

    @cached_property
    def larger(self) -> Space:
        """The next space, with more of what the planner has in reserve; there must be one."""
        return Space.of(self.graph, self.choices, Reserve(self.reserve + 1))

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
        problem = Assignment(self.graph, self.nodes, candidates, target, costs)
        chosen = problem.solve()
        problem.check_orders(chosen)
        return {node.name: chosen[node.name] for node in self.nodes}


def _reserve_of(choice: Choice, node: Node) -> Reserve:
    """What a choice is of."""
    kernel = family(node.op.family).kernel(choice.kernel)
    several = kernel.reserve and int(choice.parameters.get("pixels", 1)) > 1
    return Reserve.PIXELS if several else Reserve(kernel.reserve)


def _all_options(
    graph: Graph, nodes: Sequence[Node], fixed: Mapping[str, Choice], reserve: Reserve
) -> dict[str, tuple[Option, ...]]:
    """By node name; a fixed node has one option."""
    origin = stream_sources(graph)
    found: dict[str, tuple[Option, ...]] = {}
    for node in nodes:
        if node.name in fixed:
            found[node.name] = (fixed_option(graph, node, fixed[node.name]),)
            continue
        before = [graph.producer(origin[value]) for value in node.inputs]
        forms = {
            option.built.ports.output
            for producer in before
            if producer is not None
            for option in found[producer.name]
        }
        several = reserve >= Reserve.PIXELS
        channels = graph.types[node.outputs[0]].channels
        sizes = {form.parallel for form in forms if several or form.parallel <= channels}
        options = fitting(options_of(graph, node, reserve), sizes)
        orders = {f.order for f in forms if f.order is not None}
        found[node.name] = ordered(options, sorted(orders, key=lambda o: (o.taps, o.lanes)))
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


def unlike_options(
    options: tuple[Option, ...], target: int, cost: Callable[[Option], float]
) -> tuple[Option, ...]:
    """The cheapest option that meets a target for each set of stream formats, cheapest first."""
    enough = [option for option in options if option.built.interval <= target]
    best: dict[object, Option] = {}
    for option in sorted(enough, key=lambda o: (cost(o), o.built.interval)):
        best.setdefault(option.streams, option)
    return tuple(best.values())


def _candidates(
    options: tuple[Option, ...], target: int, cost: Callable[[Option], float]
) -> tuple[Option, ...]:
    """The options worth a closer look: cheap ones, and the cheapest for every stream format."""
    unlike = unlike_options(options, target, cost)
    kept = set(map(id, unlike[:_CANDIDATES]))
    for port in range(len(unlike[0].streams)):
        seen: set[object] = set()
        for option in unlike:
            if option.streams[port] not in seen:
                seen.add(option.streams[port])
                kept.add(id(option))
    return tuple(option for option in unlike if id(option) in kept)
