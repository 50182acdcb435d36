"""Pruning of whole filters: what is zero is not built, see `hwcompile.passes.prune`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from hwcompile.compress.checked import FloatArray, finite, same_kind


def without_filters(weights: npt.ArrayLike, score: npt.ArrayLike, keep: int) -> FloatArray:
    """Zero all filters but the `keep` with the greatest scores; of equal ones the first stay.

    Scores of the literature: `filter_norms` (Li et al., arXiv 1608.08710), the scales of a batch
    normalization (Liu et al., "Network slimming", arXiv 1708.06519), or `taylor_scores`.

    Args:
        weights: [filters, ...].
        score: [filters].
        keep: From 1 to the number of filters.
    """
    array, points = finite(weights), finite(score)
    if points.shape != array.shape[:1] or not 1 <= keep <= points.size:
        raise ValueError(
            f"{points.size} scores, of which {keep} stay, for {array.shape[0]} filters"
        )
    kept = np.argsort(-np.abs(points), kind="stable")[:keep]
    result = np.zeros_like(array)
    result[kept] = array[kept]
    return same_kind(result, weights)


def filter_norms(weights: npt.ArrayLike, order: int = 1) -> npt.NDArray[np.float64]:
    """The L1 (or L2) norm of every filter, float64 [filters]."""
    array = finite(weights)
    return np.asarray(np.linalg.norm(array.reshape(array.shape[0], -1), order, axis=1))


def taylor_scores(activations: npt.ArrayLike, gradients: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """How much the loss changes without a channel, to first order: `mean |mean(a * dL/da)|`.

    The inner mean goes over the map, the outer one over examples, and the scores of a layer are
    divided by their L2 norm (Molchanov et al., arXiv 1611.06440, equations 8 and 9).

    Args:
        activations: [examples, channels, height, width].
        gradients: Of the loss by them, same shape.
    """
    values, slopes = finite(activations), finite(gradients)
    if values.ndim != 4 or values.shape != slopes.shape:
        raise ValueError(f"[examples, channels, height, width] twice, not {values.shape}")
    scores = np.abs((values * slopes).mean(axis=(2, 3))).mean(axis=0)
    length = float(np.linalg.norm(scores))
    return np.asarray(scores / length if length else scores)
