"""Levels of activations."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from hwcompile.compress.checked import FloatArray, finite, same_kind

ROUNDS = 10_000


def half_wave_levels(count: int, even: bool = True) -> npt.NDArray[np.float64]:
    """Positive levels with the least squared error on the positive half of a normal distribution.

    The half-wave Gaussian quantizer (Cai et al., arXiv 1702.00953, equations 11 to 13): what is not
    above zero stays 0, and the levels stand for the rest, with limits in the middle between them.

    Args:
        count: Levels beside 0, at least 1; 3 are those of 2 bits.
        even: Multiples of one step; else every level is the mean of its cell (Lloyd's condition).

    Returns:
        float64 [count], ascending.
    """
    if count < 1:
        raise ValueError(f"at least one level, not {count}")
    levels: npt.NDArray[np.floating] = np.arange(1, count + 1) * (3.0 / (count + 1))
    for _ in range(ROUNDS):
        middle = (levels[:-1] + levels[1:]) / 2
        limits = np.concatenate([[0.0], middle, [np.inf]])
        mass, moment = _normal_cells(limits)
        if even:
            index = np.arange(1, count + 1)
            step = (index * moment).sum() / (index**2 * mass).sum()
            new = index * step
        else:
            new = moment / mass
        if np.abs(new - levels).max() < 1e-13:
            break
        levels = new
    return np.asarray(levels, dtype=np.float64)


def balanced(weights: npt.ArrayLike, bits: int, means: bool = True) -> FloatArray:
    """Even levels, each for about as many weights: cut at means, again and again.

    Weights are cut at the mean of the whole, both halves at their means, and so on, `bits` times;
    the cells take the levels `(2 i + 1) / 2^bits - 1` times `max|w|` in order (Zhou et al.,
    "Balanced quantization", arXiv 1706.07145, algorithm 2 with means for medians). Without `means`
    they are cut at medians, and so the cells hold equally many weights, within one (He et al.,
    "Effective quantization methods for recurrent neural networks", arXiv 1611.10176).
    """
    if bits < 1:
        raise ValueError(f"at least one bit, not {bits}")
    array = finite(weights)
    values = array.reshape(-1)
    codes = np.zeros(values.size, dtype=np.int64)
    if not means:
        codes[np.argsort(values, kind="stable")] = (
            np.arange(values.size) * (1 << bits) // values.size
        )
    for _ in range(bits if means else 0):
        cells = 1 << bits
        total = np.bincount(codes, values, cells)
        size = np.bincount(codes, minlength=cells)
        mean = np.divide(total, size, out=np.zeros(cells), where=size > 0)
        codes = 2 * codes + (values > mean[codes])
    levels = (2 * codes + 1) / (1 << bits) - 1
    return same_kind((levels * np.abs(values).max()).reshape(array.shape), weights)


def _normal_cells(
    limits: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Probability and first moment of a normal distribution between neighbouring limits."""
    below = np.array([0.5 * (1 + math.erf(x / math.sqrt(2))) for x in limits])
    density = np.exp(-(limits**2) / 2) / math.sqrt(2 * math.pi)
    return np.diff(below), -np.diff(density)
