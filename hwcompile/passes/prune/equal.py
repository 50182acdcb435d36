"""Channels that are equal in every frame are computed once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import singledispatch
from hashlib import blake2b

import numpy as np

from hwcompile.ir.graph import Builder, Graph, Node
from hwcompile.ir.op import Op
from hwcompile.ir.rewrite import rewrite
from hwcompile.ir.types import IntArray, IntType, TensorType
from hwcompile.ops.arithmetic import encodings
from hwcompile.ops.arithmetic.numbers import weight_type
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
from hwcompile.passes.expand import new_name, taken_names
from hwcompile.passes.prune.known import Known, Mask, known_elements
from hwcompile.passes.prune.needed import column_weights, needed_channels

WORTH_A_COPY = 2
"""Copying channels takes a node that may buffer a pixel: only where one in so many is a copy."""


def merge_equal_channels(graph: Graph, known: Mapping[str, Known]) -> Graph:
    """Let nobody read a channel that equals an earlier one of the same value.

    Before: `y = w0*x0 + w1*x1`, where x1 equals x0. After: `y = (w0 + w1)*x0`, so that pruning
    takes x1 away. Where sums of weights would cost more than the channel (bipolar weights), and
    where the reader is no sum of products, a `Gather` copies channels in front of it. What is read
    otherwise too, or what pruning leaves in place, is left alone.

    Returns:
        A new graph, or `graph` itself where nothing can go.
    """
    twins = equal_channels(graph, known)
    gone = {value: first != np.arange(first.size) for value, first in twins.items()}
    while any(mask.any() for mask in gone.values()):
        copied = (v for v in graph.outputs if _worth(gone[v]))
        own = {v: new_name(f"{v}_once", taken_names(graph)) for v in copied}
        merged = _merged(graph, twins, gone, own)
        needed = needed_channels(merged, known_elements(merged))
        kept = {v: mask & needed[own.get(v, v)] for v, mask in gone.items()}
        if not any(mask.any() for mask in kept.values()):
            return merged
        gone = {value: mask & ~kept[value] for value, mask in gone.items()}
    return graph


def equal_channels(graph: Graph, known: Mapping[str, Known]) -> dict[str, IntArray]:
    """By value, for each channel the first one that equals it in every frame, int64 [C].

    Channels that are constant count as different: they go on their own.
    """
    found = {value: np.arange(kind.channels, dtype=np.int64) for value, kind in graph.types.items()}
    for node in graph.nodes:
        if len(node.outputs) > 1 or node.op.remembers:
            continue
        (value,) = node.outputs
        inputs = tuple(found[one] for one in node.inputs)
        first = twins_of(node.op, graph.input_types(node), inputs)
        if first is not None:
            constant = known[value].channels if value in known else np.zeros(1, dtype=bool)
            found[value] = np.where(constant, np.arange(first.size), first)
    return found


@singledispatch
def twins_of(
    op: Op, kinds: tuple[TensorType, ...], inputs: tuple[IntArray, ...]
) -> IntArray | None:
    """For each channel of a result the first one that equals it, int64 [C]; None if none does.

    Args:
        op: The operation.
        kinds: Types of its inputs.
        inputs: The same of their channels.
    """
    return None


@twins_of.register
def _(op: Conv, kinds: tuple[TensorType, ...], inputs: tuple[IntArray, ...]) -> IntArray | None:
    if op.groups == 1:
        return _first_of(row for row in _summed(op.weights, inputs[0]))
    if op.weights.shape[3] != 1 or op.groups != kinds[0].channels:
        return None
    read = np.repeat(inputs[0], op.weights.shape[0] // op.groups)
    return _first_of(np.append(row, one) for row, one in zip(op.weights, read, strict=True))


@twins_of.register
def _(op: Matmul, kinds: tuple[TensorType, ...], inputs: tuple[IntArray, ...]) -> IntArray | None:
    return _first_of(_summed(op.weights[0], inputs[0])) if op.groups == 1 else None


@twins_of.register
def _(op: Concat, kinds: tuple[TensorType, ...], inputs: tuple[IntArray, ...]) -> IntArray | None:
    starts = np.cumsum([0, *(one.size for one in inputs[:-1])])
    return np.concatenate([one + start for one, start in zip(inputs, starts, strict=True)])


@twins_of.register
def _(op: Reshape, kinds: tuple[TensorType, ...], inputs: tuple[IntArray, ...]) -> IntArray | None:
    (kind,), (first,) = kinds, inputs
    if op.shape[2] == kind.channels:
        return first
    if op.shape != (1, 1, kind.size):
        return None
    return (np.arange(kind.pixels)[:, None] * kind.channels + first).ravel()


@twins_of.register(Pool)
@twins_of.register(Linear)
@twins_of.register(Product)
@twins_of.register(Extremum)
@twins_of.register(PairTable)
def _(op: Op, kinds: tuple[TensorType, ...], inputs: tuple[IntArray, ...]) -> IntArray | None:
    return _first_of(np.array(places) for places in zip(*inputs, strict=True))


@twins_of.register(Threshold)
@twins_of.register(Table)
@twins_of.register(Cast)
def _(
    op: Threshold | Table | Cast, kinds: tuple[TensorType, ...], inputs: tuple[IntArray, ...]
) -> IntArray | None:
    parts = _constants(op)
    channels, rows = kinds[0].channels, parts[0].shape[0]
    if rows == 1:
        return inputs[0]
    by_channel = [part.reshape(rows // channels, channels, -1).swapaxes(0, 1) for part in parts]
    return _first_of(
        np.concatenate([[inputs[0][c]], *(part[c].ravel() for part in by_channel)])
        for c in range(channels)
    )


def _constants(op: Threshold | Table | Cast) -> tuple[IntArray, ...]:
    """What each row of constants consists of, int64 [R, ...]."""
    if isinstance(op, Table):
        return (op.values,)
    if isinstance(op, Threshold):
        return op.thresholds, op.base, op.slope
    return op.offset, op.grain, op.low, op.high


def _first_of(rows: Iterable[IntArray]) -> IntArray:
    """For each row of numbers the first one that has the same."""
    seen: dict[bytes, int] = {}
    keys = (blake2b(row.tobytes()).digest() for row in rows)
    return np.array([seen.setdefault(key, i) for i, key in enumerate(keys)], dtype=np.int64)


def _summed(weights: IntArray, first: IntArray) -> IntArray:
    """Weights [..., C] where those of a channel that equals an earlier one count there."""
    if np.array_equal(first, np.arange(first.size)):
        return weights
    summed = np.zeros_like(weights)
    for channel, place in enumerate(first):
        summed[..., place] += weights[..., channel]
    return summed


def _merged(
    graph: Graph, twins: Mapping[str, IntArray], gone: Mapping[str, Mask], own: Mapping[str, str]
) -> Graph:
    """The graph in which the channels of `gone` are read by nobody that can do without.

    Outputs of `own` are copies of what is computed once, under that name.
    """
    places = {v: np.where(gone[v], twins[v], np.arange(gone[v].size)) for v in gone}

    def rule(builder: Builder, node: Node, inputs: tuple[str, ...]) -> tuple[str, ...] | None:
        op = node.op
        sources = list(inputs)
        for port, value in enumerate(node.inputs):
            if not gone[value].any():
                continue
            small = _without(node, places[value], graph.input_types(node)[0].element)
            if small is not None:
                op = small
            elif not _keeps_channels(graph, node) and _worth(gone[value]):
                (sources[port],) = builder.add(
                    f"{value}_copies", _copies(builder, sources[port], places[value]),
                    (sources[port],), node.origin,
                )  # fmt: skip
        value = node.outputs[0]
        if op is node.op and tuple(sources) == inputs and value not in own:
            return None
        kinds = tuple(builder.types[one] for one in sources)
        op = op.narrowed(graph.input_types(node), kinds)
        made = builder.add(own.get(value, value), op, tuple(sources), node.origin)
        for name, old in zip(made, node.outputs, strict=True):
            # Sums of fewer, larger weights have narrower intervals.
            builder.types[name] = graph.types[old].with_element(builder.types[name].element)
        if value not in own:
            return made
        copied = _copies(builder, made[0], places[value])
        return builder.add(value, copied, made, node.origin, (builder.types[made[0]],))

    return rewrite(graph, rule)


def _worth(gone: Mask) -> bool:
    return bool(gone.any() and gone.sum() * WORTH_A_COPY >= gone.size)


def _copies(builder: Builder, value: str, places: IntArray) -> Gather:
    """A value whose channels come from these of itself."""
    kind = builder.types[value]
    index = np.arange(kind.pixels, dtype=np.int64)[:, None] * kind.channels + places
    return Gather(index.reshape(kind.shape), 0)


def _keeps_channels(graph: Graph, node: Node) -> bool:
    """Equal channels of an input are equal channels of the result, whose readers are asked."""
    inputs = tuple(np.zeros(kind.channels, np.int64) for kind in graph.input_types(node))
    if len(node.outputs) > 1 or column_weights(node) is not None:
        return False
    return twins_of(node.op, graph.input_types(node), inputs) is not None


def _without(node: Node, places: IntArray, element: IntType) -> Op | None:
    """A matrix or convolution that reads only the first of equal channels, if that costs less."""
    op, weights = node.op, column_weights(node)
    if weights is None or not isinstance(op, Conv | Matmul):
        return None
    summed, kept = _summed(op.weights, places), places == np.arange(places.size)
    old, new = (
        next(encodings(weight_type(some), element)) for some in (op.weights, summed[..., kept])
    )
    bits = old.stored_bits * kept.size, new.stored_bits * int(kept.sum())
    if bits[1] > bits[0] or (new.multiplies and not old.multiplies):
        return None
    return replace(op, weights=summed)
