"""Functions of one tensor, element by element: every integer of int8 is looked at."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from hwcompile.frontends.numbers.integer_functions import IntegerFunction
from hwcompile.frontends.tflite.contents import LiteNode, LiteTensor
from hwcompile.frontends.tflite.fixed_point import Factor
from hwcompile.frontends.tflite.interpolated import (
    LOGISTIC,
    TANH,
    Real,
    exponential_of_table,
    sigmoid_of_table,
)
from hwcompile.frontends.tflite.lowering import LiteGraph, unsupported
from hwcompile.frontends.tflite.requantizing import Requantization, half_away, in_result_steps
from hwcompile.ir.types import IntArray
from hwcompile_runtime.gemmlowp import divided_by_power
from hwcompile_runtime.rows import FloatArray

Handler = Callable[[LiteGraph, LiteNode], None]

_RANGES = {
    "RELU": (0.0, None),
    "RELU_0_TO_1": (0.0, 1.0),
    "RELU_N1_TO_1": (-1.0, 1.0),
    "RELU6": (0.0, 6.0),
}


def _both(ctx: LiteGraph, node: LiteNode) -> tuple[LiteTensor, LiteTensor]:
    source, result = ctx.operand(node, 0), ctx.result(node)
    ctx.interval(node, source)
    ctx.interval(node, result)
    return source, result


def requantize(ctx: LiteGraph, node: LiteNode) -> None:
    """`QUANTIZE` of integers: another scale and zero point."""
    source, result = _both(ctx, node)
    real = float(source.scale[0]) / float(result.scale[0])
    element = ctx.interval(node, result)
    _rescaled(ctx, node, real, element.low, element.high)


def _relu(ctx: LiteGraph, node: LiteNode) -> None:
    """The RELU family as an operator of its own, which may change the scale."""
    source, result = _both(ctx, node)
    element = ctx.interval(node, result)
    low, high = element.low, element.high
    least, most = _RANGES[node.operator]
    zero, scale = int(result.zero_point[0]), result.scale[0]
    low = max(low, zero + half_away(np.float32(least) / scale))
    if most is not None:
        high = min(high, zero + half_away(np.float32(most) / scale))
    _rescaled(ctx, node, float(source.scale[0]) / float(scale), low, high)


def _rescaled(ctx: LiteGraph, node: LiteNode, real: float, low: int, high: int) -> None:
    source, result = ctx.operand(node, 0), ctx.result(node)
    offset = -source.zero_point[:1]
    steps = Requantization(offset, Factor.of(real), int(result.zero_point[0]), low, high)
    ctx.finish(node, in_result_steps(ctx, node, ctx.stream(node, 0), steps))


def _leaky_relu(ctx: LiteGraph, node: LiteNode) -> None:
    """`LEAKY_RELU`: one factor above zero and one below."""
    source, result = _both(ctx, node)
    ratio = float(source.scale[0]) / float(result.scale[0])
    alpha = float(np.float32(node.real("Alpha")))
    slopes = float(source.scale[0]) * alpha / float(result.scale[0])
    _two_slopes(ctx, node, ratio, slopes, np.ones(1, np.int64))


def _prelu(ctx: LiteGraph, node: LiteNode) -> None:
    """`PRELU`: the factor below zero is a quantized constant for each channel."""
    source, result = _both(ctx, node)
    slopes = ctx.operand(node, 1)
    data = ctx.given(node, 1, "slopes").reshape(-1).astype(np.int64)
    ctx.interval(node, slopes)
    if slopes.dtype not in ("int8", "int4"):
        raise unsupported(
            node,
            f"has slopes of {slopes.dtype}",
            "TFLite's kernels read them as int8, whatever the tensor says",
            "convert the model again",
        )
    channels = source.shape[-1]
    if data.size not in (1, channels) and data.size != source.size:
        raise unsupported(
            node,
            f"has {data.size} slopes for {channels} channels",
            "they belong to channels",
            "a PReLU whose slopes are shared over the map",
        )
    ratio = float(source.scale[0]) / float(result.scale[0])
    below = float(source.scale[0]) * float(slopes.scale[0]) / float(result.scale[0])
    _two_slopes(ctx, node, ratio, below, data - int(slopes.zero_point[0]))


def _two_slopes(
    ctx: LiteGraph, node: LiteNode, above: float, below: float, slopes: IntArray
) -> None:
    source, result = ctx.operand(node, 0), ctx.result(node)
    element, value = ctx.interval(node, result), ctx.stream(node, 0)
    zero, start = int(result.zero_point[0]), int(source.zero_point[0])
    first, second = Factor.of(above), Factor.of(below)

    def compute(x: IntArray, constants: tuple[IntArray, ...]) -> IntArray:
        real = x - start
        scaled = np.where(real >= 0, first(real), second(real * constants[0][:, None]))
        found: IntArray = np.clip(scaled + zero, element.low, element.high)
        return found

    function = IntegerFunction(
        node.operator.lower(), compute, (slopes,), ctx.kind(value).element, rises=False
    )
    ctx.finish(node, ctx.closed(node, value, function))


def _looked_up(ctx: LiteGraph, node: LiteNode, real: Real) -> None:
    """A function of real numbers through TFLite's table of 256 entries, in single precision."""
    source, result = _both(ctx, node)
    if source.dtype != "int8":
        raise unsupported(
            node,
            f"takes {source.dtype}",
            "TFLite has a table of int8 for it, and nothing else",
            "int8 activations",
        )
    value, element = ctx.stream(node, 0), ctx.interval(node, result)
    scale, zero = source.scale[0], int(source.zero_point[0])
    inverse = np.float32(1) / result.scale[0]

    def compute(x: IntArray, constants: tuple[IntArray, ...]) -> IntArray:
        numbers = scale * (x - zero).astype(np.float32)
        scaled = real(numbers).astype(np.float32) * inverse
        away = np.sign(scaled) * np.floor(np.abs(scaled) + np.float32(0.5))
        found: IntArray = np.clip(
            away.astype(np.int64) + int(result.zero_point[0]), element.low, element.high
        )
        return found

    function = IntegerFunction(
        node.operator.lower(), compute, (np.zeros(1, np.int64),), ctx.kind(value).element, False
    )
    ctx.finish(node, ctx.closed(node, value, function))


