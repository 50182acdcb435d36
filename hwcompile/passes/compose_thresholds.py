"""Merges two threshold nodes in a row into one: a requantization of a requantization."""

from __future__ import annotations

import numpy as np

from hwcompile.ir.graph import Builder, Graph, Node
from hwcompile.ir.rewrite import rewrite
from hwcompile.ir.types import Encoding, IntArray, TensorType
from hwcompile.ops.threshold import Threshold


def compose_thresholds(graph: Graph) -> Graph:
    """Replace `b = T2(T1(x))` by `b = T(x)` where only T2 reads T1's result.

    Both are step functions of x, so the composition is one too; it is computed level by level and
    is exact. Guarantees nothing about nodes that are read more than once or are graph outputs.
    """

    def rule(builder: Builder, node: Node, inputs: tuple[str, ...]) -> tuple[str, ...] | None:
        first = graph.producer(node.inputs[0])
        if first is None or not isinstance(node.op, Threshold):
            return None
        inner = _defining_node(builder, inputs[0])
        if inner is None or not isinstance(inner.op, Threshold):
            return None
        if len(graph.consumers(node.inputs[0])) > 1 or node.inputs[0] in graph.outputs:
            return None
        kind = builder.types[inner.inputs[0]]
        merged = compose(inner.op, node.op, kind)
        if merged is None:
            return None
        old = graph.types[node.outputs[0]]
        (value,) = builder.add(node.name, merged, inner.inputs, node.origin)
        builder.types[value] = old.with_element(builder.types[value].element)
        return (value,)

    return rewrite(graph, rule)


def _defining_node(builder: Builder, value: str) -> Node | None:
    """The node of a builder that defines `value`, or None for a graph input."""
    return next((n for n in reversed(builder.nodes) if value in n.outputs), None)


def compose(inner: Threshold, outer: Threshold, kind: TensorType) -> Threshold | None:
    """One threshold op equal to `outer(inner(x))` for every x; None when rows do not match.

    Args:
        inner: Applied first.
        outer: Applied to the result.
        kind: Type of x. Padding of rows with fewer steps uses a threshold above its interval.
    """
    rows = max(inner.base.size, outer.base.size)
    if any(op.base.size not in (1, rows) for op in (inner, outer)):
        return None
    results = _outputs(outer, _levels(inner, rows))
    steps = np.abs(np.diff(results, axis=1)) // _step(outer)
    thresholds = np.full(
        (rows, max(1, int(steps.sum(axis=1).max(initial=0)))), kind.element.high + 1, dtype=np.int64
    )
    inner_rows = np.broadcast_to(inner.thresholds, (rows, inner.thresholds.shape[1]))
    for row, repeats in enumerate(steps):
        reached = np.repeat(inner_rows[row], repeats)
        thresholds[row, : reached.size] = np.minimum(reached, kind.element.high + 1)
    base = results[:, 0]
    if outer.element.encoding is Encoding.BIPOLAR:
        slope = -base
    else:
        slope = np.where(results[:, -1] >= base, 1, -1).astype(np.int64)
    return Threshold(thresholds, base, slope, outer.element)


def _step(op: Threshold) -> int:
    return 2 if op.element.encoding is Encoding.BIPOLAR else 1


def _levels(op: Threshold, rows: int) -> IntArray:
    """Every output of the op in the order in which rising inputs reach them, int64 [rows, n+1]."""
    counts = np.arange(op.thresholds.shape[1] + 1, dtype=np.int64)
    levels = op.base[:, None] + op.slope[:, None] * _step(op) * counts
    return np.broadcast_to(levels, (rows, counts.size))


def _outputs(op: Threshold, values: IntArray) -> IntArray:
    """The op applied to int64 [rows, m], row by row."""
    thresholds = np.broadcast_to(op.thresholds, (values.shape[0], op.thresholds.shape[1]))
    counts = [np.searchsorted(t, x, side="right") for t, x in zip(thresholds, values, strict=True)]
    result: IntArray = op.base[:, None] + op.slope[:, None] * _step(op) * np.stack(counts)
    return result
