"""Real numbers assigned to fixed-point formats, as Xilinx' `ap_types` do it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from hwcompile_runtime.integers import IntArray, IntType
from hwcompile_runtime.rounding import fitted, rounding_term


def assigned(
    reals: npt.NDArray[Any], fraction: int, element: IntType, rounding: str, overflow: str
) -> IntArray:
    """Integers that count steps of 2^-fraction; same shape.

    Args:
        reals: No NaN. Infinities are numbers beyond every format.
        fraction: Digits behind the point.
        element: The range.
        rounding: "floor", or one of `rounding_term`'s.
        overflow: One of `fitted`'s.

    A number is looked at with three digits more than the format has: two of its own, and one that
    says whether anything follows, so that every rounding sees what it needs.
    """
    finite = np.nan_to_num(np.asarray(reals, np.float64), posinf=2.0**900, neginf=-(2.0**900))
    scaled = np.ldexp(finite, fraction + 2)
    whole = np.floor(scaled)
    more = (scaled != whole).astype(np.int64)
    reach = 2.0**59
    kept = np.fmod(whole, reach) if overflow == "wrap" else np.clip(whole, -reach, reach)
    v = 2 * kept.astype(np.int64) + more
    grain, half = np.array([3]), np.array([4])
    if rounding != "floor":
        v += rounding_term(v, grain, half, rounding)
    low, high = np.array([element.low]), np.array([element.high])
    return fitted(v >> grain, low, high, high - low + 1, overflow)
