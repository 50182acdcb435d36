"""TFLite's fixed-point arithmetic, as its reference kernels do it on integers of 32 bits.

A real factor is kept as `mantissa * 2^(shift - 31)` with 31 bits of mantissa. Multiplying by it
rounds twice: the doubled high half of the product, then what is shifted out (common.h of TFLite's
kernels, `MultiplyByQuantizedMultiplier`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hwcompile.ir.types import IntArray
from hwcompile_runtime.gemmlowp import divided_by_power, high_half

_ONE = 1 << 31


@dataclass(frozen=True, eq=False)
class Factor:
    """Real factors, one or one per row.

    Attributes:
        mantissa: int64 [1 or rows], from 2^30 to 2^31 - 1, or 0.
        shift: int64 likewise; above 0 to the left.
    """

    mantissa: IntArray
    shift: IntArray

    @staticmethod
    def of(real: npt.ArrayLike) -> Factor:
        """The nearest factors to real numbers, `QuantizeMultiplier`.

        Worked example: 0.75 is 0.75 * 2^0, so the mantissa is 0.75 * 2^31 = 1,610,612,736 and the
        shift 0; 3.0 has the same mantissa and the shift 2.
        """
        fraction, shift = np.frexp(np.atleast_1d(np.asarray(real, dtype=np.float64)))
        mantissa = np.floor(np.abs(fraction) * _ONE + 0.5).astype(np.int64)
        mantissa = np.where(fraction < 0, -mantissa, mantissa)
        over = mantissa == _ONE
        mantissa, shift = np.where(over, mantissa // 2, mantissa), shift.astype(np.int64) + over
        tiny = shift < -31
        shift = np.where(tiny, 0, shift)
        large = shift > 30
        mantissa = np.where(tiny, 0, np.where(large, _ONE - 1, mantissa))
        return Factor(mantissa, np.where(large, 30, shift))

    def rows(self, count: int) -> Factor:
        """The factors of `count` rows."""
        return Factor(
            np.broadcast_to(self.mantissa, (count,)), np.broadcast_to(self.shift, (count,))
        )

    def __call__(self, x: IntArray) -> IntArray:
        """int64 [rows, ...] times the factors of the rows, rounded.

        Where shifting to the left leaves 32 bits, the reference is undefined; here it saturates,
        so that a function of a wide interval stays monotone. See `overflows`.
        """
        trailing = (slice(None), *(None,) * (x.ndim - 1))
        mantissa, shift = self.mantissa[trailing], self.shift[trailing]
        left, right = np.maximum(shift, 0), np.maximum(-shift, 0)
        shifted = np.clip(x, -(_ONE >> left), (_ONE - 1) >> left) << left
        return divided_by_power(high_half(shifted, mantissa), right)

    def overflows(self, low: IntArray, high: IntArray) -> bool:
        """True when integers from `low` to `high` [1 or rows] leave 32 bits on the way."""
        left = np.maximum(self.shift, 0)
        return bool(np.any(low < -(_ONE >> left)) or np.any(high > (_ONE - 1) >> left))


@dataclass(frozen=True, eq=False)
class SingleFactor(Factor):
    """The same real factors where the kernel rounds once, halves upwards: fully connected layers.

    The kernels of convolutions round twice, and those of ai-edge-litert's fully connected layers
    once, although the source has one function for both; 0 of 50,000 sums differ so.
    """

    @staticmethod
    def of(real: npt.ArrayLike) -> SingleFactor:
        """See `Factor.of`."""
        plain = Factor.of(real)
        return SingleFactor(plain.mantissa, plain.shift)

    def __call__(self, x: IntArray) -> IntArray:
        """int64 [rows, ...] times the factors of the rows, rounded; |x| is below 2^31."""
        return _rounded_once(np.clip(x, -_ONE, _ONE - 1), *self.parts())

    def parts(self) -> tuple[IntArray, IntArray]:
        """Multipliers, and how many digits of a product are dropped."""
        return self.mantissa, 31 - self.shift


@dataclass(frozen=True, eq=False)
class WideFactor:
    """The same real factors for sums of 64 bits, of which 15 bits of mantissa are used.

    Attributes:
        mantissa: As those of `Factor`.
        shift: As those of `Factor`.
    """

    mantissa: IntArray
    shift: IntArray

    @staticmethod
    def of(real: npt.ArrayLike) -> WideFactor:
        """See `Factor.of`."""
        plain = Factor.of(real)
        return WideFactor(plain.mantissa, plain.shift)

    def __call__(self, x: IntArray) -> IntArray:
        """int64 [rows, ...] times the factors of the rows, rounded once, halves upwards."""
        return _rounded_once(x, *self.parts())

    def parts(self) -> tuple[IntArray, IntArray]:
        """Multipliers, and how many digits of a product are dropped."""
        short = np.where(self.mantissa < 0x7FFF0000, (self.mantissa + (1 << 15)) >> 16, 0x7FFF)
        return short, 15 - self.shift

    def overflows(self, low: IntArray, high: IntArray) -> bool:
        """True when integers from `low` to `high` [1 or rows] leave 48 bits."""
        return bool(np.any(low < -(1 << 47)) or np.any(high > (1 << 47) - 1))


def _rounded_once(x: IntArray, multipliers: IntArray, digits: IntArray) -> IntArray:
    """int64 [rows, ...] times the rows' multipliers, halves upwards."""
    trailing = (slice(None), *(None,) * (x.ndim - 1))
    total = digits[trailing]
    found: IntArray = (x * multipliers[trailing] + (np.int64(1) << (total - 1))) >> total
    return found
