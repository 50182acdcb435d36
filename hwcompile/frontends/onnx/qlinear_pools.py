"""QLinearAveragePool and QLinearGlobalAveragePool, as ONNX Runtime's kernels compute them.

The global pool multiplies the exact sum by one float32 factor, rounds, and adds the zero point.
The other one adds dequantized numbers in float32, tap by tap, divides, and adds the zero point
before it rounds. Where these roundings decide between two results for one sum of integers, no
function of the sum is equal to it, and the sums are computed as the kernel does (`float_pools`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from hwcompile.diagnostics import fail
from hwcompile.frontends.model import Array, SourceNode
from hwcompile.frontends.numbers.float_sums import MOST_WORK, extreme_sums, work
from hwcompile.frontends.onnx.pooling import rounded_up
from hwcompile.frontends.onnx.qlinear_parameters import output_type, rounded, scale_of, zero_of
from hwcompile.frontends.onnx.windows import window_of
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.dialect import Handler
from hwcompile.frontends.symbolic.element_types import integer_interval
from hwcompile.frontends.symbolic.float_pools import float_average
from hwcompile.frontends.symbolic.linear import Window, feature_stream
from hwcompile.frontends.symbolic.moving import moved
from hwcompile.frontends.symbolic.pooling import divisors, sum_pool, whole_window
from hwcompile.frontends.symbolic.pure import Pure, pure_stream
from hwcompile.frontends.symbolic.quantize import quantize
from hwcompile.frontends.symbolic.quantizing import Quantization
from hwcompile.frontends.symbolic.values import Value
from hwcompile.ir.types import IntArray, IntType
from hwcompile_runtime.chain import Chain, Dequantize
from hwcompile_runtime.quantizers import ClippedQuantizer, StepQuantizer
from hwcompile_runtime.rows import FloatArray, floats, integers

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
    if not taps.size:
        raise fail(
            "HW0234",
            f"this {node.op_type} cannot be built: no window fits into the map {list(size)}",
            "its result has no elements",
            "check its kernel, strides and padding",
            node.origin,
        )
    return [_averaged(ctx, pure, window, (taps, counts), inputs, node)]


@dataclass(frozen=True, eq=False)
class _Averaging:
    """The arithmetic of the kernel, for elements of one interval.

    Attributes:
        numbers: The float32 number of each integer that arrives, ascending.
        scale: Of the output, float32 [1].
        zero: Of the output, int64 [1].
        limits: Of the output's type.
    """

    numbers: FloatArray
    scale: Array
    zero: IntArray
    limits: IntType

    def results(self, taps: int, count: int) -> IntArray | None:
        """What the kernel gives for each sum of `taps` integers by `count`, ascending; int64.

        None when equal sums give different results, or there are too many to find that out.
        """
        if taps == 0:
            return self._rounded(np.zeros(1, np.float32))
        if work(self.numbers.size, taps) > MOST_WORK:
            return None
        least, most = (
            self._rounded(total / np.float32(count)) for total in extreme_sums(self.numbers, taps)
        )
        return least if np.array_equal(least, most) else None

    def _rounded(self, average: FloatArray) -> IntArray:
        """The zero point is added in float32, before rounding half to even."""
        steps = np.rint(average / self.scale + self.zero.astype(np.float32))
        return np.clip(steps, self.limits.low, self.limits.high).astype(np.int64)

    def check(self, taps: int, count: int, node: SourceNode) -> None:
        """The results before they are limited to the type.

        Raises:
            CompileError: HW0276 when the largest are no 32-bit integers.
        """
        ends = np.tile([[self.numbers.min()], [self.numbers.max()]], max(taps, 1))
        with np.errstate(over="ignore"):
            total = np.cumsum(ends, axis=1)[:, -1]
            steps = total / np.float32(max(count, 1)) / self.scale + self.zero.astype(np.float32)
        most = float(np.abs(steps).max())
        if most < 2.0**31:
            return
        raise fail(
            "HW0276",
            f"the averages of this {node.op_type} reach {most:.3g} steps of its output",
            "ONNX Runtime, which defines the operator, makes 32-bit integers of them before it "
            "limits them to 8 bits",
            "quantize the output with a scale near that of the input, both of a usual size",
            node.origin,
        )

    def quantizer(self) -> ClippedQuantizer:
        """The same rounding, behind a division in float32."""
        offset = self.zero.astype(np.float32)
        return ClippedQuantizer(self.scale, self.zero, self.limits, self.scale, offset)


def _averaged(
    ctx: Context,
    pure: Pure,
    window: Window,
    shares: tuple[IntArray, IntArray],
    inputs: Inputs,
    node: SourceNode,
) -> Value:
    """A staircase of the exact sums of the windows where it is equal, else the float sums.

    Args:
        ctx: State.
        pure: The operand.
        window: With the padding of ceil_mode.
        shares: Elements that each window holds, and the number that its sum is divided by.
        inputs: The node's inputs.
        node: The operator.
    """
    taps, counts = shares
    scale, dtype = scale_of(inputs, 1, node), output_type(inputs, 4, inputs[0])
    difference = ctx.type(pure.stream.value).element.values() - pure.zero_point[0]
    kernel = _Averaging(
        difference.astype(np.float32) * scale,
        scale_of(inputs, 3, node),
        zero_of(inputs, 4, node),
        integer_interval(dtype, node),
    )
    kernel.check(int(taps.max()), int(counts.min()), node)
    kinds, kind_of = np.unique(np.stack([taps.reshape(-1), counts.reshape(-1)]), axis=1,
                               return_inverse=True)  # fmt: skip
    staircases = []
    for held, count in kinds.T.tolist():
        results = kernel.results(held, count)
        if results is None:
            by = Quantization(kernel.quantizer(), None, True, dtype)
            return float_average(ctx, pure, window, (scale, counts), by, node)
        staircases.append((held * int(difference[0]), results))
    row_of = None if len(staircases) == 1 else np.tile(kind_of.reshape(-1), pure.stream.shape[1])
    by = Quantization(_steps_of(staircases, kernel), row_of, True, dtype)
    return quantize(ctx, sum_pool(ctx, pure, window, node), by, node)


def _steps_of(staircases: list[tuple[int, IntArray]], kernel: _Averaging) -> StepQuantizer:
    """A row for each of `staircases`: its least sum, and the results of that and those behind."""
    base = min(int(y[0]) for _, y in staircases)
    top = max(base + 1, *(int(y[-1]) for _, y in staircases))
    steps = np.stack([_steps(low, y, base, top) for low, y in staircases])
    return StepQuantizer(kernel.scale, kernel.zero, IntType(base, top), steps, base, 1)


def _steps(low: int, results: IntArray, base: int, top: int) -> FloatArray:
    """The smallest sum that reaches each of base + 1 ... top; `results` are of low, low + 1, ..."""
    position = np.searchsorted(results, np.arange(base + 1, top + 1))
    found = np.where(position == 0, -np.inf, low + position)
    return np.where(position == results.size, np.inf, found).astype(np.float32)


POOLS: dict[str, Handler] = {
    "QLinearAveragePool": channels_first(_average),
    "QLinearGlobalAveragePool": channels_first(_global),
}
