"""Element-wise operations on one or two tensors of the network: appended to what is pending."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hwcompile.diagnostics import fail
from hwcompile.frontends.model import Array, SourceNode
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.integer_arithmetic import (
    check_divisor,
    check_exponent,
    check_power,
    check_streams,
    held,
)
from hwcompile.frontends.symbolic.integer_ends import close_if_whole, summed_value
from hwcompile.frontends.symbolic.pending import (
    append,
    domain_of_value,
    join,
    lazy_of,
    meet_alike,
)
from hwcompile.frontends.symbolic.values import HostValue, Lazy, Value, constant_of

Inputs = Sequence[Value | None]


def required_constant(inputs: Inputs, position: int, node: SourceNode) -> Array:
    """An operand that must be known.

    Raises:
        CompileError: HW0201 when it is computed while the network runs.
    """
    array = constant_of(inputs[position]) if position < len(inputs) else None
    if array is None:
        raise fail(
            "HW0201",
            f"input {position} of this {node.op_type} is computed while the network runs",
            "it must be a constant of the model",
            "fold the constants of the model before it is compiled",
            node.origin,
        )
    return array


_REVERSED = {"sub": "rsub", "div": "rdiv"}


def binary(ctx: Context, node: SourceNode, inputs: Inputs, kind: str) -> list[Value]:
    """Two operands (or more, one after the other), at least one of them not constant."""
    value = inputs[0]
    for other in inputs[1:]:
        value = held(ctx, meeting(ctx, node, value, other, kind), node)
    assert value is not None
    return [value]


def meeting(
    ctx: Context, node: SourceNode, left: Value | None, right: Value | None, kind: str
) -> Value:
    """Two operands, at least one of them not constant; integers may leave their type's ends.

    Raises:
        CompileError: HW0201 where the constant has no such operation, HW0202 and HW0204 where the
            operands do not fit each other, HW0261 where the result is not defined.
    """
    first, second = constant_of(left), constant_of(right)
    if second is not None:
        return _by_constant(ctx, node, lazy_of(left, node), second, kind)
    if first is None:
        check_streams(node, kind, lazy_of(left, node).dtype)
        if not meet_alike(left, right):
            left, right = (summed_value(ctx, side, node) for side in (left, right))
        return join(kind, lazy_of(left, node), lazy_of(right, node), node)
    value = lazy_of(right, node)
    if kind == "div" and np.all(first == 1) and domain_of_value(value) is np.float32:
        return append(value, "reciprocal", node)
    if kind == "pow" and domain_of_value(value) is np.float32:
        return append(value, "rpow", node, (first,))
    if kind in ("pow", "mod", "fmod") or (kind == "div" and domain_of_value(value) is np.int64):
        raise fail(
            "HW0201",
            f"a {node.op_type} of a constant by the tensor is not supported",
            "",
            "rewrite it with Exp or Reciprocal",
            node.origin,
        )
    return append(value, _REVERSED.get(kind, kind), node, (first,))


def _by_constant(
    ctx: Context, node: SourceNode, value: Lazy | HostValue, constant: Array, kind: str
) -> Value:
    whole = domain_of_value(value) is np.int64
    if whole and kind in ("div", "mod", "fmod"):
        check_divisor(node, value.dtype, constant)
    if whole and kind == "pow":
        check_exponent(node, constant)
    result = append(value, kind, node, (constant,))
    if whole and kind == "pow":
        check_power(ctx, node, result, constant)
    return result


def rounding(ctx: Context, node: SourceNode, inputs: Inputs, kind: str) -> list[Value]:
    """Rounding of real numbers to whole ones (`kind`); integers stay what they are."""
    value = lazy_of(inputs[0], node)
    if domain_of_value(value) is np.int64:
        return [value]
    return [close_if_whole(ctx, append(value, kind, node), node)]
