"""Pruning: which weights to keep. All of it is deterministic; of equal magnitudes the first stays.

None of it is needed for speed: rows are packed when a design is compiled, whatever is left of them.
The balanced forms are what published engines train with.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating]


def magnitude(weights: FloatArray, density: float) -> FloatArray:
    """Keep the largest weights of a matrix (or of several, given as one array).

    Args:
        weights: Any shape; finite.
        density: Share of weights to keep, from 0 to 1; the number is rounded to the nearest.

    Returns:
        A copy with all other weights zero.
    """
    flat = _checked(weights, density).reshape(1, -1)
    return _keep(flat, _count(flat.size, density)).reshape(weights.shape)


def magnitude_of_all(matrices: Sequence[FloatArray], density: float) -> tuple[FloatArray, ...]:
    """Keep the largest weights of several matrices together, so that they compete."""
    flat = np.concatenate([_checked(matrix, density).reshape(-1) for matrix in matrices])
    pruned = magnitude(flat, density)
    parts = np.split(pruned, np.cumsum([matrix.size for matrix in matrices])[:-1])
    return tuple(part.reshape(m.shape) for part, m in zip(parts, matrices, strict=True))


def load_balanced(weights: FloatArray, density: float, pes: int) -> FloatArray:
    """Keep the largest weights of each PE's rows, so that every PE has as many (as in ESE).

    PE p owns rows p, p + pes, p + 2 pes and so on.

    Args:
        weights: [rows, columns]; finite.
        density: Share of weights to keep, from 0 to 1.
        pes: Number of PEs, at most the number of rows.

    Returns:
        A copy with all other weights zero.
    """
    checked = _checked(weights, density)
    if not 1 <= pes <= checked.shape[0]:
        raise ValueError(f"{checked.shape[0]} rows can not be dealt out to {pes} PEs")
    pruned = np.zeros_like(checked)
    for pe in range(pes):
        pruned[pe::pes] = magnitude(checked[pe::pes], density)
    return pruned


def bank_balanced(weights: FloatArray, density: float, banks: int) -> FloatArray:
    """Keep equally many weights in each bank of each row, the largest ones.

    A bank is a run of neighbouring columns; all banks have the same width.

    Args:
        weights: [rows, columns]; finite.
        density: Share of weights to keep, from 0 to 1.
        banks: Banks of a row; divides the number of columns.

    Returns:
        A copy with all other weights zero.
    """
    checked = _checked(weights, density)
    if banks < 1 or checked.shape[1] % banks:
        raise ValueError(f"{checked.shape[1]} columns can not be cut into {banks} equal banks")
    width = checked.shape[1] // banks
    kept = _keep(checked.reshape(-1, width), _count(width, density))
    return kept.reshape(checked.shape)


def _checked(weights: FloatArray, density: float) -> FloatArray:
    array = np.asarray(weights)
    if not np.isfinite(array).all():
        raise ValueError("there are weights that are not finite")
    if not 0 <= density <= 1:
        raise ValueError(f"the density is a share from 0 to 1, not {density}")
    return array


def _count(size: int, density: float) -> int:
    return round(size * density)


def _keep(rows: FloatArray, count: int) -> FloatArray:
    """The `count` largest of each row."""
    order = np.argsort(-np.abs(rows), axis=1, kind="stable")[:, :count]
    kept = np.zeros_like(rows)
    np.put_along_axis(kept, order, np.take_along_axis(rows, order, axis=1), axis=1)
    return kept
