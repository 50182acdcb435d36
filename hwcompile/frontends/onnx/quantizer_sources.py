"""Quantizers as ONNX, QONNX and ONNX Runtime describe them, checked.

Every factory raises `CompileError` with the node's origin when the description cannot be taken:
HW0210 bit width, HW0212 scale, HW0213 zero point, HW0214 rounding mode, HW0215 thresholds.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from hwcompile.diagnostics import Origin, fail
from hwcompile.frontends.numbers.quantizer_checks import (
    checked_bits,
    checked_rounding,
    checked_scale,
    checked_zero_point,
    integer_range,
    linear,
)
from hwcompile.ir.types import BIPOLAR, IntArray, IntType
from hwcompile_runtime.chain import FloatOp
from hwcompile_runtime.quantizers import (
    BipolarQuantizer,
    ClippedQuantizer,
    LinearQuantizer,
    Quantizer,
    StepQuantizer,
)
from hwcompile_runtime.rows import FloatArray, floats, integers


def from_qonnx_quant(
    scale: Any,
    zero_point: Any,
    bits: Any,
    signed: bool,
    narrow: bool,
    rounding: str = "ROUND",
    origin: Origin | None = None,
    positive: bool = True,
) -> Quantizer:
    """QONNX Quant / IntQuant; `scale` and `zero_point` are scalars or one number per row.

    Scales need not be `positive` where the quantizer only ever meets constants.
    """
    width = checked_bits(bits, origin)
    steps, zeros = checked_scale(scale, origin, positive), checked_zero_point(zero_point, origin)
    mode = checked_rounding(rounding, origin)
    element = integer_range(width, signed, narrow)
    offset = zeros.astype(np.float32)
    if element == BIPOLAR:
        return BipolarQuantizer(steps, zeros, element, steps, offset)
    return ClippedQuantizer(steps, zeros, element, steps, offset, mode)


def rounding_only(quantizer: Quantizer) -> Quantizer:
    """A Quant of several bits whose operand is divided and moved already."""
    assert isinstance(quantizer, ClippedQuantizer)
    return replace(quantizer, divisor=floats(1), offset=floats(0))


def from_bipolar_quant(
    scale: Any, origin: Origin | None = None, positive: bool = True
) -> Quantizer:
    """QONNX BipolarQuant: `x >= 0` is `+scale`, everything else `-scale`."""
    steps = checked_scale(scale, origin, positive)
    return BipolarQuantizer(steps, integers(0), BIPOLAR, floats(1), floats(0))


def from_quantize_linear(
    scale: Any, zero_point: Any, low: int, high: int, origin: Origin | None = None
) -> Quantizer:
    """ONNX QuantizeLinear to integers from `low` to `high`."""
    return linear(scale, zero_point, low, high, origin)


def from_requantizer(
    scale: Any, zero_point: Any, low: int, high: int, origin: Origin | None = None
) -> Quantizer:
    """The end of ONNX Runtime's QLinear operators: the chain has already divided by `scale`.

    The chain before it starts with `Dequantize(qlinear_multiplier(sx, sw, sy), 0)`.
    """
    steps, zeros = checked_scale(scale, origin), checked_zero_point(zero_point, origin)
    return LinearQuantizer(steps, zeros, IntType(low, high), floats(1))


def qlinear_multiplier(input_scale: Any, weight_scale: Any, output_scale: Any) -> FloatArray:
    """ONNX Runtime's requantization factor float32(float32(sx * sw) / sy), [1 or rows]."""
    product = floats(input_scale) * floats(weight_scale)
    return np.asarray(product / floats(output_scale), dtype=np.float32)


def from_trunc(
    scale: Any,
    zero_point: Any,
    output_scale: Any,
    output_bits: Any,
    signed: bool,
    narrow: bool,
    rounding: str = "FLOOR",
    origin: Origin | None = None,
) -> tuple[tuple[FloatOp, ...], Quantizer]:
    """QONNX Trunc (version 2): the chain's additional operations and the quantizer behind them."""
    steps, zeros = checked_scale(scale, origin), checked_zero_point(zero_point, origin)
    outputs = checked_scale(output_scale, origin)
    mode = checked_rounding(rounding, origin)
    element = integer_range(checked_bits(output_bits, origin), signed, narrow)
    factor = np.asarray(2 ** np.round(np.log2(outputs / steps)), dtype=np.float32)
    after = checked_zero_point(zeros.astype(np.float32) / factor, origin)
    return _trunc(steps, zeros, factor, mode), ClippedQuantizer(
        outputs, after, _integer(element), floats(1), floats(0), mode
    )


