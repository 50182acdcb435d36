"""Two and three levels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from hwcompile.compress.checked import FloatArray, finite, mean_of, same_kind


def binary_weights(weights: npt.ArrayLike, axis: int | None = 0) -> FloatArray:
    """`alpha * sign(w)` with `alpha = mean|w|`, the nearest such weights; sign(0) is +1.

    Binary-Weight-Networks, and the weights of XNOR-Net (Rastegari et al., arXiv 1603.05279,
    equation 6).

    Args:
        weights: Any shape.
        axis: That of the output channels, each with a factor of its own; None for one factor.
    """
    array = finite(weights)
    return same_kind(np.where(array >= 0, 1.0, -1.0) * mean_of(np.abs(array), axis), weights)


def ternary(weights: npt.ArrayLike, axis: int | None = 0) -> FloatArray:
    """`alpha * sign(w)` where `|w| > 0.7 mean|w|`, else 0; alpha is the mean of what stays.

    Ternary weight networks (Li, Zhang, Liu, arXiv 1605.04711, equations 3 to 6).
    """
    array = finite(weights)
    kept = np.abs(array) > 0.7 * mean_of(np.abs(array), axis)
    share = mean_of(kept.astype(np.float64), axis)
    total = mean_of(np.abs(array) * kept, axis)
    alpha = np.divide(total, share, out=np.zeros_like(total), where=share > 0)
    return same_kind(np.sign(array) * kept * alpha, weights)


def trained_ternary(
    weights: npt.ArrayLike, positive: float, negative: float, share: float = 0.05
) -> FloatArray:
    """`positive` above `share * max|w|`, `-negative` below minus that, else 0.

    Trained ternary quantization (Zhu et al., arXiv 1612.01064, equations 6 and 9); both levels are
    what training found.
    """
    array = finite(weights)
    limit = share * np.abs(array).max()
    result = np.where(array > limit, positive, np.where(array < -limit, -negative, 0.0))
    return same_kind(result, weights)


def residual_binary(weights: npt.ArrayLike, levels: int) -> FloatArray:
    """A sum of signs: `sum_l gamma_l e_l`, where e_l is the sign of what the sum before left.

    gamma_l is the mean magnitude of that rest (Ghasemzadeh, Samragh, Koushanfar, "ReBNet", arXiv
    1711.01243, algorithm 1, with the best factors instead of trained ones). One factor for all.
    """
    if levels < 1:
        raise ValueError(f"at least one level, not {levels}")
    rest = finite(weights).copy()
    total = np.zeros_like(rest)
    for _ in range(levels):
        step = np.where(rest >= 0, 1.0, -1.0) * np.abs(rest).mean()
        total, rest = total + step, rest - step
    return same_kind(total, weights)


def separable_binary(weights: npt.ArrayLike) -> FloatArray:
    """Kernels of +-1 that are products of a column and a row of signs.

    The signs of the first singular vectors of every kernel (Lin et al., "Binarized convolutional
    neural networks with separable filters", arXiv 1707.04693, section 3): 32 different 3 x 3
    kernels instead of 512.

    Args:
        weights: [filters, channels, rows, columns].
    """
    array = finite(weights)
    if array.ndim != 4:
        raise ValueError(f"kernels are [filters, channels, rows, columns], not {array.shape}")
    left, _, right = np.linalg.svd(array)
    column = np.where(left[..., :, :1] >= 0, 1.0, -1.0)
    row = np.where(right[..., :1, :] >= 0, 1.0, -1.0)
    return same_kind(column * row, weights)


def register_signs(shape: tuple[int, ...], polynomial: int = 0x1A011, seed: int = 1) -> FloatArray:
    """+1 and -1 of a linear feedback shift register, which hardware makes instead of storing them.

    Random features need fixed weights, any ones that look random (Livni, Carmon, Globerson,
    "Learning infinite-layer networks", arXiv 1606.05316). Bit i + L of the sequence is the sum
    modulo 2 of bits i + j for the terms x^j of the polynomial below its degree L; 1 means +1.

    Args:
        shape: Of the weights, which are filled in their own order.
        polynomial: Bit j says that it has the term x^j; that of degree 0 must be there. The
            default, x^16 + x^15 + x^13 + x^4 + 1, has the longest period, 65,535.
        seed: The first L bits, bit 0 first; not 0.
    """
    degree = polynomial.bit_length() - 1
    if degree < 1 or not polynomial & 1:
        raise ValueError(f"a polynomial with the term x^0 and another one, not {polynomial:#x}")
    if not 0 < seed < 1 << degree:
        raise ValueError(f"a seed from 1 to {(1 << degree) - 1}, not {seed}")
    taps, state = polynomial ^ 1 << degree, seed
    bits = np.empty(int(np.prod(shape)))
    for place in range(bits.size):
        bits[place] = state & 1
        state = state >> 1 | ((state & taps).bit_count() & 1) << (degree - 1)
    return 2 * bits.reshape(shape) - 1
