"""What a quantizer of any source format is held to, and the one that all of them have.

Every function raises `CompileError` with the node's origin when the description cannot be taken:
HW0210 bit width, HW0212 scale, HW0213 zero point, HW0214 rounding mode.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hwcompile.diagnostics import Origin, fail
from hwcompile.ir.types import BIPOLAR, IntArray, IntType
from hwcompile_runtime.quantizers import ROUNDINGS, LinearQuantizer, Quantizer
from hwcompile_runtime.rows import FloatArray, floats, integers

_MAX_BITS = 32


def integer_range(bits: int, signed: bool, narrow: bool) -> IntType:
    """Interval of a quantizer with this width; 1 signed bit is bipolar."""
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


def linear(
    scale: Any, zero_point: Any, low: int, high: int, origin: Origin | None = None
) -> Quantizer:
    """`round(x / scale) + zero_point` to integers from `low` to `high`; scalars or one per row."""
    steps, zeros = checked_scale(scale, origin), checked_zero_point(zero_point, origin)
    return LinearQuantizer(steps, zeros, IntType(low, high), steps)
