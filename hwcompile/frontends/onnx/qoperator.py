"""Operators that take and give integers with their scales: QLinearConv and its relatives.

They follow ONNX Runtime: the accumulator (bias added exactly) times one float32 multiplier,
rounded half to even. See also `qlinear_maps` for the element-wise ones.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hwcompile.diagnostics import fail
from hwcompile.frontends.model import Array, SourceNode
from hwcompile.frontends.numbers.quantizer_checks import checked_scale
from hwcompile.frontends.onnx.dialect.operator import Operator
from hwcompile.frontends.onnx.linear import with_product_axes
from hwcompile.frontends.onnx.qlinear_maps import MAPS
from hwcompile.frontends.onnx.qlinear_pools import channels_first
from hwcompile.frontends.onnx.quantizer_sources import from_requantizer, qlinear_multiplier
from hwcompile.frontends.onnx.windows import window_of
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.element_types import integer_interval
from hwcompile.frontends.symbolic.integer_arithmetic import held
from hwcompile.frontends.symbolic.linear import (
    Accumulator,
    convolved,
    feature_stream,
    product,
)
from hwcompile.frontends.symbolic.pair_product import pair_product
from hwcompile.frontends.symbolic.pending import append
from hwcompile.frontends.symbolic.pure import pure_stream, stream_of
from hwcompile.frontends.symbolic.quantize import quantize
from hwcompile.frontends.symbolic.quantizing import Quantization
from hwcompile.frontends.symbolic.values import (
    Constant,
    HostValue,
    QuantizedConstant,
    Stream,
    Value,
    constant_of,
)
from hwcompile.ir.types import IntArray
from hwcompile_runtime.chain import Chain, Dequantize, Integers
from hwcompile_runtime.rows import floats

Inputs = Sequence[Value | None]


def parameter(inputs: Inputs, position: int, node: SourceNode) -> Array:
    """A constant operand.

    Raises:
        CompileError: HW0217 when it is computed while the network runs.
    """
    value = inputs[position] if position < len(inputs) else None
    array = constant_of(value)
    if array is None:
        raise fail(
            "HW0217",
            f"input {position} of this {node.op_type} is no constant",
            "hardware needs weights, scales and zero points when it is built",
            "use static quantization with constant weights",
            node.origin,
        )
    return array


def integer_stream(value: Value | None, node: SourceNode) -> Stream:
    """The operand as a stream of plain integers; computed inside where the host would, if possible.

    Raises:
        CompileError: HW0209 when something is pending on it.
    """
    if isinstance(value, HostValue) and value.inside is not None:
        value = value.inside()
    stream = stream_of(value, node)
    if stream.chain.ops or not isinstance(stream.chain.start, Integers):
        raise fail(
            "HW0209",
            f"the operand of this {node.op_type} is not quantized",
            "it needs integers as its operand",
            "insert a QuantizeLinear in front of it",
            node.origin,
        )
    return stream


def zero_point_of(inputs: Inputs, position: int, node: SourceNode) -> IntArray:
    """A zero point as int64 [n]; 0 when it is absent."""
    if position >= len(inputs) or inputs[position] is None:
        return np.zeros(1, dtype=np.int64)
    return parameter(inputs, position, node).astype(np.int64).reshape(-1)


def _single_zero(inputs: Inputs, position: int, node: SourceNode) -> int:
    zero = zero_point_of(inputs, position, node)
    if zero.size != 1:
        raise fail(
            "HW0233",
            f"the input of this {node.op_type} has several zero points",
            "",
            "quantize activations per tensor",
            node.origin,
        )
    return int(zero[0])


def centered_weights(inputs: Inputs, position: int, axis: int, node: SourceNode) -> IntArray:
    """Constant integer weights minus their zero point (one, or one per entry of `axis`)."""
    weights = parameter(inputs, position, node).astype(np.int64)
    zero = zero_point_of(inputs, position + 2, node)
    if not weights.ndim or zero.size not in (1, weights.shape[axis]):
        raise fail(
            "HW0204",
            f"{zero.size} zero points do not fit weights of shape {list(weights.shape)}",
            "",
            "give them one number, or one per output channel",
            node.origin,
        )
    shape = [-1 if i == axis % weights.ndim else 1 for i in range(weights.ndim)]
    return weights - (zero if zero.size == 1 else zero.reshape(shape))


def requantized(
    ctx: Context,
    accumulator: Accumulator,
    scales: tuple[Array, Array, Array],
    zero: Value | None,
    bias: IntArray | None,
    node: SourceNode,
) -> Value:
    """The accumulator plus bias, times one multiplier per channel, rounded to the output type.

    Args:
        ctx: State.
        accumulator: Exact sums.
        scales: Of the operand, the weights (one or per output channel), and the result.
        zero: The result's zero point; its type is the result's type.
        bias: int64 [M].
        node: The operator.
    """
    for scale, positive in zip(scales, (True, False, True), strict=True):
        checked_scale(scale, node.origin, positive)
    zeros = constant_of(zero)
    dtype = np.dtype(np.uint8) if zeros is None else zeros.dtype
    offset = 0 if zeros is None else int(zeros.astype(np.int64).reshape(-1)[0])
    element = integer_interval(dtype, node)
    filters = accumulator.zero_point.size
    sizes = [s.size for s in (*scales, np.zeros(1) if bias is None else bias)]
    if any(size not in (1, filters) for size in sizes):
        raise fail(
            "HW0204",
            f"the scales or the bias of this {node.op_type} do not fit {filters} output channels",
            "",
            "give one number, or one per output channel",
            node.origin,
        )
    shifted = accumulator.zero_point - (0 if bias is None else bias.reshape(-1))
    factor = np.broadcast_to(qlinear_multiplier(*scales), (filters,))
    start = Dequantize(
        floats(accumulator.rows(factor)), accumulator.rows(np.broadcast_to(shifted, (filters,)))
    )
    pending = Stream(accumulator.value, accumulator.index, Chain(start), np.dtype(np.float32))
    quantizer = from_requantizer(scales[2], offset, element.low, element.high, node.origin)
    return quantize(ctx, pending, Quantization(quantizer, None, True, dtype), node)


def _qlinear_conv(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    stream = feature_stream(integer_stream(inputs[0], node), node)
    weights = centered_weights(inputs, 3, 0, node)
    zero = np.full(stream.shape[1], _single_zero(inputs, 2, node), dtype=np.int64)
    window = window_of(node, weights.shape[2:], stream.shape[2:])
    groups = int(node.attributes.get("group", 1))
    accumulator = convolved(ctx, stream, zero, weights, groups, window, node)
    bias = parameter(inputs, 8, node).astype(np.int64) if _given(inputs, 8) else None
    scales = _scales(inputs, (1, 4, 6), node)
    return [requantized(ctx, accumulator, scales, inputs[7], bias, node)]


def _given(inputs: Inputs, position: int) -> bool:
    return position < len(inputs) and inputs[position] is not None


def _scales(
    inputs: Inputs, places: tuple[int, int, int], node: SourceNode
) -> tuple[Array, Array, Array]:
    first, second, third = (floats(parameter(inputs, p, node)) for p in places)
    return first, second, third


def _two_streams(
    ctx: Context, node: SourceNode, inputs: Inputs, second: int, zeros: tuple[int, int]
) -> Accumulator | None:
    """The sums of a product of integers, when input `second` is no constant either."""
    if any(isinstance(inputs[p], Constant | QuantizedConstant) for p in (0, second)):
        return None
    left, right = (integer_stream(inputs[p], node) for p in (0, second))
    found = (_single_zero(inputs, place, node) for place in zeros)
    return pair_product(ctx, left, right, (next(found), next(found)), node)


def _qlinear_matmul(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    both = _two_streams(ctx, node, inputs, 3, (2, 5))
    if both is not None:
        return [requantized(ctx, both, _scales(inputs, (1, 4, 6), node), inputs[7], None, node)]
    stream = integer_stream(inputs[0], node)
    weights = _matrix(centered_weights(inputs, 3, -1, node), node)
    zero = np.full(stream.shape[-1], _single_zero(inputs, 2, node), dtype=np.int64)
    accumulator = product(ctx, stream, zero, weights.T, node)
    scales = _scales(inputs, (1, 4, 6), node)
    result = requantized(ctx, accumulator, scales, inputs[7], None, node)
    assert isinstance(result, Stream)
    return [with_product_axes(result, inputs[0], inputs[3])]


def _matrix(weights: IntArray, node: SourceNode) -> IntArray:
    while weights.ndim > 2 and weights.shape[0] == 1:
        weights = weights[0]
    if weights.ndim != 2:
        raise fail(
            "HW0232",
            f"the weights of this {node.op_type} have shape {list(weights.shape)}",
            "one matrix for the whole tensor is supported",
            "split the product into one per matrix",
            node.origin,
        )
    return weights


def _qgemm(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    stream = integer_stream(inputs[0], node)
    if int(node.attributes.get("transA", 0)):
        stream = stream.moved(lambda a, fill: a.T)
    turned = bool(node.attributes.get("transB", 0))
    weights = _matrix(centered_weights(inputs, 3, 0 if turned else -1, node), node)
    zero = np.full(stream.shape[-1], _single_zero(inputs, 2, node), dtype=np.int64)
    accumulator = product(ctx, stream, zero, weights if turned else weights.T, node)
    bias = parameter(inputs, 6, node).astype(np.int64) if _given(inputs, 6) else None
    alpha = floats(node.attributes.get("alpha", 1.0))
    first, second = (floats(parameter(inputs, p, node)) for p in (1, 4))
    if _given(inputs, 7):
        scales = (alpha * first, second, floats(parameter(inputs, 7, node)))
        zero_out = inputs[8] if len(inputs) > 8 else None
        return [requantized(ctx, accumulator, scales, zero_out, bias, node)]
    return [_real(accumulator, alpha * first * second, bias)]


def _real(accumulator: Accumulator, factor: Array, bias: IntArray | None) -> Stream:
    """The accumulator plus an integer bias, times one float32 factor (or one per channel)."""
    filters = accumulator.zero_point.size
    shifted = accumulator.zero_point - (0 if bias is None else bias.reshape(-1))
    start = Dequantize(
        floats(accumulator.rows(np.broadcast_to(factor, (filters,)))),
        accumulator.rows(np.broadcast_to(shifted, (filters,))),
    )
    return Stream(accumulator.value, accumulator.index, Chain(start), np.dtype(np.float32))


def _matmul_to_float(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    """MatMulIntegerToFloat: the accumulator times float32(sa * sb), then plus a float bias."""
    stream = integer_stream(inputs[0], node)
    weights = _matrix(parameter(inputs, 1, node).astype(np.int64), node)
    weights = weights - zero_point_of(inputs, 5, node)
    zero = np.full(stream.shape[-1], _single_zero(inputs, 4, node), dtype=np.int64)
    accumulator = product(ctx, stream, zero, weights.T, node)
    first = checked_scale(floats(parameter(inputs, 2, node)), node.origin)
    second = checked_scale(floats(parameter(inputs, 3, node)), node.origin, positive=False)
    result = _real(accumulator, first * second, None)
    if not _given(inputs, 6):
        return [result]
    return [append(result, "add", node, (parameter(inputs, 6, node),))]


def _conv_integer(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    stream = feature_stream(integer_stream(inputs[0], node), node)
    weights = parameter(inputs, 1, node).astype(np.int64)
    offset = zero_point_of(inputs, 3, node)
    weights = weights - offset.reshape(-1, *[1] * (weights.ndim - 1))
    zero = np.full(stream.shape[1], _single_zero(inputs, 2, node), dtype=np.int64)
    window = window_of(node, weights.shape[2:], stream.shape[2:])
    groups = int(node.attributes.get("group", 1))
    accumulator = convolved(ctx, stream, zero, weights, groups, window, node)
    return [_as_integers(ctx, accumulator, node)]


def _matmul_integer(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    both = _two_streams(ctx, node, inputs, 1, (2, 3))
    if both is not None:
        return [_as_integers(ctx, both, node)]
    pure = pure_stream(ctx, integer_stream(inputs[0], node), node)
    weights = _matrix(parameter(inputs, 1, node).astype(np.int64), node)
    weights = weights - zero_point_of(inputs, 3, node)
    zero = np.full(pure.stream.shape[-1], _single_zero(inputs, 2, node), dtype=np.int64)
    result = _as_integers(ctx, product(ctx, pure.stream, zero, weights.T, node), node)
    assert isinstance(result, Stream)
    return [with_product_axes(result, inputs[0], inputs[1])]


def _as_integers(ctx: Context, accumulator: Accumulator, node: SourceNode) -> Value:
    """The accumulator as int32 integers of the source model."""
    dtype = np.dtype(np.int32)
    stream = Stream(accumulator.value, accumulator.index, Chain(Integers()), dtype)
    zero = accumulator.rows(accumulator.zero_point)
    shaped = zero if zero.size == 1 else zero.reshape(stream.shape)
    return held(ctx, append(stream, "sub", node, (shaped,)), node)


def _dynamic(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    raise fail(
        "HW0201",
        f"{node.op_type} chooses scales while the network runs",
        "hardware is built for fixed scales",
        "quantize the model statically, with calibration data",
        node.origin,
    )


def _without_kernel(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    raise fail(
        "HW0275",
        f"{node.op_type} has no defined integers",
        "ONNX Runtime, whose operator it is, has a schema of it but no kernel for processors",
        "put a ReduceMean between DequantizeLinear and QuantizeLinear, or a "
        "QLinearGlobalAveragePool",
        node.origin,
    )


DYNAMIC = ("DynamicQuantizeLinear", "DynamicQuantizeMatMul")
REFUSED = (*DYNAMIC, "QLinearReduceMean")

HANDLERS = {
    "QLinearConv": Operator(channels_first(_qlinear_conv)),
    "QLinearMatMul": Operator(_qlinear_matmul),
    "QGemm": Operator(_qgemm),
    "MatMulIntegerToFloat": Operator(_matmul_to_float),
    "ConvInteger": Operator(_conv_integer),
    "MatMulInteger": Operator(_matmul_integer),
}
HANDLERS |= {name: Operator(handler) for name, handler in MAPS.items()}
HANDLERS |= {name: Operator(_dynamic, folds=False) for name in DYNAMIC}
HANDLERS["QLinearReduceMean"] = Operator(_without_kernel, folds=False)
