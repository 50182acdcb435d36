"""Conv, ConvTranspose, MatMul and Gemm on dequantized tensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from hwcompile.diagnostics import CompileError, fail
from hwcompile.frontends.budget import limited
from hwcompile.frontends.model import Array, SourceNode
from hwcompile.frontends.numbers.common_step import common_step
from hwcompile.frontends.onnx.dialect.operator import Operator
from hwcompile.frontends.onnx.windows import window_of
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.float_neurons import real_matrix, small_enough, tabulated
from hwcompile.frontends.symbolic.integer_arithmetic import held
from hwcompile.frontends.symbolic.linear import (
    Accumulator,
    Window,
    check_fan_in,
    check_groups,
    convolved,
    feature_stream,
    product,
)
from hwcompile.frontends.symbolic.pair_product import common_scale, pair_product
from hwcompile.frontends.symbolic.pending import append, lazy_of
from hwcompile.frontends.symbolic.pure import Pure, per_channel, pure_stream
from hwcompile.frontends.symbolic.values import (
    Constant,
    QuantizedConstant,
    Stream,
    Value,
    constant_of,
    shape_of,
)
from hwcompile.frontends.symbolic.weights import Weights, weights_of
from hwcompile.ir.types import IntArray
from hwcompile_runtime.chain import Chain, Dequantize, Integers
from hwcompile_runtime.rows import floats

Inputs = Sequence[Value | None]

_LARGEST = 1 << 15
"""Weights beyond it are not made by multiplying scales into them."""


def _per_row(pure: Pure, node: SourceNode) -> tuple[Array, IntArray]:
    """Scales [1 or R, K] and zero points [K] of the rows of (..., K).

    Raises:
        CompileError: HW0235 when the zero points differ between rows.
    """
    fan_in = pure.stream.shape[-1]
    scale = pure.scale_at().reshape(-1, fan_in)
    _, zero = per_channel(replace(pure, scale=floats(1)), -1, node)
    return (scale[:1] if np.all(scale == scale[:1]) else scale), zero


def _common(scale: Array, weights: Weights, groups: int, node: SourceNode) -> Weights:
    """Weights with one scale for all products that are added up.

    Where scales differ among them and are whole multiples of one step (powers of two are), the
    multiples go into the integers: `(q * 3 step) * w` is `q * step * 3 w`.

    Args:
        scale: Of the input, [1 or R, C]; the multiples are the same in every row.
        weights: [M, C/groups, ...].
        groups: Groups of channels.
        node: The operator.

    Returns:
        Weights with integers of the weights' shape, and scales float32(sx * sw) [1 or R, M].

    Raises:
        CompileError: HW0235 when the scales have no step in common.
    """
    filters = weights.scale.shape[0]
    inputs = _by_multiples(scale.reshape(len(scale), groups, -1), node)
    ours = _by_multiples(weights.scale.reshape(filters, -1), node)
    if np.any(inputs.integers != inputs.integers[:1]):
        raise _no_common_step(node)
    multiples = np.repeat(inputs.integers[0], filters // groups, axis=0)
    spread = multiples.reshape(*multiples.shape, *[1] * (weights.integers.ndim - 2))
    integers = weights.integers * spread * ours.integers.reshape(weights.integers.shape)
    if np.abs(integers).max(initial=0) > _LARGEST and np.any(integers != weights.integers):
        raise _no_common_step(node)
    steps = np.repeat(inputs.scale, filters // groups, axis=1)
    return Weights(integers, np.asarray(steps * ours.scale, dtype=np.float32))


def _by_multiples(scales: Array, node: SourceNode) -> Weights:
    """Scales [..., K] as whole multiples of one step [...] each."""
    first = scales[..., :1]
    if np.all(scales == first):
        return Weights(np.ones(scales.shape, dtype=np.int64), first[..., 0])
    rows = scales.reshape(-1, scales.shape[-1])
    found = [common_step(row) for row in rows]
    known = [pair for pair in found if pair is not None]
    if len(known) < len(found):
        raise _no_common_step(node)
    steps = np.array([step for step, _ in known], dtype=np.float32)
    factors = np.array([factors for _, factors in known])
    return Weights(factors.reshape(scales.shape), steps.reshape(scales.shape[:-1]))


def _no_common_step(node: SourceNode) -> CompileError:
    return fail(
        "HW0235",
        f"the scales of this {node.op_type} differ among the products that it adds up",
        "products can only be added when they have one scale, or small multiples of one",
        "use one scale per tensor for its input, and one per output channel for its weights, or "
        "powers of two",
        node.origin,
    )


def dequantized(ctx: Context, accumulator: Accumulator, scale: Array) -> Stream:
    """The accumulator as real numbers; `scale` is float32 [1, M], or [R, M] for R rows."""
    if len(scale) == 1:
        ctx.describe(accumulator.value, scale[0], accumulator.zero_point)
    scales = accumulator.rows(scale[0]) if len(scale) == 1 else scale.reshape(-1)
    start = Dequantize(floats(scales), accumulator.rows(accumulator.zero_point))
    return Stream(accumulator.value, accumulator.index, Chain(start), np.dtype(np.float32))


def _biased(result: Value, bias: Value | None, axis: int, node: SourceNode) -> Value:
    if bias is None:
        return result
    array = constant_of(bias)
    if array is None:
        raise fail(
            "HW0231",
            f"the bias of this {node.op_type} is computed while the network runs",
            "only constant biases are supported",
            "use an Add behind the operator",
            node.origin,
        )
    lazy = lazy_of(result, node)
    rank = len(lazy.shape)
    if array.ndim == 1 and axis != rank - 1:
        array = array.reshape([-1 if i == axis else 1 for i in range(rank)])
    return append(lazy, "add", node, (array,))


def _conv(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    pure = pure_stream(ctx, inputs[0], node)
    stream = feature_stream(pure.stream, node)
    weights = weights_of(ctx, inputs[1], 0, node)
    groups = int(node.attributes.get("group", 1))
    window = window_of(node, weights.integers.shape[2:], stream.shape[2:])
    scale, zero = per_channel(pure, 1, node)
    check_groups(weights.integers, stream.shape[1], groups, node)
    weights = _common(scale[None], weights, groups, node)
    accumulator = convolved(ctx, stream, zero, weights.integers, groups, window, node)
    result = dequantized(ctx, accumulator, weights.scale)
    return [_biased(result, inputs[2] if len(inputs) > 2 else None, 1, node)]


def _conv_transpose(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    pure = pure_stream(ctx, inputs[0], node)
    stream = feature_stream(pure.stream, node)
    groups = int(node.attributes.get("group", 1))
    weights = _turned(weights_of(ctx, inputs[1], 1, node), groups)
    scale, zero = per_channel(pure, 1, node)
    if np.unique(zero).size > 1:
        raise fail(
            "HW0233",
            "this ConvTranspose spreads channels that have different zero points",
            "one integer must mean 0.0 in all channels",
            "quantize the input with one zero point for all channels",
            node.origin,
        )
    spread, window = _spread(stream, weights.integers.shape[2:], int(zero[0]), node)
    check_groups(weights.integers, stream.shape[1], groups, node)
    weights = _common(scale[None], weights, groups, node)
    accumulator = convolved(ctx, spread, zero, weights.integers, groups, window, node)
    result = dequantized(ctx, accumulator, weights.scale)
    return [_biased(result, inputs[2] if len(inputs) > 2 else None, 1, node)]


def _turned(weights: Weights, groups: int) -> Weights:
    """Weights [C, M/groups, ...] as [M, C/groups, ...] of an ordinary convolution, turned round."""

    def turn(array: Array) -> Array:
        channels, filters = array.shape[:2]
        split = array.reshape(groups, channels // groups, filters, *array.shape[2:])
        joined = split.swapaxes(1, 2).reshape(
            groups * filters, channels // groups, *array.shape[2:]
        )
        return np.flip(joined, axis=tuple(range(2, joined.ndim)))

    return Weights(turn(weights.integers), turn(weights.scale))


def _spread(
    stream: Stream, kernel: Sequence[int], zero: int, node: SourceNode
) -> tuple[Stream, Window]:
    """The operand with zeros between its pixels, and the window that slides over it."""
    plain = window_of(node, kernel, stream.shape[2:])
    rank = len(plain.kernel)
    extra = list(node.attributes.get("output_padding") or [0] * rank)
    begin, end = list(plain.begin), list(plain.end)
    mode = str(node.attributes.get("auto_pad", "NOTSET"))
    wish = node.attributes.get("output_shape")
    index = stream.index
    for i in range(rank):
        stride, extent = plain.strides[i], (plain.kernel[i] - 1) * plain.dilations[i] + 1
        size = stream.shape[i + 2]
        if wish or mode.startswith("SAME"):
            output = int(wish[-rank:][i]) if wish else size * stride
            total = stride * (size - 1) + extra[i] + extent - output
            small, large = max(total, 0) // 2, max(total, 0) - max(total, 0) // 2
            upper = mode != "SAME_UPPER"
            begin[i], end[i] = (large, small) if upper else (small, large)
            # What an output_shape asks beyond the windows is added at the end.
            end[i] += min(total, 0) if wish else 0
        shape = list(index.shape)
        shape[i + 2] = (size - 1) * stride + 1
        wide = np.full(limited(tuple(shape), node.origin), -1, dtype=np.int64)
        wide[
            tuple(slice(None, None, stride if a == i + 2 else None) for a in range(len(shape)))
        ] = index
        begin[i], end[i] = extent - 1 - begin[i], extent - 1 - end[i] + extra[i]
        cut = slice(max(-begin[i], 0), shape[i + 2] - max(-end[i], 0))
        index = wide.take(np.arange(cut.start, cut.stop), axis=i + 2)
        begin[i], end[i] = max(begin[i], 0), max(end[i], 0)
    window = Window(plain.kernel, (1,) * rank, plain.dilations, tuple(begin), tuple(end))
    return replace(stream, index=index, fill=zero), window


def matrix_operands(
    ctx: Context, node: SourceNode, left: Value | None, right: Value | None
) -> tuple[Pure, Weights, bool]:
    """The stream (..., K), the weights [M, K], and whether the stream was the right operand.

    Raises:
        CompileError: HW0232 when the weights are no single matrix.
    """
    swapped = isinstance(left, Constant | QuantizedConstant)
    constant = left if swapped else right
    weights = weights_of(ctx, constant, -2 if swapped else -1, node)
    while weights.integers.ndim > 2 and weights.integers.shape[0] == 1:
        weights = weights.reshaped(*weights.integers.shape[1:])
    if weights.integers.ndim == 1:
        weights = weights.reshaped(1, -1) if swapped else weights.reshaped(-1, 1)
    if weights.integers.ndim != 2:
        raise fail(
            "HW0232",
            f"the weights of this {node.op_type} have shape {list(weights.integers.shape)}",
            "one matrix for the whole tensor is supported, a matrix per batch entry is not",
            "split the product into one per matrix",
            node.origin,
        )
    pure = pure_stream(ctx, right if swapped else left, node)
    if not swapped:
        return pure, weights.moved(1, 0), False
    turned = pure.stream.moved(lambda a, fill: np.swapaxes(a, -1, -2))
    if pure.integers:
        return replace(pure, stream=turned), weights, True
    start = turned.chain.start
    assert isinstance(start, Dequantize)
    return Pure(turned, start.scale, start.zero_point, False), weights, True


def _neurons(
    ctx: Context, node: SourceNode, left: Value | None, right: Value | None
) -> Stream | None:
    """The product with a sparse matrix of real numbers, by tables; None where that is none."""
    matrix = real_matrix(right)
    if matrix is None or (isinstance(left, Stream) and left.raw):
        return None
    pure = pure_stream(ctx, left, node)
    scale, zero = _per_row(pure, node)
    if len(scale) > 1 or not small_enough(ctx, pure, matrix):
        return None
    check_fan_in(matrix.T, pure.stream.shape, node)
    return dequantized(ctx, *tabulated(ctx, node, pure, scale[0], zero, matrix))


def _streams(ctx: Context, node: SourceNode, inputs: Inputs) -> Stream | None:
    """The product of two tensors of the network; None when one of them is a constant."""
    if any(isinstance(value, Constant | QuantizedConstant) for value in inputs[:2]):
        return None
    left, right = (pure_stream(ctx, value, node) for value in inputs[:2])
    scale, zeros = common_scale((left, right), node)
    accumulator = pair_product(ctx, left.stream, right.stream, zeros, node)
    if not left.integers:
        return dequantized(ctx, accumulator, scale[None])
    dtype = np.result_type(left.stream.dtype, right.stream.dtype)
    result = Stream(accumulator.value, accumulator.index, Chain(Integers()), dtype)
    return held(ctx, result, node)


def _matmul(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    both = _streams(ctx, node, inputs)
    if both is not None:
        return [both]
    neurons = _neurons(ctx, node, inputs[0], inputs[1])
    if neurons is not None:
        return [neurons]
    pure, weights, swapped = matrix_operands(ctx, node, inputs[0], inputs[1])
    scale, zero = _per_row(pure, node)
    check_fan_in(weights.integers, pure.stream.shape, node)
    if not pure.integers:
        weights = _common(scale, weights, 1, node)
    accumulator = product(ctx, pure.stream, zero, weights.integers, node)
    if pure.integers:
        # Integers times integers, in the operands' type.
        whole = Chain(Integers())
        result = Stream(accumulator.value, accumulator.index, whole, pure.stream.dtype)
        result = held(ctx, result, node)
    else:
        result = dequantized(ctx, accumulator, weights.scale)
    if swapped:
        result = result.moved(lambda a, fill: np.swapaxes(a, -1, -2))
    constant = constant_of(inputs[0 if swapped else 1])
    if constant is not None and constant.ndim == 1:
        result = result.moved(lambda a, fill: a[..., 0, :] if swapped else a[..., 0])
    return [with_product_axes(result, inputs[0], inputs[1])]


def with_product_axes(result: Stream, left: Value | None, right: Value | None) -> Stream:
    """The product with the leading axes of 1 that a matrix with more axes than the other brings."""
    ranks = [len(shape_of(v)) for v in (left, right) if v is not None]
    missing = max(ranks) - (1 in ranks) - len(result.shape)
    if missing <= 0:
        return result
    target = (*[1] * missing, *result.shape)
    return result.moved(lambda a, fill: a.reshape(target))


def _gemm(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    operands = []
    for value, flag in ((inputs[0], "transA"), (inputs[1], "transB")):
        turned = bool(node.attributes.get(flag, 0))
        operands.append(_transposed(value) if turned else value)
    real = _neurons(ctx, node, operands[0], operands[1]) or _streams(ctx, node, operands)
    if real is not None and real.dtype.kind == "f":
        return [_scaled_and_biased(real, inputs, node)]
    pure, weights, swapped = matrix_operands(ctx, node, operands[0], operands[1])
    if pure.integers:
        raise fail(
            "HW0204",
            f"this Gemm multiplies {pure.stream.dtype.name} integers",
            "its factors alpha and beta are real numbers",
            "use MatMul and Add, or insert a DequantizeLinear in front of it",
            node.origin,
        )
    scale, zero = _per_row(pure, node)
    check_fan_in(weights.integers, pure.stream.shape, node)
    weights = _common(scale, weights, 1, node)
    accumulator = product(ctx, pure.stream, zero, weights.integers, node)
    result: Stream | Value = dequantized(ctx, accumulator, weights.scale)
    if swapped and isinstance(result, Stream):
        result = result.moved(lambda a, fill: np.swapaxes(a, -1, -2))
    return [_scaled_and_biased(result, inputs, node)]


def _scaled_and_biased(result: Value, inputs: Inputs, node: SourceNode) -> Value:
    """Gemm's alpha and beta."""
    alpha = np.float32(node.attributes.get("alpha", 1.0))
    result = append(lazy_of(result, node), "mul", node, (np.array([alpha]),))
    bias = constant_of(inputs[2]) if len(inputs) > 2 else None
    if bias is None:
        return _biased(result, inputs[2] if len(inputs) > 2 else None, 1, node)
    beta = np.float32(node.attributes.get("beta", 1.0))
    return append(lazy_of(result, node), "add", node, (bias.astype(np.float32) * beta,))


def _transposed(value: Value | None) -> Value | None:
    if isinstance(value, Constant):
        return Constant(value.array.T)
    if isinstance(value, QuantizedConstant | Stream):
        return value.moved(lambda a, fill: a.T)
    return value


HANDLERS = {
    "Conv": Operator(_conv),
    "ConvTranspose": Operator(_conv_transpose),
    "MatMul": Operator(_matmul),
    "Gemm": Operator(_gemm),
}
