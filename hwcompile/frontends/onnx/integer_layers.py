"""Conv, Gemm and MatMul of integer tensors, as Deeploy's files have them.

ONNX gives these operators real numbers only. A file with Deeploy's integer operators means
integers, and sums of 32 bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from hwcompile.frontends.model import SourceNode
from hwcompile.frontends.onnx.deeploy import held_integers, malformed, whole_numbers
from hwcompile.frontends.onnx.dialect.operator import Operator
from hwcompile.frontends.onnx.linear import biased
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.elementwise import required_constant
from hwcompile.frontends.symbolic.integer_arithmetic import held
from hwcompile.frontends.symbolic.values import Constant, Failed, Value, shape_of

Inputs = Sequence[Value | None]

_INT32 = np.dtype(np.int32)


def with_integers(operator: Operator, product: Operator, bias_axis: int | None) -> Operator:
    """The operator that also takes integers.

    Args:
        operator: Of real numbers.
        product: What multiplies the integers of its first two inputs; `operator` itself, or MatMul.
        bias_axis: The axis that a third input spreads over; None where there is none.
    """

    def handler(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
        kinds = [_integer_type(value) for value in inputs[:2]]
        known = [kind for kind in kinds if kind is not None]
        legal = node.op_type == "MatMul" and all(kind.itemsize > 2 for kind in known)
        if len(known) < 2 or legal:
            return list(operator.handler(ctx, node, inputs))
        kind = max(np.result_type(*known), _INT32, key=lambda t: t.itemsize)
        factors = inputs[:2] if product is operator else _operands(node, inputs)
        (found,) = product.handler(ctx, node, factors)
        result: Value = held(ctx, replace(held_integers(ctx, found, node), dtype=kind), node)
        if bias_axis is None or len(inputs) < 3 or inputs[2] is None:
            return [result]
        bias = whole_numbers(required_constant(inputs, 2, node), node, "bias")
        return [
            held(ctx, biased(result, Constant(bias), bias_axis % len(shape_of(result)), node), node)
        ]

    return replace(operator, handler=handler)


def _operands(node: SourceNode, inputs: Inputs) -> list[Value | None]:
    """What a Gemm multiplies, its constant turned where it says so.

    Raises:
        CompileError: HW0204 for factors, which are real numbers, and HW0201 for a tensor of the
            network that would be turned.
    """
    for name in ("alpha", "beta"):
        if float(node.attributes.get(name, 1.0)) != 1.0:
            raise malformed(node, f"its {name} is {node.attributes[name]:g}", "leave it out")
    operands = list(inputs[:2])
    for position, name in enumerate(("transA", "transB")):
        if int(node.attributes.get(name, 0)):
            operands[position] = Constant(required_constant(inputs, position, node).T)
    return operands


def _integer_type(value: Value | None) -> np.dtype[np.generic] | None:
    """The element type of an integer tensor."""
    dtype = None if value is None or isinstance(value, Failed) else value.dtype
    return dtype if dtype is not None and dtype.kind in "iu" else None
