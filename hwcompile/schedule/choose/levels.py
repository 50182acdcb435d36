"""Which sums of binary streams are taken level by level: as a schedule says, and cheaper ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hwcompile.ir.graph import Graph
from hwcompile.passes.binary_levels import SUMS, LevelLayer, level_layers


def asked_levels(graph: Graph, schedule: Mapping[str, Any]) -> tuple[LevelLayer, ...]:
    """The layers of which a schedule names the sums of levels, as one that was written does.

    Args:
        graph: Lowered.
        schedule: As nested mappings, not validated yet.
    """
    named = named_nodes(schedule)
    return tuple(one for one in level_layers(graph) if f"{one.matrix.name}_{SUMS}" in named)


def free_levels(graph: Graph, schedule: Mapping[str, Any]) -> tuple[LevelLayer, ...]:
    """The layers that may be taken level by level and of which a schedule says nothing."""
    named = named_nodes(schedule)
    return tuple(one for one in level_layers(graph) if not named.intersection(one.names))


def named_nodes(schedule: Mapping[str, Any]) -> set[str]:
    """Names of nodes in a schedule that is not validated yet."""
    nodes = schedule.get("nodes")
    return set(nodes) if isinstance(nodes, Mapping) else set()
