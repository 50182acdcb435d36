"""Structure that follows from pruning: channels that nothing depends on, and constant ones, go."""

from __future__ import annotations

from hwcompile.ir.graph import Graph
from hwcompile.passes.dead_nodes import remove_dead_nodes
from hwcompile.passes.prune.cut import cut_channels
from hwcompile.passes.prune.equal import merge_equal_channels
from hwcompile.passes.prune.known import known_elements
from hwcompile.passes.prune.needed import needed_channels
from hwcompile.passes.prune.operands import drop_constant_operands


def prune(graph: Graph) -> Graph:
    """The same function with fewer channels; the graph itself where there is nothing to remove.

    - A filter of zeros, or one whose quantizer gives the same number whatever comes, has a constant
      result. Who reads it by weights takes the constant into its own thresholds, and the filter
      goes, with its row of constants and its columns in every consumer.
    - A channel that every consumer multiplies by zero goes.
    - Channels that are equal in every frame are computed once: consumers' weights are summed.
    - An operand of a sum that is constant goes, with the whole branch that made it (a scale of 0).

    Channels of inputs and outputs of the network stay. Where channels of several values stand side
    by side (residual sums), they stay while one of them is needed; and they stay where fewer than
    one in 16 would go.
    """
    known = known_elements(graph)
    slim = drop_constant_operands(graph, known)
    if slim is not graph:
        slim = remove_dead_nodes(slim)
        known = known_elements(slim)
    merged = merge_equal_channels(slim, known)
    if merged is not slim:
        slim, known = merged, known_elements(merged)
    needed = needed_channels(slim, known)
    if all(keep.all() for keep in needed.values()):
        return slim
    return remove_dead_nodes(cut_channels(slim, needed, known))
