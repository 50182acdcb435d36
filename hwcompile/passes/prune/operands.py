"""Constant operands of sums: the sum of one stream is left, or the stream itself."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hwcompile.ir.graph import Builder, Graph, Node
from hwcompile.ir.rewrite import rewrite
from hwcompile.ops.elementwise.op import MOST_COEFFICIENT, Linear
from hwcompile.passes.prune.known import Known


def drop_constant_operands(graph: Graph, known: Mapping[str, Known]) -> Graph:
    """Replace `a*x + b*k + c`, where k is one number everywhere, by `a*x + c'`, or by x.

    Returns:
        A new graph, or `graph` itself when there is no such sum.
    """
    constants = {
        value: int(one.values.flat[0])
        for value, one in known.items()
        if one.which.all() and (one.values == one.values.flat[0]).all()
    }
    if not any(_operand(node, constants) is not None for node in graph.nodes):
        return graph

    def rule(builder: Builder, node: Node, inputs: tuple[str, ...]) -> tuple[str, ...] | None:
        place = _operand(node, constants)
        if place is None or not isinstance(node.op, Linear):
            return None
        kept = 1 - place
        offset = node.op.offset + node.op.coefficients[place] * constants[node.inputs[place]]
        factor = node.op.coefficients[kept]
        old = graph.types[node.outputs[0]]
        # Outputs of the network keep their names.
        if (factor, offset) == (1, 0) and node.outputs[0] not in graph.outputs:
            return (inputs[kept],)
        if abs(offset) >= MOST_COEFFICIENT:
            return None
        sum_of_one = Linear((factor,), offset)
        (value,) = builder.add(node.outputs[0], sum_of_one, (inputs[kept],), node.origin)
        builder.types[value] = old.with_element(builder.types[value].element)
        return (value,)

    return rewrite(graph, rule)


def _operand(node: Node, constants: Mapping[str, int]) -> int | None:
    """Which of two operands of a sum is constant, where the other one is not."""
    if not isinstance(node.op, Linear) or len(node.inputs) != 2:
        return None
    which = np.array([value in constants for value in node.inputs])
    return int(np.argmax(which)) if which.sum() == 1 else None
