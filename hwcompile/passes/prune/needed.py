"""Which channels of a network's values somebody needs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import singledispatch

import numpy as np

from hwcompile.ir.graph import Graph, Node
from hwcompile.ir.op import Op
from hwcompile.ir.types import IntArray, TensorType
from hwcompile.ops.cast.op import Cast
from hwcompile.ops.concat.op import Concat
from hwcompile.ops.conv.op import Conv
from hwcompile.ops.elementwise.op import Extremum, Linear, PairTable, Product
from hwcompile.ops.gather.op import Gather
from hwcompile.ops.matmul.op import Matmul
from hwcompile.ops.pool.op import Pool
from hwcompile.ops.reshape.op import Reshape
from hwcompile.ops.table.op import Table
from hwcompile.ops.threshold.op import Threshold
from hwcompile.passes.prune.known import Known, Mask

Needs = tuple[tuple[Mask, ...], Mask]
"""Channels of the inputs and of the output."""

FEW = 16
"""Lanes share channels evenly more often where the count has small divisors, as trained counts do:
that is worth more than one channel among so many."""


def needed_channels(graph: Graph, known: Mapping[str, Known]) -> dict[str, Mask]:
    """By value, bool [C]; nothing at all of values that nobody reads in the end.

    The smallest sets with: everything of the network's inputs and outputs; what a needed result is
    made of, but for constants that consumers can take into their thresholds; channels that stand
    side by side stay together; at least one channel of what is read at all; and all channels where
    fewer than one in `FEW` would go.
    """
    need = {value: np.zeros(kind.channels, dtype=bool) for value, kind in graph.types.items()}
    for value in (*graph.inputs, *graph.outputs):
        need[value][:] = True
    free = {
        node.name: absorbed_channels(graph, node, known)
        for node in graph.nodes
        if column_weights(node) is not None
    }
    _grow(graph, need, free)
    while _few_go(need):
        _grow(graph, need, free)
    return need


def _few_go(need: dict[str, Mask]) -> bool:
    """Let all channels of a value stay where few would go; whether there are such."""
    found = [v for v, keep in need.items() if keep.any() and 0 < (~keep).sum() * FEW < keep.size]
    for value in found:
        need[value] = np.ones_like(need[value])
    return bool(found)


def _grow(graph: Graph, need: dict[str, Mask], free: Mapping[str, Mask]) -> None:
    """Add what follows from what is needed so far."""
    changed = True
    while changed:
        changed = False
        for node in (*reversed(graph.nodes), *graph.nodes):
            outputs = [need[value] for value in node.outputs]
            if not any(output.any() for output in outputs):
                continue
            inputs = tuple(need[value] for value in node.inputs)
            wanted = _wanted(graph, node, inputs, outputs, free.get(node.name))
            for value, mask in zip((*node.inputs, *node.outputs), wanted, strict=True):
                if not mask.any():
                    mask = np.arange(mask.size) == 0
                if np.any(mask & ~need[value]):
                    need[value] = need[value] | mask
                    changed = True


def _wanted(
    graph: Graph, node: Node, inputs: tuple[Mask, ...], outputs: list[Mask], free: Mask | None
) -> tuple[Mask, ...]:
    """What a node asks of its inputs and, where channels stay together, of its outputs."""
    if len(outputs) == 1:
        kinds = graph.input_types(node)
        found = follow(node.op, kinds, inputs, outputs[0])
        if found is not None:
            asked, result = found
            if free is not None:
                asked = (asked[0] & ~free,)
            return (*asked, result)
    return tuple(np.ones(mask.size, dtype=bool) for mask in (*inputs, *outputs))


@singledispatch
def follow(
    op: Op, kinds: tuple[TensorType, ...], inputs: tuple[Mask, ...], output: Mask
) -> Needs | None:
    """Channels that an operation needs when some of its inputs and its output are needed.

    Args:
        op: The operation.
        kinds: Types of its inputs.
        inputs: For every input, bool [C].
        output: bool [C].

    Returns:
        The same, more than before; None for operations whose channels all stay.
    """
    return None


@follow.register
def _(
    op: Conv, kinds: tuple[TensorType, ...], inputs: tuple[Mask, ...], output: Mask
) -> Needs | None:
    if op.weights.shape[3] == 1 and op.groups == kinds[0].channels and op.groups > 1:
        together = inputs[0] | output.reshape(op.groups, -1).any(axis=1)
        return (together,), np.repeat(together, output.size // op.groups)
    if op.groups > 1:
        return None
    return (np.asarray(op.weights[output].any(axis=(0, 1, 2))),), output


@follow.register
def _(
    op: Matmul, kinds: tuple[TensorType, ...], inputs: tuple[Mask, ...], output: Mask
) -> Needs | None:
    if op.groups > 1:
        return None
    return (np.asarray(op.weights[0, output].any(axis=0)),), output


@follow.register
def _(
    op: Concat, kinds: tuple[TensorType, ...], inputs: tuple[Mask, ...], output: Mask
) -> Needs | None:
    ends = np.cumsum([mask.size for mask in inputs])[:-1]
    parts = [a | b for a, b in zip(inputs, np.split(output, ends), strict=True)]
    # A value may be joined with itself.
    return tuple(parts), np.concatenate(parts)


@follow.register
def _(
    op: Gather, kinds: tuple[TensorType, ...], inputs: tuple[Mask, ...], output: Mask
) -> Needs | None:
    read = op.index[:, :, output]
    asked = np.zeros(inputs[0].size, dtype=bool)
    asked[np.unique(read[read >= 0] % inputs[0].size)] = True
    return (asked,), output


@follow.register
def _(
    op: Reshape, kinds: tuple[TensorType, ...], inputs: tuple[Mask, ...], output: Mask
) -> Needs | None:
    (kind,) = kinds
    if op.shape[2] != kind.channels and op.shape != (1, 1, kind.size):
        return None
    together = inputs[0] | output.reshape(-1, kind.channels).any(axis=0)
    return (together,), np.tile(together, output.size // kind.channels)


@follow.register(Threshold)
@follow.register(Table)
@follow.register(Cast)
@follow.register(Pool)
@follow.register(Linear)
@follow.register(Product)
@follow.register(Extremum)
@follow.register(PairTable)
def _(
    op: Op, kinds: tuple[TensorType, ...], inputs: tuple[Mask, ...], output: Mask
) -> Needs | None:
    together = np.logical_or.reduce([*inputs, output])
    return tuple(together for _ in inputs), together


def column_weights(node: Node) -> IntArray | None:
    """Weights int64 [M, taps, C] of a convolution or matrix over all channels; None of others."""
    op = node.op
    if isinstance(op, Conv) and op.groups == 1:
        return np.asarray(op.weights.reshape(op.weights.shape[0], -1, op.weights.shape[3]))
    if isinstance(op, Matmul) and op.groups == 1:
        return np.asarray(op.weights[0][:, None])
    return None


def absorbed_channels(graph: Graph, node: Node, known: Mapping[str, Known]) -> Mask:
    """Input channels whose constants are no matter, or are taken into thresholds behind the sums.

    A constant other than the padding's value makes another sum at the border than inside.
    """
    weights, one = column_weights(node), known.get(node.inputs[0])
    if weights is None or one is None:
        return np.zeros(graph.types[node.inputs[0]].channels, dtype=bool)
    constant, value = one.channels, one.values[0, 0]
    if isinstance(node.op, Conv) and any(node.op.pads):
        constant = constant & (value == node.op.pad_value)
    if takes_offsets(graph, node):
        return constant
    nothing = (weights.sum(axis=1) * value == 0).all(axis=0)
    return np.asarray(constant & nothing)


def takes_offsets(graph: Graph, node: Node) -> bool:
    """Only thresholds read a node's result."""
    (value,) = node.outputs
    readers = graph.consumers(value)
    return value not in graph.outputs and all(isinstance(r.op, Threshold) for r, _ in readers)
