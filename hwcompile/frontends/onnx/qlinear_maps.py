"""QLinearAdd, QLinearMul, pools, activations, concatenation and softmax on integers.

Arithmetic as in ONNX Runtime's CPU kernels: sums and products add the zero point before they
round; pools, activations and concatenations dequantize, compute in float32, and quantize.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from hwcompile.diagnostics import fail
from hwcompile.frontends.model import Array, SourceNode
from hwcompile.frontends.numbers.quantizer_sources import checked_scale, from_quantize_linear
from hwcompile.frontends.onnx.concat import joined
from hwcompile.frontends.onnx.pooling import average_pool, global_average
from hwcompile.frontends.onnx.qdq import as_float, dequantized, integer_interval
from hwcompile.frontends.onnx.ranking import on_host
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.interpreter import Handler
from hwcompile.frontends.symbolic.pending import append, join, lazy_of
from hwcompile.frontends.symbolic.quantize import quantize
from hwcompile.frontends.symbolic.quantizing import Quantization
from hwcompile.frontends.symbolic.values import (
    Bundle,
    Constant,
    Pair,
    QuantizedConstant,
    Stream,
    Value,
    constant_of,
)

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


def _scale(inputs: Inputs, position: int, node: SourceNode) -> Array:
    return checked_scale(_number(inputs, position, node), node.origin)


def _zero(inputs: Inputs, position: int, node: SourceNode) -> Array:
    return _number(inputs, position, node).astype(np.int64)


def _output_type(inputs: Inputs, position: int, value: Value | None) -> np.dtype[np.generic]:
    zero = inputs[position] if position < len(inputs) else None
    chosen = zero if zero is not None else value
    assert isinstance(chosen, Constant | QuantizedConstant | Stream | Pair | Bundle)
    return np.dtype(chosen.dtype)


def _quantized(
    ctx: Context, value: Value, inputs: Inputs, scale: int, like: Value | None, node: SourceNode
) -> Value:
    """QuantizeLinear with the scale and zero point at inputs `scale` and `scale + 1`."""
    dtype = _output_type(inputs, scale + 1, like)
    element = integer_interval(dtype, node)
    quantizer = from_quantize_linear(
        _scale(inputs, scale, node),
        _zero(inputs, scale + 1, node),
        element.low,
        element.high,
        node.origin,
    )
    return quantize(ctx, value, Quantization(quantizer, None, True, dtype), node)


def _rounded(ctx: Context, value: Value, dtype: np.dtype[np.generic], node: SourceNode) -> Value:
    """The nearest integer of a type: the zero point is already in the value."""
    element = integer_interval(dtype, node)
    quantizer = from_quantize_linear(1.0, 0, element.low, element.high, node.origin)
    return quantize(ctx, value, Quantization(quantizer, None, True, dtype), node)


def _add(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    a, b = inputs[0], inputs[3]
    first, second, result = (_scale(inputs, p, node) for p in (1, 4, 6))
    ratio_a, ratio_b = first / result, second / result
    zeros = [_zero(inputs, p, node).astype(np.float32) for p in (2, 5, 7)]
    fixed = zeros[2] - (ratio_a * zeros[0] + ratio_b * zeros[1])
    dtype = _output_type(inputs, 7, a)
    if constant_of(a) is not None:
        a, b, ratio_a, ratio_b = b, a, ratio_b, ratio_a
    other = constant_of(b)
    if other is not None:
        line = append(as_float(lazy_of(a, node)), "fma", node,
                      (ratio_a, _fused(other, ratio_b, fixed)))  # fmt: skip
        return [_rounded(ctx, line, dtype, node)]
    left = append(as_float(lazy_of(a, node)), "mul", node, (ratio_a,))
    right = append(as_float(lazy_of(b, node)), "fma", node, (ratio_b, fixed))
    return [_rounded(ctx, join("add", left, right, node), dtype, node)]


def _fused(x: Array, factor: Array, offset: Array) -> Array:
    """float32(x * factor + offset) with one rounding."""
    wide = x.astype(np.float64) * factor.astype(np.float64) + offset.astype(np.float64)
    return wide.astype(np.float32)


def _mul(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    a, b = inputs[0], inputs[3]
    first, second, result = (_scale(inputs, p, node) for p in (1, 4, 6))
    ratio = np.asarray(first * second / result, dtype=np.float32)
    zeros = [_zero(inputs, p, node) for p in (2, 5, 7)]
    dtype = _output_type(inputs, 7, a)
    if constant_of(a) is not None:
        a, b, zeros[0], zeros[1] = b, a, zeros[1], zeros[0]
    one = np.ones(1, dtype=np.float32)
    left = dequantized(lazy_of(a, node), one, zeros[0], node)
    other = constant_of(b)
    if other is not None:
        factor = (other.astype(np.int64) - zeros[1]).astype(np.float32)
        product: Value = append(left, "mul", node, (factor,))
    else:
        right = dequantized(lazy_of(b, node), one, zeros[1], node)
        product = join("mul", left, right, node)
    line = append(lazy_of(product, node), "fma", node, (ratio, zeros[2].astype(np.float32)))
    return [_rounded(ctx, line, dtype, node)]


def _real(inputs: Inputs, position: int, node: SourceNode) -> Value:
    """The operand at `position` dequantized by the two inputs behind it."""
    value = lazy_of(inputs[position], node)
    scale, zero = _scale(inputs, position + 1, node), _zero(inputs, position + 2, node)
    return dequantized(value, scale, zero, node)


def _pool(ctx: Context, node: SourceNode, inputs: Inputs, handler: Handler) -> list[Value]:
    real = _real(inputs, 0, node)
    last = bool(node.attributes.get("channels_last", 0))
    if last:
        assert isinstance(real, Stream)
        real = real.moved(lambda a, fill: np.moveaxis(a, -1, 1))
    (pooled,) = handler(ctx, node, [real])
    if last:
        assert isinstance(pooled, Stream)
        pooled = pooled.moved(lambda a, fill: np.moveaxis(a, 1, -1))
    return [_quantized(ctx, pooled, inputs, 3, inputs[0], node)]


def _activation(ctx: Context, node: SourceNode, inputs: Inputs, kind: str) -> list[Value]:
    real = lazy_of(_real(inputs, 0, node), node)
    given: dict[str, Any] = {
        k: float(v) for k, v in node.attributes.items() if k == "alpha" and kind == "leaky_relu"
    }
    return [_quantized(ctx, append(real, kind, node, **given), inputs, 3, inputs[0], node)]


def _concat(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    parts = []
    for position in range(2, len(inputs), 3):
        real = _real(inputs, position, node)
        parts.append(_quantized(ctx, real, inputs, 0, inputs[position], node))
    return [joined(ctx, parts, int(node.attributes["axis"]), node)]


def _softmax(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    value = lazy_of(inputs[0], node)
    dtype = _output_type(inputs, 4, inputs[0])
    element = integer_interval(dtype, node)
    shape, axis = value.shape, int(node.attributes.get("axis", -1))
    if int(node.attributes.get("opset", 13)) < 13:
        split = axis % len(shape)
        shape, axis = (int(np.prod(shape[:split])), int(np.prod(shape[split:]))), 1
    return [
        on_host(
            value,
            "quantized_softmax",
            value.shape,
            dtype,
            shape=list(shape),
            axis=axis,
            input_scale=float(_scale(inputs, 1, node)[0]),
            scale=float(_scale(inputs, 3, node)[0]),
            zero_point=int(_zero(inputs, 4, node)[0]),
            low=element.low,
            high=element.high,
        )
    ]


MAPS: dict[str, Handler] = {
    "QLinearAdd": _add,
    "QLinearMul": _mul,
    "QLinearAveragePool": partial(_pool, handler=average_pool),
    "QLinearGlobalAveragePool": partial(_pool, handler=global_average),
    "QLinearLeakyRelu": partial(_activation, kind="leaky_relu"),
    "QLinearSigmoid": partial(_activation, kind="sigmoid"),
    "QLinearConcat": _concat,
    "QLinearSoftmax": _softmax,
}
