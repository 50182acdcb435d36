"""Quantizers as the source formats describe them, checked: the factories front ends call.

Every factory raises `CompileError` with the node's origin when the description cannot be taken:
HW0210 bit width, HW0212 scale, HW0213 zero point, HW0214 rounding mode, HW0215 thresholds.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from hwcompile.diagnostics import Origin, fail
from hwcompile.frontends.numbers.chain import FloatOp
from hwcompile.frontends.numbers.quantizers import (
    ROUNDINGS,
    BipolarQuantizer,
    LinearQuantizer,
    QonnxQuantizer,
    Quantizer,
    StepQuantizer,
)
from hwcompile.frontends.numbers.rows import FloatArray, floats, integers
from hwcompile.ir.types import BIPOLAR, IntArray, IntType

_MAX_BITS = 32


def integer_range(bits: int, signed: bool, narrow: bool) -> IntType:
    """Interval of a QONNX quantizer with this width; 1 signed bit is bipolar."""
    if bits == 1 and signed:
        return BIPOLAR
    if signed:
        half = 1 << (bits - 1)
        return IntType(-half + (1 if narrow else 0), half - 1)
    return IntType(0, (1 << bits) - (2 if narrow else 1))


def checked_bits(bits: Any, origin: Origin | None = None) -> int:
    """A bit width as an int.

    Raises:
        CompileError: HW0210 when it is not one whole number from 1 to 32.
    """
    values = np.unique(np.asarray(bits, dtype=np.float64))
    if values.size != 1:
        raise fail(
            "HW0210",
            f"the bit width differs between channels ({values.min():g} to {values.max():g})",
            "all channels of a stream have one width",
            "export the model with one bit width per tensor",
            origin,
        )
    value = float(values[0])
    if not value.is_integer():
        raise fail(
            "HW0210",
            f"the bit width {value:g} is not a whole number",
            "hardware has whole bits",
            "round the learned bit width and train a few steps more, then export again",
            origin,
        )
    if not 1 <= value <= _MAX_BITS:
        raise fail(
            "HW0210",
            f"the bit width {value:g} is outside 1 to {_MAX_BITS}",
            "",
            "quantize to at most 16 bits",
            origin,
        )
    return int(value)


def checked_scale(scale: Any, origin: Origin | None = None, positive: bool = True) -> FloatArray:
    """Scales as float32 [n].

    Args:
        scale: One number or several.
        origin: The node.
        positive: False where the step only multiplies constants: then it may be 0 or negative.

    Raises:
        CompileError: HW0212 when one is NaN, infinite, or (if `positive`) zero or negative.
    """
    values = floats(scale)
    for bad, word in (
        (np.isnan(values), "not a number"),
        (np.isinf(values), "infinite"),
        (positive & (values == 0), "zero"),
        (positive & (values < 0), "negative"),
    ):
        if bad.any():
            where = f" of channel {int(np.flatnonzero(bad)[0])}" if values.size > 1 else ""
            raise fail(
                "HW0212",
                f"the scale{where} is {word}",
                "a quantizer's step is a positive finite number",
                "repair the scale in the model (a channel that is always zero can take scale 1)",
                origin,
            )
    return values


def checked_zero_point(zero_point: Any, origin: Origin | None = None) -> IntArray:
    """Zero points as int64 [n].

    Raises:
        CompileError: HW0213 when one is not a whole number or does not fit 32 bits.
    """
    values = np.asarray(zero_point, dtype=np.float64).reshape(-1)
    for bad, word, reason, fix in (
        (
            ~np.isfinite(values) | (values != np.round(values)),
            "is not a whole number",
            "integers that mean 0.0 exactly are needed for exact padding and accumulation",
            "export with an integer zero point",
        ),
        (
            np.abs(values) >= 2.0**_MAX_BITS,
            f"does not fit {_MAX_BITS} bits",
            "a quantizer's integers have at most that many, and 0.0 would lie far outside",
            "repair the zero point in the model (it is usually one of the quantizer's integers)",
        ),
    ):
        if bad.any():
            found = values[bad][0]
            raise fail("HW0213", f"the zero point {found:g} {word}", reason, fix, origin)
    return integers(values)


def checked_rounding(mode: str, origin: Origin | None = None) -> str:
    """A rounding mode's name in upper case.

    Raises:
        CompileError: HW0214 when nobody knows it.
    """
    name = mode.upper()
    if name not in ROUNDINGS:
        raise fail(
            "HW0214",
            f"the rounding mode '{mode}' is unknown",
            "",
            "use one of " + ", ".join(ROUNDINGS),
            origin,
        )
    return name


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
    return QonnxQuantizer(steps, zeros, element, steps, offset, mode)


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
    steps, zeros = checked_scale(scale, origin), checked_zero_point(zero_point, origin)
    return LinearQuantizer(steps, zeros, IntType(low, high), steps)


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
    return _trunc(steps, zeros, factor, mode), QonnxQuantizer(
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
    return ops, QonnxQuantizer(steps, zeros, element, floats(1), floats(0), mode)


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
