"""Conv, MatMul and Gemm on dequantized tensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce

import numpy as np

from hwcompile.diagnostics import CompileError, fail
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
from hwcompile.frontends.symbolic.moving import moved
from hwcompile.frontends.symbolic.pair_product import (
    common_scale,
    pair_product,
    without_factors,
)
from hwcompile.frontends.symbolic.pending import append, common_shape, lazy_of
from hwcompile.frontends.symbolic.pure import Pure, per_channel, pure_stream
from hwcompile.frontends.symbolic.values import (
    Constant,
    QuantizedConstant,
    Stream,
    Value,
    constant_of,
    shape_of,
)
from hwcompile.frontends.symbolic.weight_parts import rows_in_parts, sum_of_parts
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


def common_scales(scale: Array, weights: Weights, groups: int, node: SourceNode) -> Weights:
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


def biased(result: Value, bias: Value | None, axis: int, node: SourceNode) -> Value:
    """The result with a constant for each entry of an axis.

    Raises:
        CompileError: HW0231 when the bias is computed while the network runs.
    """
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
    weights = common_scales(scale[None], weights, groups, node)
    accumulator = convolved(ctx, stream, zero, weights.integers, groups, window, node)
    result = dequantized(ctx, accumulator, weights.scale)
    return [biased(result, inputs[2] if len(inputs) > 2 else None, 1, node)]


def matrix_operands(
    ctx: Context, node: SourceNode, left: Value | None, right: Value | None
) -> tuple[Pure, Weights, bool]:
    """The stream (..., K), the weights [M, K], and whether the stream was the right operand."""
    swapped = isinstance(left, Constant | QuantizedConstant)
    constant = left if swapped else right
    weights = weights_of(ctx, constant, -2 if swapped else -1, node)
    while weights.integers.ndim > 2 and weights.integers.shape[0] == 1:
        weights = weights.reshaped(*weights.integers.shape[1:])
    if weights.integers.ndim == 1:
        weights = weights.reshaped(1, -1) if swapped else weights.reshaped(-1, 1)
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
    plain = [without_factors(value) for value in inputs[:2]]
    left, right = (pure_stream(ctx, value, node) for value, _ in plain)
    scale, zeros = common_scale((left, right), node)
    accumulator = pair_product(ctx, left.stream, right.stream, zeros, node)
    if not left.integers:
        result = dequantized(ctx, accumulator, scale[None])
        return reduce(Stream.then, (op for _, factors in plain for op in factors), result)
    dtype = np.result_type(left.stream.dtype, right.stream.dtype)
    result = Stream(accumulator.value, accumulator.index, Chain(Integers()), dtype)
    return held(ctx, result, node)


def _matmul(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    both = _streams(ctx, node, inputs)
    return [multiplied(ctx, node, inputs[0], inputs[1]) if both is None else both]


def multiplied(ctx: Context, node: SourceNode, left: Value | None, right: Value | None) -> Value:
    """The product as MatMul defines it; one operand is constant."""
    inputs = (left, right)
    if has_matrices(left) or has_matrices(right):
        return _each_by_its_own(ctx, node, left, right)
    neurons = _neurons(ctx, node, left, right)
    if neurons is not None:
        return neurons
    parts = rows_in_parts(left, right)
    if parts:
        return sum_of_parts(ctx, node, inputs, parts, multiplied)
    pure, weights, swapped = matrix_operands(ctx, node, left, right)
    scale, zero = _per_row(pure, node)
    check_fan_in(weights.integers, pure.stream.shape, node)
    if not pure.integers:
        weights = common_scales(scale, weights, 1, node)
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
    return with_product_axes(result, left, right)


def has_matrices(value: Value | None) -> bool:
    """True for constants of several matrices."""
    constant = constant_of(value)
    return constant is not None and constant.ndim > 2 and int(np.prod(constant.shape[:-2])) > 1


def _each_by_its_own(
    ctx: Context, node: SourceNode, left: Value | None, right: Value | None
) -> Value:
    """A matrix for each entry of the leading axes: groups of a convolution with one tap.

    The operand (..., R, K) becomes a signal of R pixels, whose channels are those of all entries.
    """
    if isinstance(left, Constant | QuantizedConstant):
        if right is not None and len(shape_of(right)) == 1:
            right = moved(right, lambda a, fill: a[:, None], 0.0, node.origin)
            turned = _each_by_its_own(ctx, node, _turned(right, node), _turned(left, node))
            return moved(turned, lambda a, fill: a[..., 0, :], 0.0, node.origin)
        turned = _each_by_its_own(ctx, node, _turned(right, node), _turned(left, node))
        return moved(turned, lambda a, fill: np.swapaxes(a, -1, -2), 0.0, node.origin)
    weights = weights_of(ctx, right, -1, node)
    assert left is not None
    vector = len(shape_of(left)) == 1
    if vector:
        left = moved(left, lambda a, fill: a[None], 0.0, node.origin)
    *ahead, fan_in, filters = weights.integers.shape
    batch = common_shape(node, shape_of(left)[:-2], tuple(ahead))
    rows = shape_of(left)[-2]
    if shape_of(left)[-1] != fan_in:
        check_fan_in(np.ones((filters, fan_in), dtype=np.int64), shape_of(left), node)
    groups = int(np.prod(batch))

    def signal(a: Array, fill: object) -> Array:
        wide = np.broadcast_to(a, (*batch, rows, fan_in)).reshape(groups, rows, fan_in)
        return wide.transpose(0, 2, 1).reshape(1, groups * fan_in, rows)

    def matrices(a: Array) -> Array:
        wide = np.broadcast_to(a, (*batch, fan_in, filters)).reshape(groups, fan_in, filters)
        return wide.transpose(0, 2, 1).reshape(groups * filters, fan_in, 1)

    pure = pure_stream(ctx, moved(left, signal, 0.0, node.origin), node)
    scale, zero = per_channel(pure, 1, node)
    kernels = Weights(matrices(weights.integers), matrices(weights.scale))
    if not pure.integers:
        kernels = common_scales(scale[None], kernels, groups, node)
    window = Window((1,), (1,), (1,), (0,), (0,))
    sums = convolved(ctx, pure.stream, zero, kernels.integers, groups, window, node)
    if pure.integers:
        whole = Chain(Integers())
        result = held(ctx, Stream(sums.value, sums.index, whole, pure.stream.dtype), node)
    else:
        result = dequantized(ctx, sums, kernels.scale)

    def product_of(a: Array, fill: object) -> Array:
        found = a.reshape(groups, filters, rows).transpose(0, 2, 1)
        return found.reshape(*batch, filters) if vector else found.reshape(*batch, rows, filters)

    return result.moved(product_of)


def _turned(value: Value | None, node: SourceNode) -> Value:
    """Every matrix on its side."""
    assert value is not None
    return moved(value, lambda a, fill: np.swapaxes(a, -1, -2), 0.0, node.origin)


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
    weights = common_scales(scale, weights, 1, node)
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
        return biased(result, inputs[2] if len(inputs) > 2 else None, 1, node)
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
    "MatMul": Operator(_matmul),
    "Gemm": Operator(_gemm),
}
