"""CumSum: a product with a matrix of ones on one side of its diagonal."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hwcompile.frontends.model import SourceNode
from hwcompile.frontends.onnx.dialect.operator import Operator
from hwcompile.frontends.onnx.linear import multiplied
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.elementwise import required_constant
from hwcompile.frontends.symbolic.moving import moved
from hwcompile.frontends.symbolic.pending import lazy_of
from hwcompile.frontends.symbolic.values import Constant, Value
from hwcompile.ir.types import IntArray


def _cum_sum(ctx: Context, node: SourceNode, inputs: Sequence[Value | None]) -> list[Value]:
    value = lazy_of(inputs[0], node)
    axis = int(required_constant(inputs, 1, node).reshape(-1)[0])
    ones = addends(
        value.shape[axis],
        bool(node.attributes.get("exclusive", 0)),
        bool(node.attributes.get("reverse", 0)),
    )
    last = moved(value, lambda a, fill: np.moveaxis(a, axis, -1), 0.0, node.origin)
    matrix = Constant(np.ascontiguousarray(ones.T).astype(value.dtype))
    result = multiplied(ctx, node, last, matrix)
    return [moved(result, lambda a, fill: np.moveaxis(a, -1, axis), 0.0, node.origin)]


def addends(length: int, exclusive: bool, reverse: bool) -> IntArray:
    """Which elements (columns) each sum (rows) adds up: int64 [length, length] of 0 and 1."""
    i, j = np.indices((length, length))
    before = j > i if reverse else j < i
    return (before if exclusive else before | (i == j)).astype(np.int64)


HANDLERS = {"CumSum": Operator(_cum_sum)}
