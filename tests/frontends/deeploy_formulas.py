"""What Deeploy's and QuantLib's integer operators compute, as published.

Written from the C kernels of pulp-platform/Deeploy (`TargetLibraries/Generic/src`, and `iNoNorm.c`
of the platform Snitch) and, for TrueIntegerDiv, from QuantLib's module (pulp-platform/quantlib,
`algorithms/pact/pact_ops.py`): one number after the other in Python's integers, in the order of
the kernels.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def _c_div(a: int, b: int) -> int:
    """C's division."""
    return abs(a) // abs(b) * (1 if (a >= 0) == (b >= 0) else -1)


def _clamp(x: int, low: int, high: int) -> int:
    return max(low, min(high, x))


def each(function: Callable[[int], int], x: Ints) -> Ints:
    known = {int(v): function(int(v)) for v in np.unique(x)}
    return np.array([known[int(v)] for v in x.reshape(-1)]).reshape(x.shape)


def rows(function: Callable[[list[int]], list[int]], x: Ints) -> Ints:
    rows = [function([int(v) for v in row]) for row in x.reshape(-1, x.shape[-1])]
    return np.array(rows).reshape(x.shape)


def requant_shift(x: Ints, mul: Ints, add: Ints, log2d: int, low: int, high: int) -> Ints:
    """RequantShift_s32_s8_NCHW with rounding, as the template of the platform calls it."""
    out = np.empty_like(x)
    for place in np.ndindex(*x.shape):
        channel = place[1] if mul.size > 1 else 0
        y = int(x[place]) * int(mul[channel]) + int(add[channel])
        if log2d > 0:
            y += 1 << (log2d - 1)
        out[place] = _clamp(y >> log2d, low, high)
    return out


def hardswish(x: int, one_over_six: int, three: int, six: int) -> int:
    """iHardswish_s8_s32."""
    temp = x + three
    temp = 0 if temp < 0 else temp
    temp = six if temp > six else temp
    return x * (temp * one_over_six)


def gelu(x: int, b: int, one: int) -> int:
    """GELU_s8_s32."""
    sign = (x > 0) - (x < 0)
    x_abs = sign * x
    q = -b if x_abs > -b else x_abs
    d = q + b
    length = sign * (-(d * d) + one)
    return x * ((one + length) >> 1)


def softmax(row: list[int], a: int, b: int, c: int, log2: int, levels: int) -> list[int]:
    """Softmax_s8_s8 without the offset that makes its results signed."""
    largest = max(row)
    y = []
    for x in row:
        tilde = x - largest
        z = _clamp(-_c_div(tilde, log2), 0, 31)
        p = tilde + z * log2
        y.append((a * ((p + b) * (p + b)) + c) >> z)
    total = sum(y)
    return [v * (levels - 1) // total for v in y]


def ita_max(row: list[int], levels: int) -> list[int]:
    """ITAMax_s8 without the offset that makes its results signed."""
    largest = max(row)
    shift = [(largest - x + 16) >> 5 for x in row]
    inverse = (levels - 1) * 256 // sum(256 >> s for s in shift)
    return [inverse >> s for s in shift]


def ita_partial_max(row: list[int], group: int, levels: int) -> list[int]:
    """ITAPartialMax_s8 without the offset."""
    total, largest = 0, -128
    for start in range(0, len(row), group):
        part = row[start : start + group]
        current = max(part)
        halvings = 0
        if current > largest:
            halvings = (current - largest + 16) >> 5
            largest = current
        total = (total >> halvings) + sum(256 >> ((largest - x + 16) >> 5) for x in part)
    inverse = (levels // 2 - 1) * 256 // total
    return [inverse >> ((largest - x + 16) >> 5) for x in row]


def layernorm(row: list[int], weight: Ints, bias: Ints, log2d: int) -> list[int]:
    """Layernorm_s8_s8; n_levels limits what the kernel stores in 8 bits."""
    mean = _c_div(sum(row), len(row))
    power = _c_div(sum((x - mean) ** 2 for x in row), len(row)) + 1
    std = math.isqrt(power)
    return [
        _clamp((_c_div((x - mean) * int(w), std) + int(b)) >> log2d, -128, 127)
        for x, w, b in zip(row, weight, bias, strict=True)
    ]


def rmsnorm(row: list[int], weight: Ints, log2d: int) -> list[int]:
    """iRMSnorm_s8_s8."""
    std = math.isqrt(_c_div(sum(x * x for x in row), len(row)) + 1)
    return [
        _clamp(_c_div(x * int(w), std) >> log2d, -128, 127)
        for x, w in zip(row, weight, strict=True)
    ]


def nonorm(x: Ints, weight: Ints, bias: Ints, mul: int, log2d: int) -> Ints:
    """SnitchiNoNorm_s8_s8: what is stored are the low 8 bits."""
    found = ((x * weight + bias) * mul) >> log2d
    return (found + 128) % 256 - 128


def division(x: int, y: int, delta: int, eps: int, eta: int) -> int:
    """Div_s32_s32."""
    denom = eta * y + eps
    nom = delta * eta * x
    sign = (nom >= 0) - (nom < 0)
    return _c_div(nom + sign * (denom >> 1), denom)


def true_division(x: int, y: int, delta: int, eps: int, eta: int) -> int:
    """PACTTrueIntegerDiv: floor(x * Delta * eta / (y * eta + eps) + 1/2)."""
    top, bottom = 2 * x * delta * eta + (y * eta + eps), 2 * (y * eta + eps)
    return math.floor(top / bottom) if top % bottom else top // bottom
