"""Joins many streams in steps, because the library joins only a few at once."""

from __future__ import annotations

from hwcompile.ir.graph import Builder, Graph, Node
from hwcompile.ir.rewrite import rewrite
from hwcompile.ops.concat.interleave import MOST_INPUTS
from hwcompile.ops.concat.op import Concat


def nest_concats(graph: Graph) -> Graph:
    """Replace every `Concat` of more than `MOST_INPUTS` values; afterwards there is none.

    Before: `y = concat(a, b, c, d, e)`.
    After: `y_part = concat(a, b, c, d); y = concat(y_part, e)`.
    """

    def rule(builder: Builder, node: Node, inputs: tuple[str, ...]) -> tuple[str, ...] | None:
        if not isinstance(node.op, Concat) or len(inputs) <= MOST_INPUTS:
            return None
        while len(inputs) > MOST_INPUTS:
            inputs = tuple(
                _join(builder, node, inputs[at : at + MOST_INPUTS])
                for at in range(0, len(inputs), MOST_INPUTS)
            )
        builder.copy(graph, node, inputs)
        return node.outputs

    return rewrite(graph, rule)


def _join(builder: Builder, node: Node, values: tuple[str, ...]) -> str:
    """The name of `values` side by side; a single value is that already."""
    if len(values) == 1:
        return values[0]
    (value,) = builder.add(f"{node.name}_part", Concat(), values, node.origin)
    return value
