"""Remainders, and operators on the bits of integers."""

from __future__ import annotations

from functools import partial

import numpy as np

from hwcompile.diagnostics import fail
from hwcompile.frontends.model import SourceNode
from hwcompile.frontends.onnx.dialect.operator import Operator
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.elementwise import Inputs, binary
from hwcompile.frontends.symbolic.integer_arithmetic import held
from hwcompile.frontends.symbolic.pending import append, lazy_of
from hwcompile.frontends.symbolic.values import Value, constant_of


def _mod(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    """`fmod` has the sign of the dividend, the other remainder that of the divisor."""
    if constant_of(inputs[1]) is None:
        raise fail(
            "HW0201",
            "the divisor of this Mod is computed while the network runs",
            "it may be 0, and the format leaves the remainder undefined then",
            "use a constant divisor",
            node.origin,
        )
    return binary(ctx, node, inputs, "fmod" if int(node.attributes.get("fmod", 0)) else "mod")


def _not(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    """Every bit flipped: -1 - x, or the largest number of an unsigned type minus x."""
    value = lazy_of(inputs[0], node)
    signed = value.dtype.kind == "i"
    ones = -1 if signed else 2 ** (8 * value.dtype.itemsize) - 1
    if ones >= 2**63:
        return [held(ctx, value, node)]  # refuses uint64
    return [append(value, "rsub", node, (np.array([ones]),))]


HANDLERS = {"Mod": Operator(_mod), "BitwiseNot": Operator(_not)} | {
    name: Operator(partial(binary, kind=kind))
    for name, kind in (
        ("BitwiseAnd", "bit_and"),
        ("BitwiseOr", "bit_or"),
        ("BitwiseXor", "bit_xor"),
    )
}
