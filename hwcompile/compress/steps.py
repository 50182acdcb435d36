"""Even steps: fixed point, its widths, and DoReFa-Net's weights."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from hwcompile.compress.checked import FloatArray, finite, same_kind

MOST_FRACTION = 64
"""Fraction bits that are tried, either way."""


def fixed_point(weights: npt.ArrayLike, bits: int, fraction: int | None = None) -> FloatArray:
    """Nearest numbers of a two's complement format, ties to even.

    Args:
        weights: Any shape.
        bits: Width, at least 2.
        fraction: Fraction bits; None takes those of the best signal-to-noise ratio.

    Returns:
        Multiples of `2**-fraction` from `-2**(bits-1)` to `2**(bits-1) - 1` of them.
    """
    array = finite(weights)
    if fraction is None:
        fraction = best_fraction(array, bits)
    return same_kind(_rounded(array, bits, fraction), weights)


def best_fraction(weights: npt.ArrayLike, bits: int) -> int:
    """Fraction bits with the greatest signal-to-quantization-noise ratio; the most of equals.

    The ratio is sum(w^2) / sum((w - q)^2) (Lin, Talathi, Annapureddy, "Fixed point quantization of
    deep convolutional networks", ICML 2016).
    """
    if bits < 2:
        raise ValueError(f"a sign and a digit are 2 bits, not {bits}")
    array = finite(weights)
    largest = np.abs(array).max()
    if largest == 0:
        return 0
    whole = int(np.ceil(np.log2(largest)))
    near = range(bits - 1 - whole + bits, bits - 1 - whole - 2, -1)
    tried = [max(-MOST_FRACTION, min(MOST_FRACTION, fraction)) for fraction in near]
    noise = [float(((array - _rounded(array, bits, fraction)) ** 2).sum()) for fraction in tried]
    return tried[int(np.argmin(noise))]


def dynamic_fixed_point(weights: npt.ArrayLike, bits: int) -> FloatArray:
    """Fixed point whose integer part is just long enough for the largest weight.

    `il = ceil(log2(max|w|)) + 1` with the sign, and `bits - il` fraction bits (Gysel, "Ristretto",
    arXiv 1605.06402, section 4): nothing but the very largest weights is ever clipped. A largest
    weight that would be rounded to a power of two counts as one, whose `il` is one less: so the
    result stays what it is when it is rounded again.
    """
    array = finite(weights)
    largest = np.abs(array).max()
    whole = int(np.ceil(np.log2(largest))) + 1 if largest else 0
    if bits > 2 and np.rint(np.ldexp(largest, bits - whole)) == 1 << (bits - 2):
        whole -= 1
    return same_kind(_rounded(array, bits, bits - whole), weights)


def bits_by_noise(sizes: Mapping[str, int], bits: int) -> dict[str, int]:
    """Widths of layers with the least bits in all at the same signal-to-noise ratio at the output.

    A layer with four times the weights takes one bit less: `b_i - b_j = 10 log10(n_j / n_i) / k`
    with k = 6.02 dB per bit (Lin et al. 2016, equation 10, for an even quantizer).

    Args:
        sizes: Weights of every layer.
        bits: Width of the layer with the most weights.

    Returns:
        By layer; rounded up.
    """
    if not sizes or min(sizes.values()) < 1:
        raise ValueError("every layer has at least one weight")
    largest, decibels = max(sizes.values()), 20 * np.log10(2)
    more = {name: 10 * np.log10(largest / size) / decibels for name, size in sizes.items()}
    return {name: bits + int(np.ceil(extra - 1e-9)) for name, extra in more.items()}


def dorefa(weights: npt.ArrayLike, bits: int) -> FloatArray:
    """DoReFa-Net's weights: `2 * quantize_k(tanh(w) / (2 max|tanh(w)|) + 1/2) - 1`.

    `quantize_k(r) = round((2^k - 1) r) / (2^k - 1)`; one bit is `sign(w) * mean|w|` with one factor
    for the layer (Zhou et al., arXiv 1606.06160, equations 5, 7 and 9). It is what training applies
    to its own weights in every step, and no projection: applied twice it is something else.
    """
    array = finite(weights)
    if bits == 1:
        return same_kind(np.where(array >= 0, 1.0, -1.0) * np.abs(array).mean(), weights)
    turned = np.tanh(array)
    largest = np.abs(turned).max()
    if largest == 0:
        largest = 1.0
    levels = (1 << bits) - 1
    codes = np.rint(levels * (turned / (2 * largest) + 0.5))
    return same_kind((2 * codes - levels) / levels, weights)


def _rounded(array: npt.NDArray[np.float64], bits: int, fraction: int) -> npt.NDArray[np.float64]:
    if bits < 2:
        raise ValueError(f"a sign and a digit are 2 bits, not {bits}")
    codes = np.clip(np.rint(np.ldexp(array, fraction)), -(1 << (bits - 1)), (1 << (bits - 1)) - 1)
    return np.asarray(np.ldexp(codes, -fraction))
