"""Layers as chains of thinner ones."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from hwcompile.compress.checked import FloatArray, finite, same_kind


def matrix_factors(weights: npt.ArrayLike, rank: int) -> tuple[FloatArray, FloatArray]:
    """`(first, second)` with `second @ first` nearest to a matrix among those of a rank.

    The truncated singular value decomposition, with the root of every singular value on each side
    (Xue, Li, Gong, Interspeech 2013; Denton et al., arXiv 1404.0736).

    Args:
        weights: [outputs, inputs].
        rank: From 1 to the smaller of both.

    Returns:
        [rank, inputs] and [outputs, rank].
    """
    array = finite(weights)
    if array.ndim != 2:
        raise ValueError(f"a matrix is [outputs, inputs], not {array.shape}")
    left, values, right = np.linalg.svd(array, full_matrices=False)
    _check_rank(rank, values.size)
    root = np.sqrt(values[:rank])
    first, second = root[:, None] * right[:rank], left[:, :rank] * root
    return same_kind(first, weights), same_kind(second, weights)


def spatial_factors(weights: npt.ArrayLike, rank: int) -> tuple[FloatArray, FloatArray]:
    """A K x L convolution as K x 1 filters followed by 1 x L filters.

    The best of a rank by the singular value decomposition of [C*K, N*L] (Jaderberg et al., arXiv
    1405.3866, scheme 2; closed form of Tai et al., arXiv 1511.06067, equation 5). The first takes
    the vertical stride and padding, the second the horizontal ones.

    Args:
        weights: [filters N, channels C, K, L].
        rank: From 1 to the smaller of C*K and N*L.

    Returns:
        [rank, C, K, 1] and [N, rank, 1, L].
    """
    array = finite(weights)
    if array.ndim != 4:
        raise ValueError(f"filters are [filters, channels, rows, columns], not {array.shape}")
    filters, channels, rows, columns = array.shape
    flat = array.transpose(1, 2, 0, 3).reshape(channels * rows, filters * columns)
    second, first = matrix_factors(flat, rank)
    vertical = np.asarray(first, dtype=np.float64).T.reshape(rank, channels, rows, 1)
    horizontal = (
        np.asarray(second, dtype=np.float64)
        .reshape(rank, filters, 1, columns)
        .transpose(1, 0, 2, 3)
    )
    return same_kind(vertical, weights), same_kind(np.array(horizontal), weights)


def tucker_factors(
    weights: npt.ArrayLike, inputs: int, outputs: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """A convolution as 1 x 1, K x L on fewer channels, and 1 x 1 again (Tucker-2).

    The factors are the first left singular vectors of the unfoldings along channels and filters
    (Kim et al., arXiv 1511.06530, with the higher-order singular value decomposition).

    Args:
        weights: [filters N, channels C, K, L].
        inputs: Channels of the core, from 1 to C.
        outputs: Filters of the core, from 1 to N.

    Returns:
        [inputs, C, 1, 1], [outputs, inputs, K, L] and [N, outputs, 1, 1].
    """
    array = finite(weights)
    if array.ndim != 4:
        raise ValueError(f"filters are [filters, channels, rows, columns], not {array.shape}")
    _check_rank(inputs, array.shape[1])
    _check_rank(outputs, array.shape[0])
    into = _directions(array.transpose(1, 0, 2, 3), inputs)
    out = _directions(array, outputs)
    core = np.einsum("nckl,ci,no->oikl", array, into, out)
    factors = (into.T[:, :, None, None], core, out[:, :, None, None])
    first, middle, last = (same_kind(np.ascontiguousarray(factor), weights) for factor in factors)
    return first, middle, last


def _directions(array: npt.NDArray[np.float64], rank: int) -> npt.NDArray[np.float64]:
    """The first left singular vectors of [axis 0, the rest]: [axis 0, rank]."""
    left, _, _ = np.linalg.svd(array.reshape(array.shape[0], -1), full_matrices=False)
    if left.shape[1] < rank:
        raise ValueError(f"a rank of {rank} is more than the {left.shape[1]} there are")
    return np.asarray(left[:, :rank])


def _check_rank(rank: int, most: int) -> None:
    if not 1 <= rank <= most:
        raise ValueError(f"a rank is from 1 to {most}, not {rank}")
