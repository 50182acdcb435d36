"""Constant operands of sums, products and pairs: what one stream makes is left, or the stream."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hwcompile.ir.graph import Builder, Graph, Node
from hwcompile.ir.op import Op
from hwcompile.ir.rewrite import rewrite
from hwcompile.ir.types import Encoding, TensorType
from hwcompile.ops.elementwise.op import Linear, PairTable, Product
from hwcompile.ops.table.op import Table, position
from hwcompile.passes.prune.known import Known


def drop_constant_operands(graph: Graph, known: Mapping[str, Known]) -> Graph:
    """Replace what reads two streams, one of which is one number everywhere.

    `a*x + b*k + c` becomes `a*x + c'`, `x*k` a sum of one stream, `table[x, k]` a table of x; and
    what gives x again becomes x.

    Returns:
        A new graph, or `graph` itself when there is nothing of the kind.
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
        if place is None:
            return None
        kinds, kept = graph.input_types(node), 1 - place
        kind, old = kinds[kept], graph.types[node.outputs[0]]
        alone = _alone(node.op, place, constants[node.inputs[place]], kinds)
        # Whoever looks a product or a pair up has a place for each value of its type.
        if not isinstance(node.op, Linear) and (
            builder.types[inputs[kept]].element != kind.element
            or alone.infer((kind,))[0].element != old.element
        ):
            return None
        # Outputs of the network keep their names.
        if _changes_nothing(alone, kind) and node.outputs[0] not in graph.outputs:
            return (inputs[kept],)
        if isinstance(alone, Linear) and alone.problems((kind,)):
            return None
        (value,) = builder.add(node.outputs[0], alone, (inputs[kept],), node.origin)
        builder.types[value] = old.with_element(builder.types[value].element)
        return (value,)

    return rewrite(graph, rule)


def _alone(op: Op, place: int, constant: int, kinds: tuple[TensorType, ...]) -> Op:
    """What is left of an operation whose operand at `place` is a constant."""
    if isinstance(op, Linear):
        offset = op.offset + op.coefficients[place] * constant
        return Linear((op.coefficients[1 - place],), offset)
    if isinstance(op, Product):
        return Linear((constant,), 0)
    assert isinstance(op, PairTable)
    column = int(position(kinds[place].element, np.array([constant]))[0])
    return Table(np.take(op.values, [column], axis=place).reshape(1, -1), op.element)


def _changes_nothing(op: Op, kind: TensorType) -> bool:
    """Whether the result is the operand, in the same encoding."""
    if isinstance(op, Linear):
        return (op.coefficients, op.offset) == ((1,), 0)
    assert isinstance(op, Table)
    element = kind.element
    if element.encoding is Encoding.BIPOLAR or op.element.encoding is Encoding.BIPOLAR:
        return False
    return bool(np.array_equal(op.values[0], np.arange(element.low, element.high + 1)))


def _operand(node: Node, constants: Mapping[str, int]) -> int | None:
    """Which of two operands is constant, where the other one is not."""
    if not isinstance(node.op, Linear | Product | PairTable) or len(node.inputs) != 2:
        return None
    which = np.array([value in constants for value in node.inputs])
    return int(np.argmax(which)) if which.sum() == 1 else None
