"""Averages of windows whose elements are added in float32, tap by tap, as an executor does.

Where the roundings of single additions decide, the sum of the integers does not know the result.
So each element becomes its float32 number, counted in steps of one power of two, and these are
added in the order of the taps with float32's rounding after every addition: `RoundedSum`.
"""

from __future__ import annotations

import numpy as np

from hwcompile.diagnostics import fail
from hwcompile.frontends.model import Array, SourceNode
from hwcompile.frontends.numbers.float_sums import DIGITS, whole_steps
from hwcompile.frontends.symbolic.arranging import feature_map
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.linear import Window, strip_padding
from hwcompile.frontends.symbolic.pending import append
from hwcompile.frontends.symbolic.pure import Pure
from hwcompile.frontends.symbolic.quantize import quantize
from hwcompile.frontends.symbolic.quantizing import Quantization
from hwcompile.frontends.symbolic.values import Stream, Value
from hwcompile.ir.types import IntArray, IntType
from hwcompile.ops.reduce.rounded_sum import RoundedSum
from hwcompile.ops.table.op import Table
from hwcompile.ops.window.op import Window as Windows
from hwcompile_runtime.chain import Chain, Dequantize
from hwcompile_runtime.rows import floats, integers


def float_average(
    ctx: Context,
    pure: Pure,
    window: Window,
    parts: tuple[Array, IntArray],
    by: Quantization,
    node: SourceNode,
) -> Value:
    """The float32 sums of windows, divided and quantized.

    Args:
        ctx: State.
        pure: The operand, with one zero point: the elements are `q - zero_point`.
        window: With all padding; padding adds 0.0, which changes no sum.
        parts: The operand's scale, float32 [1], and what each sum is divided by, of the output's
            spatial shape; 0 where a window holds nothing.
        by: The quantizer behind the division.
        node: The operator.

    Raises:
        CompileError: HW0234 when no window fits.
    """
    scale, counts = parts
    summed = _float_sums(ctx, pure, window, scale, node)
    divisors = np.maximum(counts, 1).astype(np.float32)
    return quantize(ctx, append(summed, "div", node, (divisors[None, None],)), by, node)


def _float_sums(ctx: Context, pure: Pure, window: Window, scale: Array, node: SourceNode) -> Stream:
    zero = int(pure.zero_point[0])
    windows, shape = _windows(ctx, pure.stream, window, zero, node)
    element = ctx.type(windows).element
    numbers = (element.values() - zero).astype(np.float32) * scale
    steps, exponent = whole_steps(numbers)
    table = Table(steps[None], IntType(int(steps.min()), int(steps.max())))
    summands = ctx.emit(node, table, (windows,), "numbers")
    value = ctx.emit(node, RoundedSum(int(np.prod(window.kernel)), DIGITS), (summands,))
    kind = ctx.type(value)
    order = np.arange(kind.size).reshape(kind.shape).transpose(2, 0, 1)
    index = np.ascontiguousarray(order).reshape(1, kind.channels, *shape)
    return Stream(
        value,
        index,
        Chain(Dequantize(floats(np.ldexp(1.0, exponent)), integers(0))),
        np.dtype(np.float32),
    )


def _windows(
    ctx: Context, stream: Stream, window: Window, zero: int, node: SourceNode
) -> tuple[str, tuple[int, ...]]:
    """The IR value of all windows, (tap, channel) per pixel, and the output's spatial shape."""
    spatial = len(window.kernel)
    stream, window = strip_padding(stream, window, zero)
    flat = window.two_dimensional()
    op = Windows(flat.kernel, flat.strides, flat.dilations, flat.pads, zero, 1)
    arranged = ctx.arrange(stream.value, feature_map(stream.index), int(stream.fill), node)
    problems = op.problems((ctx.type(arranged),))
    if problems:
        raise fail(
            "HW0234",
            f"this {node.op_type} cannot be built: {'; '.join(problems)}",
            "",
            "check its kernel, strides and padding",
            node.origin,
        )
    value = ctx.emit(node, op, (arranged,), "window")
    return value, ctx.type(value).shape[:2][-spatial:]