def _trunc(
    steps: FloatArray, zeros: IntArray, factor: FloatArray, mode: str
) -> tuple[FloatOp, ...]:
    return (
        FloatOp("div", (steps,)),
        FloatOp("add", (zeros.astype(np.float32),)),
        FloatOp("round"),
        FloatOp("div", (factor,)),
    )


def _integer(element: IntType) -> IntType:
    """Trunc clamps to [-1, 0] for 1 signed bit: it knows no bipolar encoding."""
    return IntType(-1, 0) if element == BIPOLAR else element


def from_trunc_v1(
    scale: Any,
    zero_point: Any,
    input_bits: Any,
    output_bits: Any,
    rounding: str = "FLOOR",
    origin: Origin | None = None,
) -> tuple[tuple[FloatOp, ...], Quantizer]:
    """QONNX Trunc (version 1), which drops low bits and does not clamp."""
    steps, zeros = checked_scale(scale, origin), checked_zero_point(zero_point, origin)
    dropped = checked_bits(input_bits, origin) - checked_bits(output_bits, origin)
    mode = checked_rounding(rounding, origin)
    # Wider than anything that can be reached; closing narrows it to what is.
    element = IntType(-(1 << 30), 1 << 30)
    ops = _trunc(steps, zeros, floats(2.0**dropped), mode)
    return ops, ClippedQuantizer(steps, zeros, element, floats(1), floats(0), mode)


def from_multi_threshold(
    thresholds: Any, out_scale: float, out_bias: float, origin: Origin | None = None
) -> Quantizer:
    """QONNX MultiThreshold with real result `out_scale * count + out_bias`.

    The integers are `slope * count + base` with the smallest slope that makes the base whole, so
    that zero has an integer: `2 * count - 1` for bipolar results.

    Args:
        thresholds: float32 [1 or rows, n].
        out_scale: The node's attribute.
        out_bias: The node's attribute.
        origin: The node.
    """
    steps = np.asarray(thresholds, dtype=np.float32)
    if steps.ndim != 2 or np.isnan(steps).any():
        raise fail(
            "HW0215",
            "the thresholds are not a matrix of numbers",
            "MultiThreshold needs one row of thresholds, or one per channel",
            "repair the initializer of the thresholds",
            origin,
        )
    steps = np.sort(steps, axis=1)
    checked_scale(out_scale, origin)
    ratio = (Fraction(float(out_bias)) / Fraction(float(out_scale))).limit_denominator(64)
    slope, base = ratio.denominator, ratio.numerator
    count = steps.shape[1]
    scale = np.float32(out_scale) / np.float32(slope)
    element = IntType(base, base + slope * count)
    if (base, slope, count) == (-1, 2, 1):
        element = BIPOLAR
    made = StepQuantizer(floats(scale), integers(0), element, steps, base, slope)
    _check_levels(made, np.float32(out_scale), np.float32(out_bias), count, origin)
    return made


def _check_levels(
    made: StepQuantizer,
    out_scale: np.float32,
    out_bias: np.float32,
    count: int,
    origin: Origin | None,
) -> None:
    """The integers must mean exactly the real numbers that the node computes."""
    counts = np.arange(count + 1, dtype=np.float32)
    real = np.asarray(out_scale * counts + out_bias, dtype=np.float32)
    q = (made.base + made.slope * np.arange(count + 1, dtype=np.int64)).reshape(1, -1)
    if not np.array_equal(made.dequantize(q)[0], real):
        raise fail(
            "HW0215",
            f"out_scale {out_scale:g} and out_bias {out_bias:g} have no common integer step",
            "the output must be a whole multiple of one step",
            "choose out_bias as a multiple of out_scale, or of half of it",
            origin,
        )
