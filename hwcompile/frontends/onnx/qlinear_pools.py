"""QLinearAveragePool and QLinearGlobalAveragePool, as ONNX Runtime's kernels compute them.

The global pool multiplies the exact sum by one float32 factor, rounds, and adds the zero point.
The other one adds dequantized numbers in float32, tap by tap, divides, and adds the zero point
before it rounds. Where these roundings decide between two results for one sum of integers, no
function of the sum is equal to it, and the pool is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from hwcompile.diagnostics import fail
from hwcompile.frontends.model import Array, SourceNode
from hwcompile.frontends.numbers.chain import Chain, Dequantize
from hwcompile.frontends.numbers.float_sums import MOST_WORK, extreme_sums, work
from hwcompile.frontends.numbers.quantizers import StepQuantizer
from hwcompile.frontends.numbers.rows import FloatArray, floats, integers
from hwcompile.frontends.onnx.pooling import divisors, rounded_up, sum_pool, whole_window
from hwcompile.frontends.onnx.qdq import integer_interval
from hwcompile.frontends.onnx.qlinear_parameters import output_type, rounded, scale_of, zero_of
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.interpreter import Handler
from hwcompile.frontends.symbolic.linear import Window, feature_stream, window_of
from hwcompile.frontends.symbolic.moving import moved
from hwcompile.frontends.symbolic.pure import Pure, pure_stream
from hwcompile.frontends.symbolic.quantize import quantize
from hwcompile.frontends.symbolic.quantizing import Quantization
from hwcompile.frontends.symbolic.values import Value
from hwcompile.ir.types import IntArray, IntType

Inputs = Sequence[Value | None]

_LEAST_FACTOR, _GREATEST_FACTOR = 2.0**-32, 256.0


def channels_first(handler: Handler) -> Handler:
    """The handler between two transposes where the node says `channels_last`."""

    def between(ctx: Context, node: SourceNode, inputs: Inputs) -> Sequence[Value]:
        if not int(node.attributes.get("channels_last", 0)) or inputs[0] is None:
            return handler(ctx, node, inputs)
        first = moved(inputs[0], lambda a, fill: np.moveaxis(a, -1, 1), 0.0, node.origin)
        results = handler(ctx, node, [first, *inputs[1:]])
        return [moved(r, lambda a, fill: np.moveaxis(a, 1, -1), 0.0, node.origin) for r in results]

    return between


def _operand(ctx: Context, node: SourceNode, inputs: Inputs) -> Pure:
    """The integers as a tensor (1, C, ...) of numbers `q - zero_point`."""
    pure = pure_stream(ctx, inputs[0], node)
    if not pure.integers:
        raise fail(
            "HW0209",
            f"the operand of this {node.op_type} is not quantized",
            "it needs integers as its operand",
            "insert a QuantizeLinear in front of it",
            node.origin,
        )
    stream = feature_stream(pure.stream, node)
    return Pure(stream, floats(1), integers(zero_of(inputs, 2, node)), False)


def _global(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    return [_over_all(ctx, _operand(ctx, node, inputs), inputs, node)]


def _over_all(ctx: Context, pure: Pure, inputs: Inputs, node: SourceNode) -> Value:
    """The exact sum over the map times one factor."""
    count = np.float32(np.prod(pure.stream.shape[2:]))
    factor = scale_of(inputs, 1, node) / (scale_of(inputs, 3, node) * count)
    if not _LEAST_FACTOR <= factor[0] < _GREATEST_FACTOR:
        raise fail(
            "HW0270",
            f"the factor {factor[0]:g} of this {node.op_type} (input scale by output scale and "
            "number of elements) is outside 2^-32 to 256",
            "ONNX Runtime refuses to compute it, and it defines the operator",
            "quantize the output with a scale near that of the input",
            node.origin,
        )
    summed = sum_pool(ctx, pure, whole_window(pure.stream), node)
    start = summed.chain.start
    assert isinstance(start, Dequantize)
    scaled = replace(summed, chain=Chain(Dequantize(floats(factor), start.zero_point)))
    dtype = output_type(inputs, 4, inputs[0])
    return rounded(ctx, scaled, int(zero_of(inputs, 4, node)[0]), dtype, node)


def _average(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    pure = _operand(ctx, node, inputs)
    size = pure.stream.shape[2:]
    plain = window_of(node, tuple(node.attributes["kernel_shape"]), size)
    if any(d != 1 for d in plain.dilations):
        raise fail(
            "HW0271",
            f"this {node.op_type} has dilations {list(plain.dilations)}",
            "ONNX Runtime's kernel, which defines the operator, does not read them",
            "use dilations of 1, or an AveragePool between DequantizeLinear and QuantizeLinear",
            node.origin,
        )
    if plain.kernel == tuple(size) and not any(plain.begin + plain.end):
        return [_over_all(ctx, pure, inputs, node)]
    ceiling = bool(int(node.attributes.get("ceil_mode", 0)))
    window = rounded_up(plain, size) if ceiling else plain
    taps = divisors(plain, window, size, include_pad=False).astype(np.int64)
    include = bool(int(node.attributes.get("count_include_pad", 0)))
    counts = np.full_like(taps, np.prod(plain.kernel)) if include else taps
    return [_stepped(ctx, pure, window, (taps, counts), inputs, node)]


def _stepped(
    ctx: Context,
    pure: Pure,
    window: Window,
    shares: tuple[IntArray, IntArray],
    inputs: Inputs,
    node: SourceNode,
) -> Value:
    """The exact sums of the windows, and for each kind of window the staircase of its average.

    Args:
        ctx: State.
        pure: The operand.
        window: With the padding of ceil_mode.
        shares: Elements that each window holds, and the number that its sum is divided by.
        inputs: The node's inputs.
        node: The operator.
    """
    element, zero = ctx.type(pure.stream.value).element, int(pure.zero_point[0])
    summed = sum_pool(ctx, pure, window, node)
    kinds, kind_of = np.unique(np.stack([s.reshape(-1) for s in shares]), axis=1,
                               return_inverse=True)  # fmt: skip
    numbers = (np.arange(element.low, element.high + 1) - zero).astype(np.float32)
    numbers = numbers * scale_of(inputs, 1, node)
    dtype = output_type(inputs, 4, inputs[0])
    limits = integer_interval(dtype, node)
    scale, offset = scale_of(inputs, 3, node), zero_of(inputs, 4, node)
    staircases = [
        (
            int(taps) * (element.low - zero),
            _results(numbers, int(taps), floats(count), scale, offset, limits, node),
        )
        for taps, count in kinds.T
    ]
    base = min(int(y[0]) for _, y in staircases)
    top = max(int(y[-1]) for _, y in staircases)
    steps = np.stack([_steps(low, y, base, max(top, base + 1)) for low, y in staircases])
    reached = IntType(base, max(top, base + 1))
    quantizer = StepQuantizer(scale, integers(offset), reached, steps, base, 1)
    channels = pure.stream.shape[1]
    row_of = None if len(staircases) == 1 else np.tile(kind_of.reshape(-1), channels)
    return quantize(ctx, summed, Quantization(quantizer, row_of, True, dtype), node)


def _steps(low: int, results: IntArray, base: int, top: int) -> FloatArray:
    """The smallest sum that reaches each of base + 1 ... top; `results` are of low, low + 1, ..."""
    position = np.searchsorted(results, np.arange(base + 1, top + 1))
    found = np.where(position == 0, -np.inf, low + position)
    return np.where(position == results.size, np.inf, found).astype(np.float32)


def _results(
    numbers: FloatArray,
    taps: int,
    count: Array,
    scale: Array,
    zero: IntArray,
    limits: IntType,
    node: SourceNode,
) -> IntArray:
    """What the kernel gives for each sum of `taps` integers, ascending; int64.

    Raises:
        CompileError: HW0272 when equal sums give different results, HW0273 when there are too
            many sums to find that out.
    """
    if taps == 0:
        return np.array([_rounded(np.zeros(1, np.float32), scale, zero, limits)[0]])
    if work(numbers.size, taps) > MOST_WORK:
        raise fail(
            "HW0273",
            f"the windows of this {node.op_type} hold {taps} elements",
            "ONNX Runtime adds them in float32, and what its roundings change is found out for "
            "smaller windows only",
            "use QLinearGlobalAveragePool for the whole map, or an AveragePool between "
            "DequantizeLinear and QuantizeLinear",
            node.origin,
        )
    least, most = (
        _rounded(floats(total / count), scale, zero, limits)
        for total in extreme_sums(numbers, taps)
    )
    unclear = int(np.count_nonzero(least != most))
    if unclear:
        raise fail(
            "HW0272",
            f"{unclear} of {least.size} sums of this {node.op_type} lie on ties of two results",
            "ONNX Runtime, which defines the operator, adds the dequantized numbers in float32, so "
            "that the roundings of the single additions decide; no function of the sum is equal to "
            "it",
            "quantize the output with another scale than the input (or a power of two), use "
            "QLinearGlobalAveragePool, or an AveragePool between DequantizeLinear and "
            "QuantizeLinear, whose ties go to even",
            node.origin,
        )
    return least


def _rounded(average: FloatArray, scale: Array, zero: IntArray, limits: IntType) -> IntArray:
    """The zero point is added in float32, before rounding half to even."""
    steps = np.rint(average / scale + zero.astype(np.float32))
    return np.clip(steps, limits.low, limits.high).astype(np.int64)


POOLS: dict[str, Handler] = {
    "QLinearAveragePool": channels_first(_average),
    "QLinearGlobalAveragePool": channels_first(_global),
}
