"""Powers of two, sums of them, and small floats: products become shifts."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from hwcompile.compress.checked import FloatArray, finite, same_kind


def powers_of_two(weights: npt.ArrayLike, bits: int) -> FloatArray:
    """Nearest of `{0, +-2^n1, ..., +-2^n2}`, as incremental network quantization has it.

    `s = max|w|`, `n1 = floor(log2(4 s / 3))`, `n2 = n1 + 1 - 2^(bits-1) / 2`; between neighbours
    a < b of {0, 2^n2, ...} the limit is (a + b) / 2, and what is larger than the greatest becomes
    the greatest (Zhou et al., "Incremental network quantization", arXiv 1702.03044, equations 1 to
    4).

    Args:
        weights: Any shape.
        bits: Of a code with sign, zero and exponent; at least 2.
    """
    if bits < 2:
        raise ValueError(f"a sign and a zero are 2 bits, not {bits}")
    array = finite(weights)
    largest = np.abs(array).max()
    if largest == 0:
        return same_kind(array.copy(), weights)
    first = int(np.floor(np.log2(4 * largest / 3)))
    count = max((1 << (bits - 1)) // 2, 1)
    levels = np.concatenate([[0.0], np.ldexp(1.0, np.arange(first + 1 - count, first + 1))])
    limits = (levels[:-1] + levels[1:]) / 2
    index = np.searchsorted(limits, np.abs(array), side="right")
    return same_kind(np.sign(array) * levels[index], weights)


def shift_sums(weights: npt.ArrayLike, terms: int = 2, bits: int = 4) -> FloatArray:
    """Sums of `terms` numbers, the n-th of `{0, +-2^(1-n), +-2^-n, ...}` with 2^bits - 1 of them.

    Weights are divided by the power of two that brings the largest into (1/2, 1], and every term is
    the nearest to what the terms before left (Gudovskiy, Rigazio, "ShiftCNN", arXiv 1706.02393,
    equation 2 and algorithm 1).
    """
    if terms < 1 or bits < 2:
        raise ValueError(f"at least 1 term of 2 bits, not {terms} of {bits}")
    array = finite(weights)
    largest = np.abs(array).max()
    if largest == 0:
        return same_kind(array.copy(), weights)
    scale = int(np.ceil(np.log2(largest)))
    rest = np.ldexp(array, -scale)
    total = np.zeros_like(rest)
    for term in range(1, terms + 1):
        powers = np.ldexp(1.0, 1 - term - np.arange((1 << (bits - 1)) - 1))
        step = nearest(rest, np.concatenate([-powers, [0.0], powers[::-1]]))
        total, rest = total + step, rest - step
    return same_kind(np.ldexp(total, scale), weights)


def minifloat(
    weights: npt.ArrayLike, exponent: int, mantissa: int, bias: int | None = None
) -> FloatArray:
    """Nearest small floating-point numbers, ties to even, with subnormals and without infinities.

    `(-1)^s 2^(e - bias) (1 + m / 2^mantissa)` for e > 0 and `(-1)^s 2^(1 - bias) m / 2^mantissa`
    for e = 0, as IEEE 754 but for its highest exponent, which is a number like others (Ristretto's
    minifloat, arXiv 1605.06402, section 5; FloatQuant of QONNX). Larger ones become the largest.

    Args:
        weights: Any shape.
        exponent: Bits of e, at least 1.
        mantissa: Bits of m.
        bias: `2**(exponent - 1) - 1` if None.
    """
    if exponent < 1 or mantissa < 0:
        raise ValueError(f"at least 1 exponent bit and no less than 0 of mantissa, not {exponent}")
    array = finite(weights)
    middle = (1 << (exponent - 1)) - 1 if bias is None else bias
    _, power = np.frexp(array)
    step = np.maximum(power - 1, 1 - middle) - mantissa
    rounded = np.ldexp(np.rint(np.ldexp(array, -step)), step)
    largest = np.ldexp(2.0 - 2.0**-mantissa, (1 << exponent) - 1 - middle)
    return same_kind(np.clip(rounded, -largest, largest), weights)


def nearest(values: npt.NDArray[np.float64], levels: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """The nearest of ascending levels; in the middle the one nearer to zero."""
    known = np.asarray(levels, dtype=np.float64)
    middle = (known[:-1] + known[1:]) / 2
    right = np.searchsorted(middle, values, side="right")
    left = np.searchsorted(middle, values, side="left")
    closer = np.abs(known[left]) <= np.abs(known[right])
    return np.where(closer, known[left], known[right])
