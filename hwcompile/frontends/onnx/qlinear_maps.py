"""QLinearAdd, QLinearMul, activations, concatenation, choice and softmax on integers.

These operators are ONNX Runtime's own, so its CPU kernels on x86-64 define them: the order of the
float32 operations here is theirs. Sums fuse each multiplication with an addition (AVX2), products
do not; activations, concatenations and choices are tables of 256 dequantized numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from hwcompile.diagnostics import fail
from hwcompile.frontends.model import Array, SourceNode
from hwcompile.frontends.onnx.qdq import as_float, dequantized
from hwcompile.frontends.onnx.qlinear_parameters import (
    output_type,
    quantized,
    real_of,
    rounded,
    scale_of,
    zero_of,
)
from hwcompile.frontends.onnx.qlinear_pools import POOLS
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.dialect import Handler
from hwcompile.frontends.symbolic.element_types import integer_interval
from hwcompile.frontends.symbolic.joining import joined
from hwcompile.frontends.symbolic.moving import moved
from hwcompile.frontends.symbolic.pending import append, common_shape, join, lazy_of, wide
from hwcompile.frontends.symbolic.pure import stream_of
from hwcompile.frontends.symbolic.ranking import on_host
from hwcompile.frontends.symbolic.rows import softmax_stream
from hwcompile.frontends.symbolic.values import (
    Bundle,
    HostValue,
    Lazy,
    Stream,
    Value,
    constant_of,
    shape_of,
)
from hwcompile_runtime.chain import FloatOp

Inputs = Sequence[Value | None]


def _add(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    """`fma(a, ra, fma(b, rb, zc - fma(ra, za, rb * zb)))`; a scalar first operand changes places.

    ra and rb are the scales of a and b by that of the result.
    """
    a, b = inputs[0], inputs[3]
    assert a is not None
    assert b is not None
    result = scale_of(inputs, 6, node)
    ratios = [scale_of(inputs, p, node) / result for p in (1, 4)]
    zeros = [zero_of(inputs, p, node).astype(np.float32) for p in (2, 5)]
    dtype = output_type(inputs, 7, a)
    if is_scalar_beside(shape_of(a), shape_of(b)):
        a, b, ratios, zeros = b, a, ratios[::-1], zeros[::-1]
    offset = zero_of(inputs, 7, node).astype(np.float32)
    fixed = offset - _fused(zeros[0], ratios[0], ratios[1] * zeros[1])
    if constant_of(b) is not None and constant_of(a) is not None:
        raise _constants(node)
    return [rounded(ctx, _sum(a, b, ratios, fixed, node), 0, dtype, node)]


def _sum(a: Value, b: Value, ratios: list[Array], fixed: Array, node: SourceNode) -> Value:
    """`fma(a, ratios[0], fma(b, ratios[1], fixed))`, at most one of a and b constant."""
    first, second = constant_of(a), constant_of(b)
    if second is not None:
        inner = _fused(second, ratios[1], fixed)
        return append(as_float(lazy_of(a, node)), "fma", node, (ratios[0], inner))
    inside = append(as_float(lazy_of(b, node)), "fma", node, (ratios[1], fixed))
    if first is not None:
        shape = common_shape(node, inside.shape, first.shape)
        grown = moved(inside, lambda x, fill: np.broadcast_to(x, shape), 0.0, node.origin)
        product = first.astype(np.float64) * ratios[0].astype(np.float64)
        total = _double(lazy_of(grown, node)).then(FloatOp("add", (wide(product, shape),)))
        return _single(total)
    outside = _double(as_float(lazy_of(a, node)))
    outside = outside.then(FloatOp("mul", (ratios[0].astype(np.float64),)))
    return _single(lazy_of(join("add", outside, _double(inside), node), node))


def is_scalar_beside(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    """True when ONNX Runtime's broadcasting repeats a single number of `a` along runs of `b`.

    It looks at the innermost axis on which one of both is longer than 1.
    """
    rank = max(len(a), len(b))
    sizes = zip((1,) * (rank - len(a)) + a, (1,) * (rank - len(b)) + b, strict=True)
    innermost = next((pair for pair in reversed(list(sizes)) if pair != (1, 1)), (1, 1))
    return innermost[0] == 1


def _double(value: Lazy | HostValue) -> Lazy | HostValue:
    return value.then(FloatOp("cast", attributes={"to": "float64"}))


def _single(value: Lazy | HostValue) -> Lazy | HostValue:
    return value.then(FloatOp("cast", attributes={"to": "float32"}))


def _fused(x: Array, factor: Array, offset: Array) -> Array:
    """float32(x * factor + offset) with one rounding."""
    exact = x.astype(np.float64) * factor.astype(np.float64) + offset.astype(np.float64)
    return exact.astype(np.float32)


def _constants(node: SourceNode) -> Exception:
    return fail(
        "HW0201",
        f"all operands of this {node.op_type} are constants",
        "it computes nothing while the network runs",
        "fold the constants of the model with onnxruntime's basic optimizations",
        node.origin,
    )


def _mul(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    """`(a - za) * (b - zb)` exactly, times one ratio, plus the zero point: two roundings."""
    a, b = inputs[0], inputs[3]
    first, second, result = (scale_of(inputs, p, node) for p in (1, 4, 6))
    ratio = np.asarray(first * second / result, dtype=np.float32)
    zeros = [zero_of(inputs, p, node) for p in (2, 5, 7)]
    dtype = output_type(inputs, 7, a)
    if constant_of(a) is not None:
        a, b, zeros[0], zeros[1] = b, a, zeros[1], zeros[0]
    if constant_of(a) is not None:
        raise _constants(node)
    one = np.ones(1, dtype=np.float32)
    left = dequantized(lazy_of(a, node), one, zeros[0], node)
    other = constant_of(b)
    if other is not None:
        factor = (other.astype(np.int64) - zeros[1]).astype(np.float32)
        product: Value = append(left, "mul", node, (factor,))
    else:
        right = dequantized(lazy_of(b, node), one, zeros[1], node)
        product = join("mul", left, right, node)
    line = append(lazy_of(product, node), "mul", node, (ratio,))
    line = append(line, "add", node, (zeros[2].astype(np.float32),))
    return [rounded(ctx, line, 0, dtype, node)]


def _activation(ctx: Context, node: SourceNode, inputs: Inputs, kind: str) -> list[Value]:
    real = real_of(inputs, 0, node)
    given: dict[str, Any] = {
        k: float(v) for k, v in node.attributes.items() if k == "alpha" and kind == "leaky_relu"
    }
    return [quantized(ctx, append(real, kind, node, **given), inputs, 3, inputs[0], node)]


def _concat(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    parts = []
    for position in range(2, len(inputs), 3):
        real = real_of(inputs, position, node)
        parts.append(quantized(ctx, real, inputs, 0, inputs[position], node))
    return [joined(ctx, parts, int(node.attributes["axis"]), node)]


def _where(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    condition = constant_of(inputs[0])
    if condition is None:
        raise fail(
            "HW0274",
            f"the condition of this {node.op_type} is computed while the network runs",
            "hardware is wired for one choice",
            "make the condition a constant of the model",
            node.origin,
        )
    shapes = [shape_of(v) for v in (inputs[1], inputs[4]) if v is not None]
    shape = common_shape(node, condition.shape, *shapes)
    chosen = np.broadcast_to(condition.astype(bool), shape)
    parts: list[Stream | Bundle] = []
    for position in (1, 4):
        real = real_of(inputs, position, node)
        part = quantized(ctx, real, inputs, 7, inputs[position], node)
        part = moved(part, lambda x, fill: np.broadcast_to(x, shape)[None], 0.0, node.origin)
        assert isinstance(part, Stream | Bundle)
        parts.append(part)
    both = joined(ctx, parts, 0, node)
    return [both.moved(lambda x, fill: np.where(chosen, x[0], x[1]))]


def _softmax(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    value = lazy_of(inputs[0], node)
    dtype = output_type(inputs, 4, inputs[0])
    element = integer_interval(dtype, node)
    opset = int(node.attributes.get("opset", 13))
    shape, axis = value.shape, int(node.attributes.get("axis", 1 if opset < 13 else -1))
    if opset < 13:
        split = axis % len(shape)
        shape, axis = (int(np.prod(shape[:split])), int(np.prod(shape[split:]))), 1
    result = on_host(
        value,
        "quantized_softmax",
        value.shape,
        dtype,
        shape=list(shape),
        axis=axis,
        input_scale=float(scale_of(inputs, 1, node)[0]),
        scale=float(scale_of(inputs, 3, node)[0]),
        zero_point=int(zero_of(inputs, 4, node)[0]),
        low=element.low,
        high=element.high,
    )

    def inside() -> Stream:
        """As a Softmax between quantizers, where an operator of the network needs it."""
        shares = softmax_stream(ctx, real_of(inputs, 0, node), tuple(shape), axis, node)
        return stream_of(quantized(ctx, shares, inputs, 3, inputs[0], node), node)

    return [replace(result, inside=inside)]


MAPS: dict[str, Handler] = {
    "QLinearAdd": _add,
    "QLinearMul": _mul,
    "QLinearLeakyRelu": partial(_activation, kind="leaky_relu"),
    "QLinearSigmoid": partial(_activation, kind="rational_sigmoid"),
    "QLinearConcat": _concat,
    "QLinearWhere": _where,
    "QLinearSoftmax": _softmax,
    **POOLS,
}
