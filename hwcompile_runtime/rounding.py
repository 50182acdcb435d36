"""Fixed-point rounding and overflow on int64, as Xilinx' `ap_types` name and do them."""

from __future__ import annotations

import numpy as np

from hwcompile_runtime.integers import IntArray


def rounding_term(v: IntArray, grain: IntArray, half: IntArray, rounding: str) -> IntArray:
    """What makes `(v + term) >> grain` the rounding of `v / 2^grain`, unless that is "floor".

    Args:
        v: int64 [..., R].
        grain: Binary digits that are rounded away, int64 [R].
        half: Half of what is rounded away, `2^grain >> 1`, int64 [R].
        rounding: "zero", "half_up", "half_down", "half_away", "half_zero" or "half_even".
    """
    if rounding == "half_up":
        return half
    if rounding == "zero":
        return np.where(v < 0, (np.int64(1) << grain) - 1, 0)
    below = np.maximum(half - 1, 0)
    if rounding == "half_down":
        return below
    if rounding == "half_away":
        return np.where(v < 0, below, half)
    if rounding == "half_zero":
        return np.where(v < 0, half, below)
    odd = (v >> grain) & 1
    return np.where(grain > 0, below + odd, 0)


def fitted(q: IntArray, low: IntArray, high: IntArray, period: IntArray, overflow: str) -> IntArray:
    """Integers inside [low, high].

    Args:
        q: int64 [..., R].
        low: Least result, int64 [R].
        high: Greatest result, int64 [R].
        period: Length of the range, a power of two where `overflow` is "wrap", int64 [R].
        overflow: "saturate" (the nearer end), "zero" (0), or "wrap" (modulo the length).
    """
    if overflow == "saturate":
        return np.clip(q, low, high)
    if overflow == "zero":
        return np.where((q < low) | (q > high), 0, q)
    wrapped = q - low
    wrapped &= period - 1
    wrapped += low
    return wrapped
