"""Proportions of cycles, exact for frames of any length."""

from __future__ import annotations

from math import gcd

import numpy as np

from hwcompile.ir.types import IntArray

_LIMIT = 1 << 63


def scaled(values: IntArray, numerator: int, denominator: int) -> IntArray:
    """`values * numerator // denominator` for ascending values >= 0, int64 [values].

    Products beyond 63 bits, as of a frame of 2**32 cycles, are computed as Python's integers.
    """
    common = gcd(numerator, denominator)
    numerator, denominator = numerator // common, denominator // common
    if int(values[-1]) * numerator < _LIMIT:
        return values * numerator // denominator
    exact: IntArray = (values.astype(object) * numerator // denominator).astype(np.int64)
    return exact
