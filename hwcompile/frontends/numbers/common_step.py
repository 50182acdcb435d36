"""The largest number that several scales are whole multiples of."""

from __future__ import annotations

from math import frexp, gcd, ldexp

import numpy as np

from hwcompile.frontends.model import Array
from hwcompile.ir.types import IntArray

LARGEST_FACTOR = 1 << 10
"""Beyond it scales count as unrelated: any float32 numbers have some common step."""

_BITS = 24
"""Of a float32's significand."""


def common_step(scales: Array) -> tuple[np.float32, IntArray] | None:
    """A step, and which multiple of it each scale is, exactly; None when they are unrelated.

    Args:
        scales: Positive float32 numbers, of any shape.

    Returns:
        The step and int64 factors of the scales' shape, from 1 to `LARGEST_FACTOR`.

    Three quarters and a half are three and two quarters:

    >>> step, factors = common_step(np.float32([0.75, 0.5, 0.75]))
    >>> float(step), factors.tolist()
    (0.25, [3, 2, 3])
    >>> common_step(np.float32([0.1, 0.3]))
    """
    distinct, where = np.unique(scales, return_inverse=True)
    if distinct.size == 0 or not distinct[0] > 0 or not np.isfinite(distinct[-1]):
        return None
    parts = [frexp(float(s)) for s in distinct]
    lowest = min(exponent for _, exponent in parts)
    if parts[-1][1] - lowest > LARGEST_FACTOR.bit_length():
        return None
    whole = [int(ldexp(m, _BITS + e - lowest)) for m, e in parts]
    divisor = gcd(*whole)
    factors = np.array([w // divisor for w in whole], dtype=np.int64)
    if factors[-1] > LARGEST_FACTOR:
        return None
    step = np.float32(ldexp(divisor, lowest - _BITS))
    return step, factors[where].reshape(np.shape(scales))
