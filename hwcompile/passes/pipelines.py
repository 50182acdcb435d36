"""The sequence of passes between a front end's graph and the planner."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from hwcompile.ir.graph import Graph
from hwcompile.ir.verify import verify
from hwcompile.passes.compose_thresholds import compose_thresholds
from hwcompile.passes.dead_nodes import remove_dead_nodes
from hwcompile.passes.join_local import join_local
from hwcompile.passes.join_padding import join_padding
from hwcompile.passes.lower_conv import lower_conv
from hwcompile.passes.lower_pool import lower_pool
from hwcompile.passes.lower_rows import lower_rows
from hwcompile.passes.prune import prune
from hwcompile.passes.split_levels import split_levels
from hwcompile.passes.trim_taps import trim_taps
from hwcompile.passes.truth_tables import fold_into_truth_tables

_log = logging.getLogger(__name__)

Pass = Callable[[Graph], Graph]
Observer = Callable[[str, Graph], None]

LOWERING: tuple[tuple[str, Pass], ...] = (
    ("remove-dead-nodes", remove_dead_nodes),
    ("join-padding", join_padding),
    # Before lowering, so that the composition sees `conv -> threshold -> threshold`.
    ("compose-thresholds", compose_thresholds),
    # Leaves the first of two composed nodes without a reader, as padding was left without one.
    ("remove-composed-nodes", remove_dead_nodes),
    # Sees filters and channels, which windows and reshapes spread out.
    ("prune", prune),
    # Channels that are left say which taps are.
    ("trim-taps", trim_taps),
    ("lower-conv", lower_conv),
    ("join-local", join_local),
    ("remove-joined-nodes", remove_dead_nodes),
    ("lower-pool", lower_pool),
    ("lower-rows", lower_rows),
    ("split-levels", split_levels),
    ("fold-into-truth-tables", fold_into_truth_tables),
)


def run_passes(
    graph: Graph, passes: tuple[tuple[str, Pass], ...], observe: Observer | None = None
) -> Graph:
    """Run passes in order, verifying after each.

    Args:
        graph: Input of the first pass.
        passes: Name and function of each pass.
        observe: Called with the pass's name and its result.
    """
    verify(graph, "the front end")
    if observe:
        observe("front-end", graph)
    for name, function in passes:
        before, started = len(graph.nodes), time.perf_counter()
        graph = function(graph)
        verify(graph, name)
        seconds = time.perf_counter() - started
        _log.info("%s: %d nodes become %d, %.2f s", name, before, len(graph.nodes), seconds)
        if observe:
            observe(name, graph)
    return graph
