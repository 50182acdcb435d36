"""From exact sums to the integers of a result: factor, zero point, fused activation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hwcompile.frontends.numbers.integer_functions import IntegerFunction
from hwcompile.frontends.tflite.contents import LiteNode, LiteTensor
from hwcompile.frontends.tflite.fixed_point import Factor, SingleFactor, WideFactor
from hwcompile.frontends.tflite.lowering import LiteGraph, unsupported
from hwcompile.ir.types import IntArray, IntType
from hwcompile.ops.cast.op import Cast
from hwcompile.ops.depthwise.op import Depthwise
from hwcompile.ops.elementwise.op import Linear

NONE, RELU, RELU_N1_TO_1, RELU6 = range(4)
LIMITS = {NONE: (None, None), RELU: (0.0, None), RELU_N1_TO_1: (-1.0, 1.0), RELU6: (0.0, 6.0)}
"""Lowest and highest real number, by the schema's ActivationFunctionType."""

_MOST_DIGITS = 46
"""Dropped of a product: what is added to round it stays within 62 bits."""

INT32 = IntType(-(2**31), 2**31 - 1)
"""What sums are kept in."""


def half_away(x: float | np.float32) -> int:
    """Halves away from zero, as TfLiteRound."""
    return int(np.sign(x) * np.floor(np.abs(x) + np.float32(0.5)))


def activation_limits(node: LiteNode, tensor: LiteTensor, element: IntType) -> tuple[int, int]:
    """The integers that a fused activation leaves, `CalculateActivationRangeQuantized`.

    Raises:
        CompileError: HW0303 for an activation that no kernel fuses.
    """
    activation = node.whole("FusedActivationFunction")
    if activation not in LIMITS:
        raise unsupported(
            node,
            f"has the fused activation number {activation}",
            "TFLite's integer kernels know none but the RELU family",
            "an operator of its own for the activation",
        )
    low, high = LIMITS[activation]
    scale, zero = tensor.scale[0], int(tensor.zero_point[0])
    found = [element.low, element.high]
    if low is not None:
        found[0] = max(found[0], zero + half_away(np.float32(low) / scale))
    if high is not None:
        found[1] = min(found[1], zero + half_away(np.float32(high) / scale))
    return found[0], found[1]


@dataclass(frozen=True, eq=False)
class Requantization:
    """`clamp(round((x + offset) * factor) + zero_point)`.

    Attributes:
        offset: int64 [1 or rows].
        factor: The same number of rows.
        zero_point: Of the result.
        low: Its lowest integer.
        high: Its highest one.
    """

    offset: IntArray
    factor: Factor | WideFactor
    zero_point: int
    low: int
    high: int

    def function(self, interval: IntType) -> IntegerFunction:
        """As a function of the integers of an interval."""
        return IntegerFunction(
            "requantization",
            self._compute,
            (self.offset, self.factor.mantissa, self.factor.shift),
            interval,
        )

    def _compute(self, x: IntArray, constants: tuple[IntArray, ...]) -> IntArray:
        offset, mantissa, shift = constants
        factor = type(self.factor)(mantissa, shift)
        scaled = factor(x + offset[:, None]) + self.zero_point
        found: IntArray = np.clip(scaled, self.low, self.high)
        return found


def in_result_steps(ctx: LiteGraph, node: LiteNode, value: str, steps: Requantization) -> str:
    """The value's integers as those of the result.

    Raises:
        CompileError: HW0305 when TFLite's own arithmetic would overflow.
    """
    element = ctx.kind(value).element
    # As Python's integers: a bias of 64 bits reaches so far that the sum does not fit any more.
    offset = steps.offset.astype(object)
    low, high = element.low + offset, element.high + offset
    if steps.factor.overflows(low, high):
        raise node.refuse(
            "HW0305",
            f"sums of this {node.operator} reach from {int(low.min())} to {int(high.max())}",
            "TFLite's reference kernel overflows there, so that its result is not defined",
            "check the scales and the bias of the operator",
        )
    multiplied = _multiplied(ctx, node, value, steps)
    return multiplied or ctx.closed(node, value, steps.function(element))


def _multiplied(ctx: LiteGraph, node: LiteNode, value: str, steps: Requantization) -> str | None:
    """The kernel's own product, where a staircase would have more steps than a layer has weights.

    A factor that rounds once may drop more digits than it says when its multiplier has as many
    more: so all channels drop the same number.

    Returns:
        None for results of 8 bits, factors that round twice, and products that are too wide.
    """
    kind, factor = ctx.kind(value), steps.factor
    if steps.high - steps.low < 1 << 8 or not isinstance(factor, SingleFactor | WideFactor):
        return None
    multipliers, digits = factor.parts()
    most = int(digits.max())
    if digits.min() < 1 or most > _MOST_DIGITS or multipliers.size not in (1, kind.shape[2]):
        return None
    # In float64, because what is compared may not fit 64 bits.
    lifted = float(multipliers.max()) * 2.0 ** int(most - digits.min())
    if lifted * max(1.0, float(np.abs(steps.offset).max())) >= 2.0**61:
        return None
    rows = max(multipliers.size, steps.offset.size)
    wide = np.broadcast_to(multipliers << (most - digits), (rows,))
    offset = steps.offset * wide + (1 << (most - 1)) + (steps.zero_point << most)
    alike = np.ones(rows, dtype=np.int64)
    product = Linear((int(wide[0]),), 0) if np.all(wide == wide[0]) else Depthwise(wide[None])
    if product.problems((kind,)):
        return None
    cast = Cast(0, most, offset, most * alike, steps.low * alike, steps.high * alike, "floor",
                "saturate")  # fmt: skip
    if cast.problems(product.infer((kind,))):
        return None
    return ctx.emit(node, cast, ctx.emit(node, product, value))
