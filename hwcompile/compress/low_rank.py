"""Layers as chains of thinner ones."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from hwcompile.compress.checked import FloatArray, finite, same_kind

Floats = npt.NDArray[np.float64]

_STARTS = 6
_MOST_ROUNDS = 500
_SETTLED = 1e-9
"""What a round must take off the share of the weights' power that is missed."""


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
    array = _filters(weights)
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
    array = _filters(weights)
    _check_rank(inputs, array.shape[1])
    _check_rank(outputs, array.shape[0])
    into = _directions(array.transpose(1, 0, 2, 3), inputs)
    out = _directions(array, outputs)
    core = np.einsum("nckl,ci,no->oikl", array, into, out)
    factors = (into.T[:, :, None, None], core, out[:, :, None, None])
    first, middle, last = (same_kind(np.ascontiguousarray(factor), weights) for factor in factors)
    return first, middle, last


def filter_factors(weights: npt.ArrayLike, rank: int) -> tuple[FloatArray, FloatArray]:
    """A convolution as one with fewer filters, and 1 x 1.

    The best of a rank by the singular value decomposition of [N, C*K*L] (Zhang et al., arXiv
    1411.4229, section 2.1, for linear responses; Denton et al., arXiv 1404.0736).

    Args:
        weights: [filters N, channels C, K, L].
        rank: From 1 to the smaller of N and C*K*L.

    Returns:
        [rank, C, K, L] and [N, rank, 1, 1].
    """
    array = _filters(weights)
    factors = matrix_factors(array.reshape(array.shape[0], -1), rank)
    first, second = (same_kind(finite(factor), weights) for factor in factors)
    return first.reshape(rank, *array.shape[1:]), second[:, :, None, None]


def cp_factors(
    weights: npt.ArrayLike, rank: int
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """A convolution as 1 x 1, K x 1 and 1 x L for each channel, and 1 x 1 again.

    The canonical polyadic decomposition (Lebedev et al., arXiv 1412.6553, figure 1d) by alternating
    least squares, from the first directions of every axis and from random ones: the best of these
    local optima.

    Args:
        weights: [filters N, channels C, K, L].
        rank: At least 1.

    Returns:
        [rank, C, 1, 1], [rank, 1, K, 1], [rank, 1, 1, L] and [N, rank, 1, 1].
    """
    array = _filters(weights)
    if rank < 1:
        raise ValueError(f"a rank is at least 1, not {rank}")
    rng = np.random.default_rng(0)
    starts = [[_start(np.moveaxis(array, axis, 0), rank, rng) for axis in range(4)]]
    starts += [[rng.normal(size=(size, rank)) for size in array.shape] for _ in range(_STARTS)]
    error, axes = np.inf, starts[0]
    for start in starts:
        missed, found = _alternating(array, start)
        if missed < error - _SETTLED:
            error, axes = missed, found
    filters, channels, rows, cells = axes
    # Each axis takes as much of a term's size.
    root = np.linalg.norm(cells, axis=0) ** 0.25
    cells = cells / np.where(root > 0, root, 1) ** 3
    filters, channels, rows = (one * root for one in (filters, channels, rows))
    return (
        same_kind(np.array(channels.T[:, :, None, None]), weights),
        same_kind(np.array(rows.T[:, None, :, None]), weights),
        same_kind(np.array(cells.T[:, None, None, :]), weights),
        same_kind(np.array(filters[:, :, None, None]), weights),
    )


def _alternating(array: Floats, axes: list[Floats]) -> tuple[float, list[Floats]]:
    """Rounds of least squares along each axis; the share of the power that is missed, and axes."""
    axes = list(axes)
    flat = [np.moveaxis(array, axis, 0).reshape(array.shape[axis], -1) for axis in range(4)]
    power, last = float((array**2).sum()) or 1.0, np.inf
    for _ in range(_MOST_ROUNDS):
        for axis in range(4):
            others = [axes[other] for other in range(4) if other != axis]
            gram = np.prod([one.T @ one for one in others], axis=0)
            axes[axis] = flat[axis] @ _columns(*others) @ np.linalg.pinv(gram)
            if axis < 3:
                # Sizes gather in the last axis, so that none of them runs away.
                size = np.linalg.norm(axes[axis], axis=0)
                axes[axis] = axes[axis] / np.where(size > 0, size, 1)
        error = float(((flat[3] - axes[3] @ _columns(*axes[:3]).T) ** 2).sum()) / power
        if last - error < _SETTLED:
            break
        last = error
    return error, axes


def _columns(*axes: Floats) -> Floats:
    """The terms of all axes, flat in their order: [product of sizes, rank]."""
    a, b, c = axes
    return np.asarray(np.einsum("ir,jr,kr->ijkr", a, b, c).reshape(-1, a.shape[1]))


def _start(array: Floats, rank: int, rng: np.random.Generator) -> Floats:
    """The first directions of an axis, and random ones where it has no more."""
    most = min(rank, array.shape[0])
    known = _directions(array, most)
    return np.hstack([known, rng.normal(size=(array.shape[0], rank - most))])


def _filters(weights: npt.ArrayLike) -> Floats:
    array = finite(weights)
    if array.ndim != 4:
        raise ValueError(f"filters are [filters, channels, rows, columns], not {array.shape}")
    return array


def _directions(array: Floats, rank: int) -> Floats:
    """The first left singular vectors of [axis 0, the rest]: [axis 0, rank]."""
    left, _, _ = np.linalg.svd(array.reshape(array.shape[0], -1), full_matrices=False)
    if left.shape[1] < rank:
        raise ValueError(f"a rank of {rank} is more than the {left.shape[1]} there are")
    return np.asarray(left[:, :rank])


def _check_rank(rank: int, most: int) -> None:
    if not 1 <= rank <= most:
        raise ValueError(f"a rank is from 1 to {most}, not {rank}")
