"""Scales, zero points and types of the operators that take integers with their scales."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hwcompile.diagnostics import fail
from hwcompile.frontends.model import Array, SourceNode
from hwcompile.frontends.numbers.quantizer_checks import checked_scale
from hwcompile.frontends.onnx.qdq import dequantized
from hwcompile.frontends.onnx.quantizer_sources import from_quantize_linear
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.element_types import integer_interval
from hwcompile.frontends.symbolic.pending import lazy_of
from hwcompile.frontends.symbolic.quantize import quantize
from hwcompile.frontends.symbolic.quantizing import Quantization
from hwcompile.frontends.symbolic.values import (
    Bundle,
    Constant,
    HostValue,
    Lazy,
    Pair,
    QuantizedConstant,
    Stream,
    Value,
    constant_of,
)
from hwcompile.ir.types import IntArray

Inputs = Sequence[Value | None]


def _number(inputs: Inputs, position: int, node: SourceNode) -> Array:
    """A scale or zero point, [1]."""
    value = inputs[position] if position < len(inputs) else None
    array = np.zeros(1) if value is None else constant_of(value)
    if array is None or array.size != 1:
        raise fail(
            "HW0217",
            f"input {position} of this {node.op_type} is no single constant",
            "scales and zero points are fixed, one per tensor",
            "use static quantization per tensor",
            node.origin,
        )
    return array.reshape(1)


def scale_of(inputs: Inputs, position: int, node: SourceNode) -> Array:
    """The scale at `position`, float32 [1].

    Raises:
        CompileError: HW0217 when it is no single constant, HW0212 when it is no positive number.
    """
    return checked_scale(_number(inputs, position, node), node.origin)


def zero_of(inputs: Inputs, position: int, node: SourceNode) -> IntArray:
    """The zero point at `position`, int64 [1]; 0 when it is absent.

    Raises:
        CompileError: HW0217 when it is no single constant.
    """
    return _number(inputs, position, node).astype(np.int64)


def output_type(inputs: Inputs, position: int, value: Value | None) -> np.dtype[np.generic]:
    """The type of the result: that of its zero point at `position`, else that of `value`."""
    zero = inputs[position] if position < len(inputs) else None
    chosen = zero if zero is not None else value
    assert isinstance(chosen, Constant | QuantizedConstant | Stream | Pair | Bundle)
    return np.dtype(chosen.dtype)


def quantized(
    ctx: Context, value: Value, inputs: Inputs, scale: int, like: Value | None, node: SourceNode
) -> Value:
    """QuantizeLinear with the scale and zero point at inputs `scale` and `scale + 1`."""
    dtype = output_type(inputs, scale + 1, like)
    element = integer_interval(dtype, node)
    quantizer = from_quantize_linear(
        scale_of(inputs, scale, node),
        zero_of(inputs, scale + 1, node),
        element.low,
        element.high,
        node.origin,
    )
    return quantize(ctx, value, Quantization(quantizer, None, True, dtype), node)


def rounded(
    ctx: Context, value: Value, zero: int, dtype: np.dtype[np.generic], node: SourceNode
) -> Value:
    """The nearest integer plus `zero`, limited to the type: the value is already in its steps."""
    element = integer_interval(dtype, node)
    quantizer = from_quantize_linear(1.0, zero, element.low, element.high, node.origin)
    return quantize(ctx, value, Quantization(quantizer, None, True, dtype), node)


def real_of(inputs: Inputs, position: int, node: SourceNode) -> Lazy | HostValue:
    """The operand at `position` dequantized by the two inputs behind it."""
    value = lazy_of(inputs[position], node)
    scale, zero = scale_of(inputs, position + 1, node), zero_of(inputs, position + 2, node)
    return dequantized(value, scale, zero, node)