def _by_width(wide: Handler, real: Real) -> Handler:
    """An operator that is a table of int8, and interpolates between entries for int16."""

    def build(ctx: LiteGraph, node: LiteNode) -> None:
        source, _ = _both(ctx, node)
        if source.dtype == "int16":
            wide(ctx, node)
        else:
            _looked_up(ctx, node, real)

    return build


def _logistic(x: FloatArray) -> FloatArray:
    return np.float32(1) / (np.float32(1) + np.exp(-x.astype(np.float64)).astype(np.float32))


def _exp(x: FloatArray) -> FloatArray:
    return np.exp(x.astype(np.float64)).astype(np.float32)


def _gelu(ctx: LiteGraph, node: LiteNode) -> None:
    """`GELU` with the error function, or with the hyperbolic tangent that comes near to it."""
    _looked_up(ctx, node, _gelu_near if node.whole("Approximate") else _gelu_exact)


def _gelu_exact(x: FloatArray) -> FloatArray:
    # As the reference kernel: 0.5 * x * erfc(-x * sqrt(1/2)) in single precision.
    turned = (-x * np.float32(math.sqrt(0.5))).astype(np.float64)
    tail = np.array([math.erfc(t) for t in turned.ravel()]).reshape(turned.shape)
    return (np.float32(0.5) * x * tail.astype(np.float32)).astype(np.float32)


def _gelu_near(x: FloatArray) -> FloatArray:
    root = np.float32(math.sqrt(2 / math.pi))
    inner = (root * (x + np.float32(0.044715) * x * x * x)).astype(np.float64)
    return (np.float32(0.5) * x * (np.float32(1) + np.tanh(inner).astype(np.float32))).astype(
        np.float32
    )


def _tanh(x: FloatArray) -> FloatArray:
    return np.tanh(x.astype(np.float64)).astype(np.float32)


def _hard_swish(ctx: LiteGraph, node: LiteNode) -> None:
    """`HARD_SWISH` in 16 bits, as `reference_ops::HardSwish`."""
    source, result = _both(ctx, node)
    value, element = ctx.stream(node, 0), ctx.interval(node, result)
    fine = np.float32(1.0 / 128.0) * source.scale[0]
    whole, digits = _short(Factor.of(float(fine / result.scale[0])))
    reluish, exponent = _short(Factor.of(float(fine / np.float32(3.0 / 32768.0))))
    zero, start = int(result.zero_point[0]), int(source.zero_point[0])

    def compute(x: IntArray, constants: tuple[IntArray, ...]) -> IntArray:
        high = (x - start) << 7
        before = _high_half(high, whole)
        part = high
        if exponent > 0:
            part = _saturated(part << (exponent - 1))
        part = _high_half(part, reluish)
        if exponent > 0:
            part = _saturated(part << 1)
        if exponent < 0:
            part = divided_by_power(part, -exponent)
        part = (part + (1 << 15)) >> 1
        product = part * before
        joined = np.where(product >= 0, product >> 15, -((-product) >> 15))
        out = divided_by_power(_saturated(joined), -digits) + zero
        found: IntArray = np.clip(out, element.low, element.high)
        return found

    if digits > 0:
        raise unsupported(
            node, "enlarges its operand", "TFLite's kernel does not", "convert the model again"
        )
    function = IntegerFunction(
        "hard_swish", compute, (np.zeros(1, np.int64),), ctx.kind(value).element, False
    )
    ctx.finish(node, ctx.closed(node, value, function))


def _short(factor: Factor) -> tuple[int, int]:
    """Mantissa in 16 bits, and shift."""
    mantissa = int(factor.mantissa[0])
    short = 32767 if mantissa >= (1 << 31) - 1 - (1 << 15) else (mantissa + (1 << 15)) >> 16
    return short, int(factor.shift[0])


def _saturated(x: IntArray) -> IntArray:
    return np.clip(x, -(1 << 15), (1 << 15) - 1)


def _high_half(a: IntArray, b: int) -> IntArray:
    product = a * b
    nudged = product + np.where(product >= 0, 1 << 14, 1 - (1 << 14))
    return np.where(nudged >= 0, nudged >> 15, -((-nudged) >> 15))


HANDLERS: dict[str, Handler] = {
    **dict.fromkeys(_RANGES, _relu),
    "LEAKY_RELU": _leaky_relu,
    "PRELU": _prelu,
    "LOGISTIC": _by_width(partial(sigmoid_of_table, how=LOGISTIC), _logistic),
    "TANH": _by_width(partial(sigmoid_of_table, how=TANH), _tanh),
    "EXP": _by_width(partial(exponential_of_table, real=_exp), _exp),
    "GELU": _gelu,
    "HARD_SWISH": _hard_swish,
}
