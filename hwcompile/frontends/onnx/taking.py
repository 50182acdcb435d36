"""Gather and GatherElements: constant places are wiring; places of another stream are `Take`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from hwcompile.diagnostics import CompileError, fail
from hwcompile.frontends.budget import limited
from hwcompile.frontends.model import SourceNode
from hwcompile.frontends.onnx import choosing, structure
from hwcompile.frontends.onnx.dialect.operator import Operator
from hwcompile.frontends.onnx.structure import Maker, moving
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.pending import same_ops, same_start
from hwcompile.frontends.symbolic.pure import one_stream_of
from hwcompile.frontends.symbolic.values import Stream, Value, constant_of
from hwcompile.ir.types import IntArray
from hwcompile.ops.gather.op import Take
from hwcompile_runtime.chain import Integers

Inputs = Sequence[Value | None]


def _taking(maker: Maker, ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    if inputs[1] is None or constant_of(inputs[1]) is not None:
        return moving(maker, ctx, node, inputs)
    data = one_stream_of(ctx, inputs[0], node)
    places = _places(ctx, inputs[1], node)
    axis = int(node.attributes.get("axis", 0)) % len(data.shape)
    if node.op_type == "GatherElements":
        return [_elements(ctx, data, places, axis, node)]
    return [_taken(ctx, data, places, places.index, axis, node)]


def _refused(node: SourceNode, what: str, why: str, fix: str) -> CompileError:
    return fail("HW0202", f"the indices of this {node.op_type} {what}", why, fix, node.origin)


def _places(ctx: Context, value: Value, node: SourceNode) -> Stream:
    """The stream of the indices, which are its integers.

    Raises:
        CompileError: HW0202 when they are something else.
    """
    stream = one_stream_of(ctx, value, node)
    if stream.chain.ops or not isinstance(stream.chain.start, Integers):
        raise _refused(
            node,
            f"are not integers of the network: {stream.chain.describe()} is pending",
            "a memory is read at places that a stream brings as they are",
            "take them from a TopK or ArgMax in front of it",
        )
    return stream


def _elements(ctx: Context, data: Stream, places: Stream, axis: int, node: SourceNode) -> Stream:
    """GatherElements, where all elements of an entry of the axis are wanted from one place."""
    line = np.take(places.index.swapaxes(0, axis).reshape(places.shape[axis], -1), 0, axis=1)
    shape = [1] * len(places.shape)
    shape[axis] = line.size
    alike = np.broadcast_to(line.reshape(shape), places.shape)
    whole = (*data.shape[:axis], places.shape[axis], *data.shape[axis + 1 :])
    if not np.array_equal(alike, places.index) or whole != places.shape:
        raise _refused(
            node,
            "are not the same for all elements of an entry",
            "entries of the axis are read from a memory as a whole",
            "expand one index per entry over the other axes, or use Gather",
        )
    return _taken(ctx, data, places, line, axis, node)


def _taken(
    ctx: Context, data: Stream, places: Stream, chosen: IntArray, axis: int, node: SourceNode
) -> Stream:
    """Entries of an axis by number.

    Args:
        ctx: State; its builder receives the op.
        data: What entries are taken of.
        places: The stream of the numbers.
        chosen: Which of its elements are wanted, int64 of any shape.
        axis: Of `data`.
        node: The operator.
    """
    rest = (*data.shape[:axis], *data.shape[axis + 1 :])
    limited((*rest, *chosen.shape), node.origin)
    first = data.moved(lambda a, fill: np.broadcast_to(np.take(a, [0], axis=axis), a.shape))
    if not same_start(first.chain, data.chain) or not same_ops(first.chain.ops, data.chain.ops):
        raise fail(
            "HW0235",
            f"the scale of this {node.op_type}'s operand differs along its axis",
            "an entry may come from any place, and its integers must mean the same",
            "insert a quantizer with one scale in front of it",
            node.origin,
        )
    entries = np.moveaxis(data.index, axis, 0).reshape(1, data.shape[axis], -1)
    x = ctx.arrange(data.value, entries, int(data.fill), node)
    numbers = ctx.arrange(places.value, chosen.reshape(1, 1, -1), int(places.fill), node)
    op, kinds = Take(), (ctx.type(x), ctx.type(numbers))
    problems = op.problems(kinds)
    if problems:
        raise fail(
            "HW0234",
            f"this {node.op_type} cannot be built: {'; '.join(problems)}",
            "an index that is no place of the axis has no element",
            "take the indices from as many elements as the axis has",
            node.origin,
        )
    value = ctx.emit(node, op, (x, numbers))
    index = np.arange(ctx.type(value).size).reshape(*chosen.shape, *rest)
    index = np.moveaxis(index, range(chosen.ndim), range(axis, axis + chosen.ndim))
    # Of the entries that are taken, the rows of the chain are those of the first one.
    some = np.zeros(chosen.shape, dtype=np.int64)
    chain = data.moved(lambda a, fill: np.take(a, some, axis=axis)).chain
    return Stream(value, index, chain, data.dtype)


HANDLERS = {
    name: Operator(partial(_taking, maker), keeps=True)
    for name, maker in (
        ("Gather", structure.MAKERS["Gather"]),
        ("GatherElements", choosing.MAKERS["GatherElements"]),
    )
}
