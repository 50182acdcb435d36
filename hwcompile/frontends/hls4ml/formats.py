"""`ap_fixed` and `ap_int` as intervals of integers that count steps of a power of two.

A format of W bits of which I stand in front of the point holds multiples of 2^-(W - I). Modes are
those of Xilinx' `ap_types`: what an assignment does to digits behind the last one (quantization)
and to values outside the range (overflow).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, cast

import numpy as np
import numpy.typing as npt

from hwcompile.diagnostics import Origin, fail
from hwcompile.ir.types import IntArray, IntType
from hwcompile.ops.cast.op import Cast
from hwcompile_runtime.fixed_point import assigned

FloatArray = npt.NDArray[np.float64]

ROUNDINGS = {
    "TRN": "floor",
    "TRN_ZERO": "zero",
    "RND": "half_up",
    "RND_ZERO": "half_zero",
    "RND_INF": "half_away",
    "RND_MIN_INF": "half_down",
    "RND_CONV": "half_even",
}
OVERFLOWS = {"WRAP": "wrap", "SAT": "saturate", "SAT_SYM": "saturate", "SAT_ZERO": "zero"}
MOST_BITS = 62
"""Wider numbers do not fit int64 beside their neighbours."""


class Precision(Protocol):
    """What is read of hls4ml's `IntegerPrecisionType` and `FixedPrecisionType`."""

    width: int
    signed: bool
    integer: int
    rounding_mode: object
    saturation_mode: object
    saturation_bits: int


@dataclass(frozen=True)
class Format:
    """A fixed-point format with the modes of assignments to it.

    Attributes:
        bits: All of them.
        integer: Those in front of the point; may be negative or more than `bits`.
        signed: Two's complement.
        rounding: A name of `hwcompile.ops.cast.op.ROUNDINGS`.
        overflow: A name of `hwcompile.ops.cast.op.OVERFLOWS`.
        symmetric: The most negative number is not used.
        bipolar: A bit that products read as -1 or +1.
        whole: An `ap_int`, no `ap_fixed`; products look at the difference here and there.
        exponent: Weights that are powers of two; `bits` are those of the exponents.
    """

    bits: int
    integer: int
    signed: bool
    rounding: str = "floor"
    overflow: str = "wrap"
    symmetric: bool = False
    bipolar: bool = False
    whole: bool = False
    exponent: bool = False

    @property
    def is_bit(self) -> bool:
        """`ap_uint<1>`."""
        return self.whole and self.bits == 1 and not self.signed

    @property
    def fraction(self) -> int:
        """Digits behind the point."""
        return self.bits - self.integer

    @property
    def low(self) -> int:
        """Least integer that an assignment makes."""
        if not self.signed:
            return 0
        least = -(1 << (self.bits - 1))
        return least + 1 if self.symmetric and self.bits > 1 else least

    @property
    def high(self) -> int:
        """Greatest integer."""
        return (1 << (self.bits - self.signed)) - 1

    @property
    def element(self) -> IntType:
        """The integers."""
        return IntType(self.low, self.high)

    def cast(self, fraction: int, offset: IntArray | None = None) -> Cast:
        """An assignment of numbers with so many digits behind the point, plus an offset of such."""
        zero = np.zeros(1, dtype=np.int64) if offset is None else offset
        rows = np.zeros_like(zero)
        left, right = max(self.fraction - fraction, 0), max(fraction - self.fraction, 0)
        ends = (rows + self.low, rows + self.high)
        return Cast(left, right, zero << left, rows + right, *ends, self.rounding, self.overflow)

    def of_integers(self, values: IntArray, fraction: int) -> IntArray:
        """Constants with so many digits behind the point, assigned; same shape."""
        return self.cast(fraction).apply(values)

    def of_reals(self, values: FloatArray) -> IntArray:
        """Real constants, assigned; same shape."""
        return assigned(values, self.fraction, self.element, self.rounding, self.overflow)


def format_of(precision: object, origin: Origin) -> Format:
    """The format of a precision of hls4ml.

    Raises:
        CompileError: HW0291 for one that holds no multiples of a power of two.
    """
    kind = type(precision).__name__.removeprefix("AP").removeprefix("AC")
    if kind.startswith("Xnor"):
        return Format(1, 1, False, bipolar=True, whole=True)
    if not kind.startswith(("Fixed", "Integer")):
        raise fail(
            "HW0291",
            f"the precision {precision} is no fixed-point format",
            "the network computes on integers",
            "fixed<W,I> or int<W> in hls4ml's configuration",
            origin,
        )
    known = cast(Precision, precision)
    width, integer = int(known.width), int(known.integer)
    rounding, overflow = (
        str(mode).rpartition(".")[2].removeprefix("AP_")
        for mode in (known.rounding_mode, known.saturation_mode)
    )
    _check(known, width, overflow, origin)
    whole = kind.startswith("Integer")
    return Format(
        width,
        integer,
        bool(known.signed),
        # An ap_fixed becomes an ap_int as a float becomes an int.
        "zero" if whole else ROUNDINGS[rounding],
        OVERFLOWS[overflow],
        overflow == "SAT_SYM",
        whole=whole,
    )


def _check(precision: Precision, width: int, overflow: str, origin: Origin) -> None:
    if not 1 <= width <= MOST_BITS:
        raise fail(
            "HW0291",
            f"the precision {precision} has {width} bits",
            f"numbers have 1 to {MOST_BITS}",
            "a narrower precision in hls4ml's configuration",
            origin,
        )
    if overflow == "WRAP" and int(precision.saturation_bits or 0):
        raise fail(
            "HW0291",
            f"the precision {precision} keeps {precision.saturation_bits} saturated bits",
            "that kind of wrapping is not built",
            "AP_WRAP without saturated bits, or AP_SAT",
            origin,
        )
