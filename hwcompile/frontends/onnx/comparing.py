"""Comparisons, logic on their results, and the choice between two tensors by one."""

from __future__ import annotations

from functools import partial

import numpy as np

from hwcompile.diagnostics import fail
from hwcompile.frontends.model import SourceNode
from hwcompile.frontends.onnx.dialect.operator import Operator
from hwcompile.frontends.onnx.qdq import as_float
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.elementwise import Inputs, meeting
from hwcompile.frontends.symbolic.integer_ends import close_whole
from hwcompile.frontends.symbolic.pending import append, lazy_of
from hwcompile.frontends.symbolic.values import (
    Bundle,
    Constant,
    Failed,
    HostValue,
    Lazy,
    Pair,
    Value,
    constant_of,
)
from hwcompile.ir.types import IntType
from hwcompile_runtime.chain import FloatOp

BOOL = np.dtype(np.bool_)

_REVERSED = {
    "greater": "less",
    "greater_equal": "less_equal",
    "less": "greater",
    "less_equal": "greater_equal",
    "equal": "equal",
}


def _compare(ctx: Context, node: SourceNode, inputs: Inputs, kind: str) -> list[Value]:
    """With a constant, or of two tensors: the sign of a difference is exact in floating point."""
    first, second = (constant_of(value) for value in inputs)
    if second is not None:
        return [_truth(ctx, append(lazy_of(inputs[0], node), kind, node, (second,)), node)]
    if first is not None:
        other = append(lazy_of(inputs[1], node), _REVERSED[kind], node, (first,))
        return [_truth(ctx, other, node)]
    difference = lazy_of(meeting(ctx, node, inputs[0], inputs[1], "sub"), node)
    return [_truth(ctx, append(difference, kind, node, (np.zeros(1),)), node)]


def _truth(ctx: Context, value: Lazy | HostValue, node: SourceNode) -> Value:
    """True where a number is not 0."""
    return _bit(ctx, value.then(FloatOp("cast", attributes={"to": "bool"}), BOOL), node)


def _bit(ctx: Context, value: Value, node: SourceNode) -> Value:
    """A truth; that of streams that meet as a stream of its own, which can meet others."""
    if isinstance(value, Pair | Bundle):
        return close_whole(ctx, value, IntType(0, 1), BOOL, node)
    return value


def _logic(ctx: Context, node: SourceNode, inputs: Inputs, kind: str) -> list[Value]:
    """Of two truths, numbers 0 and 1."""
    return [_bit(ctx, meeting(ctx, node, inputs[0], inputs[1], kind), node)]


def _xor(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    return [_truth(ctx, lazy_of(meeting(ctx, node, inputs[0], inputs[1], "sub"), node), node)]


def _not(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    return [append(lazy_of(inputs[0], node), "rsub", node, (np.ones(1),))]


def _where(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    """`c * x + (1 - c) * y` with c as 0 and 1: nothing is rounded, and -0 is 0 to a quantizer."""
    condition, yes, no = inputs
    if _is_zero(no, node):
        return [meeting(ctx, node, _mask(condition, True, yes, node), yes, "mul")]
    second = meeting(ctx, node, _mask(condition, False, no, node), no, "mul")
    if _is_zero(yes, node):
        return [second]
    first = meeting(ctx, node, _mask(condition, True, yes, node), yes, "mul")
    return [meeting(ctx, node, first, second, "add")]


def _mask(condition: Value | None, taken: bool, chosen: Value | None, node: SourceNode) -> Value:
    """1 where the condition is `taken`, else 0, in the type of what is chosen."""
    assert chosen is not None
    assert not isinstance(chosen, Failed)
    dtype = chosen.dtype
    known = constant_of(condition)
    if known is not None:
        return Constant((known.astype(np.bool_) == taken).astype(dtype))
    value = lazy_of(condition, node)
    value = value if taken else append(value, "rsub", node, (np.ones(1),))
    return as_float(value) if dtype.kind == "f" else value.then(_AS_INTEGER, dtype)


_AS_INTEGER = FloatOp("cast", attributes={"to": "bool"})


def _is_zero(value: Value | None, node: SourceNode) -> bool:
    """True for zeros everywhere: nothing is added where they are chosen."""
    known = constant_of(value)
    if known is None:
        return False
    if not np.all(np.isfinite(known)):
        raise fail(
            "HW0211",
            f"a constant of this {node.op_type} is not finite",
            "hardware computes on integers",
            "choose a number beyond the limits of the quantizer behind it",
            node.origin,
        )
    return not np.any(known)


_COMPARISONS = {
    "Greater": "greater",
    "GreaterOrEqual": "greater_equal",
    "Less": "less",
    "LessOrEqual": "less_equal",
    "Equal": "equal",
}

HANDLERS = {name: Operator(partial(_compare, kind=kind)) for name, kind in _COMPARISONS.items()} | {
    "And": Operator(partial(_logic, kind="mul")),
    "Or": Operator(partial(_logic, kind="max")),
    "Xor": Operator(_xor),
    "Not": Operator(_not),
    "Where": Operator(_where),
}
