"""A remark on channels of a model that are not built."""

from __future__ import annotations

from hwcompile.ir.graph import Graph
from hwcompile.ops.conv.op import Conv
from hwcompile.ops.matmul.op import Matmul

MOST_NAMED = 4


def pruned_notes(model: Graph, lowered: Graph) -> tuple[str, ...]:
    """Say which layers with weights are built with fewer channels than the model has."""
    found = []
    for node in model.nodes:
        value = node.outputs[0]
        if isinstance(node.op, Conv | Matmul) and value in lowered.types:
            before, after = (graph.types[value].channels for graph in (model, lowered))
            if after < before:
                found.append(f"{value} {after} of {before}")
    if not found:
        return ()
    named = ", ".join(found[:MOST_NAMED])
    more = f" and {len(found) - MOST_NAMED} more layers" if len(found) > MOST_NAMED else ""
    why = "the others are constant, or nothing reads them"
    return (f"channels that are built: {named}{more}; {why}, so results are the same without them",)
