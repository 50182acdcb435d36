"""Remarks on channels and taps of a model that are not built."""

from __future__ import annotations

import math

from hwcompile.ir.graph import Graph
from hwcompile.ops.conv.op import Conv
from hwcompile.ops.matmul.op import Matmul

MOST_NAMED = 4


def pruned_notes(model: Graph, lowered: Graph) -> tuple[str, ...]:
    """Say which layers are built with fewer channels, or fewer taps, than the model has."""
    return (*_channels(model, lowered), *_taps(model))


def _channels(model: Graph, lowered: Graph) -> tuple[str, ...]:
    found = []
    for node in model.nodes:
        value = node.outputs[0]
        if isinstance(node.op, Conv | Matmul) and value in lowered.types:
            before, after = (graph.types[value].channels for graph in (model, lowered))
            if after < before:
                found.append(f"{value} {after} of {before}")
    return _note("channels", found, "the others are constant, equal to these or read by nobody")


def _taps(model: Graph) -> tuple[str, ...]:
    found = [
        f"{node.outputs[0]} {len(node.op.used_taps)} of {math.prod(node.op.kernel)}"
        for node in model.nodes
        if isinstance(node.op, Conv) and len(node.op.used_taps) < math.prod(node.op.kernel)
    ]
    return _note("taps", found, "weights of the others are zero in all filters")


def _note(what: str, found: list[str], why: str) -> tuple[str, ...]:
    if not found:
        return ()
    named = ", ".join(found[:MOST_NAMED])
    more = f" and {len(found) - MOST_NAMED} more layers" if len(found) > MOST_NAMED else ""
    return (f"{what} that are built: {named}{more}; {why}, so results are the same without them",)
