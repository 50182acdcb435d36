"""Makes the graph anew with a part of the channels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import singledispatch

import numpy as np

from hwcompile.ir.graph import Builder, Graph, Node
from hwcompile.ir.op import Op
from hwcompile.ir.types import IntArray, IntType, TensorType
from hwcompile.ops.cast.op import Cast
from hwcompile.ops.conv.op import Conv
from hwcompile.ops.elementwise.op import PairTable
from hwcompile.ops.gather.op import Gather
from hwcompile.ops.matmul.op import Matmul
from hwcompile.ops.reshape.op import Reshape
from hwcompile.ops.table.op import Table, columns_of
from hwcompile.ops.threshold.op import Threshold
from hwcompile.passes.prune.known import Known, Mask
from hwcompile.passes.prune.needed import column_weights


@dataclass(frozen=True, eq=False)
class Slimmed:
    """A node before and after.

    Attributes:
        kinds: Types of its inputs before.
        slim: Elements of its inputs after.
        inputs: Channels of the inputs that stay.
        output: Channels of the output that stay.
        offset: What has been left out of its input's sums, int64 [C] of the channels that stay.
    """

    kinds: tuple[TensorType, ...]
    slim: tuple[IntType, ...]
    inputs: tuple[Mask, ...]
    output: Mask
    offset: IntArray


def cut_channels(graph: Graph, needed: Mapping[str, Mask], known: Mapping[str, Known]) -> Graph:
    """The graph with the channels that `needed_channels` names.

    Constants of channels that go are left out of sums, and thresholds behind the sums move by as
    much: `w*x + v*k >= t` becomes `w*x >= t - v*k`.
    """
    builder = Builder(graph.name)
    renamed = {value: builder.input(value, graph.types[value]) for value in graph.inputs}
    offsets: dict[str, IntArray] = {}
    for node in graph.nodes:
        if not any(needed[value].any() for value in node.outputs):
            continue
        inputs = tuple(renamed[one] for one in node.inputs)
        if len(node.outputs) > 1:  # all of whose channels stay
            builder.copy(graph, node, inputs)
            renamed.update({one: one for one in node.outputs})
            continue
        (value,) = node.outputs
        place = Slimmed(
            graph.input_types(node),
            tuple(builder.types[one].element for one in inputs),
            tuple(needed[one] for one in node.inputs),
            needed[value],
            offsets.get(node.inputs[0], np.zeros(1, dtype=np.int64)),
        )
        offsets[value] = _left_out(node, place, known)
        (renamed[value],) = builder.add(value, restrict(node.op, place), inputs, node.origin)
        old = _part(graph.types[value], needed[value])
        element = builder.types[renamed[value]].element
        new = builder.types[renamed[value]].shape
        builder.types[renamed[value]] = TensorType(new, element, *old)
    return builder.build(tuple(renamed[value] for value in graph.outputs))


def _part(kind: TensorType, keep: Mask) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """Scale and zero point of the channels that stay."""
    scale = kind.scale if len(kind.scale) == 1 else tuple(np.array(kind.scale)[keep].tolist())
    zero = kind.zero_point
    return scale, zero if len(zero) == 1 else tuple(np.array(zero)[keep].tolist())


def _left_out(node: Node, place: Slimmed, known: Mapping[str, Known]) -> IntArray:
    """What the constants of channels that go would add to every sum that stays, int64 [M]."""
    weights, one = column_weights(node), known.get(node.inputs[0])
    if weights is None or one is None:
        return np.zeros(1, dtype=np.int64)
    gone = one.channels & ~place.inputs[0]
    value = np.where(gone, one.values[0, 0], 0)
    return np.asarray((weights[place.output].sum(axis=1) * value).sum(axis=1))


@singledispatch
def restrict(op: Op, place: Slimmed) -> Op:
    """An operation on the channels that stay: itself, where all channels are treated alike."""
    return op


@restrict.register
def _(op: Conv, place: Slimmed) -> Op:
    (inputs,) = place.inputs
    if op.groups > 1 and inputs.all():
        return op  # whose channels all stay; see `follow`
    if op.groups > 1:
        return replace(op, weights=op.weights[place.output], groups=int(inputs.sum()))
    return replace(op, weights=op.weights[place.output][..., inputs])


@restrict.register
def _(op: Matmul, place: Slimmed) -> Op:
    if op.groups > 1:
        return op  # whose channels all stay; see `follow`
    return Matmul(op.weights[:, place.output][..., place.inputs[0]])


@restrict.register
def _(op: Threshold, place: Slimmed) -> Op:
    thresholds = _rows(op.thresholds, place)
    base, slope = (_rows(part[:, None], place)[:, 0] for part in (op.base, op.slope))
    if place.offset.any():
        channels = int(place.output.sum())
        count = max(thresholds.shape[0], channels)
        thresholds, base, slope = (
            np.broadcast_to(part, (count, *part.shape[1:])) for part in (thresholds, base, slope)
        )
        moved = np.resize(np.broadcast_to(place.offset, (channels,)), count)
        thresholds = thresholds - moved[:, None]
    return Threshold(np.ascontiguousarray(thresholds), base.copy(), slope.copy(), op.element)


@restrict.register
def _(op: Table, place: Slimmed) -> Op:
    columns = columns_of(place.kinds[0].element, place.slim[0])
    return Table(_rows(op.values, place)[:, columns], op.element)


@restrict.register
def _(op: PairTable, place: Slimmed) -> Op:
    first, second = (
        columns_of(kind.element, slim) for kind, slim in zip(place.kinds, place.slim, strict=True)
    )
    return PairTable(op.values[np.ix_(first, second)], op.element)


@restrict.register
def _(op: Cast, place: Slimmed) -> Op:
    rows = (op.offset, op.grain, op.low, op.high)
    offset, grain, low, high = (_rows(part[:, None], place)[:, 0] for part in rows)
    return replace(op, offset=offset, grain=grain, low=low, high=high)


@restrict.register
def _(op: Reshape, place: Slimmed) -> Op:
    return Reshape((*op.shape[:2], int(place.output.sum())))


@restrict.register
def _(op: Gather, place: Slimmed) -> Op:
    (inputs,), (kind,) = place.inputs, place.kinds
    index = op.index[:, :, place.output]
    pixel, channel = index // kind.channels, index % kind.channels
    moved = pixel * int(inputs.sum()) + (np.cumsum(inputs) - 1)[channel]
    return Gather(np.where(index < 0, -1, moved), op.fill)


def _rows(rows: IntArray, place: Slimmed) -> IntArray:
    """Rows of an array [R, ...] for the channels that stay; R is 1, C or H*W*C."""
    if rows.shape[0] == 1:
        return rows
    kept = rows.reshape(-1, place.output.size, *rows.shape[1:])[:, place.output]
    return kept.reshape(-1, *rows.shape[1:])
