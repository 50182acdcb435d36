"""Kernels in the place of others with the same streams and cycles (`Kernel.stand_in`)."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from hwcompile.ir.graph import Graph
from hwcompile.ops import family
from hwcompile.ops.contract.built import Built
from hwcompile.schedule.choose.choice import FREE, Choice, site_of
from hwcompile.schedule.choose.prices import GENERIC_PRICES
from hwcompile.technology.model import generic


def stand_ins(
    graph: Graph, choices: Mapping[str, Choice], fixed: Collection[str]
) -> dict[str, tuple[Choice, ...]]:
    """By node, what may stand in the place of a choice.

    Args:
        graph: Lowered.
        choices: By node name.
        fixed: Names of nodes that stay as they are.
    """
    found: dict[str, tuple[Choice, ...]] = {}
    for node in graph.nodes:
        if node.op.family in FREE or node.name in fixed:
            continue
        if not any(kernel.stand_in for kernel in family(node.op.family).kernels):
            continue
        same = stand_ins_of(built_of(graph, node.name, choices[node.name]))
        if same:
            found[node.name] = tuple(Choice(o.kernel.name, o.parameters) for o in same)
    return found


def stand_ins_of(built: Built) -> tuple[Built, ...]:
    """What may stand in the place of a kernel that is built."""
    site = built.site
    others = [
        kernel.at(site, parameters)
        for kernel in family(built.op.family).kernels
        if kernel.stand_in and kernel.refuses(site) is None and kernel.worth_a_try(site)
        for parameters in kernel.space(site)
    ]
    return tuple(other for other in others if _same(other, built))


def built_of(graph: Graph, name: str, choice: Choice) -> Built:
    """What a choice makes of a node."""
    node = graph.node(name)
    return family(node.op.family).kernel(choice.kernel).at(site_of(graph, node), choice.parameters)


def with_stand_ins(
    graph: Graph, choices: Mapping[str, Choice], fixed: Collection[str]
) -> dict[str, Choice]:
    """The choices, with those in the place of others that take less where no board is named."""

    def area(name: str, choice: Choice) -> float:
        built = built_of(graph, name, choice)
        return GENERIC_PRICES.of(generic().need(built.circuit, built.needs))

    found = dict(choices)
    for name, others in stand_ins(graph, choices, fixed).items():
        found[name] = min((found[name], *others), key=lambda choice: area(name, choice))
    return found


def _same(other: Built, built: Built) -> bool:
    return other.ports == built.ports and other.interval == built.interval
