"""What all compression schemes take: finite arrays of numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating]


def finite(weights: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Weights as float64, any shape.

    Raises:
        ValueError: When there are none, or some are not finite.
    """
    array = np.asarray(weights, dtype=np.float64)
    if array.size == 0:
        raise ValueError("there are no weights")
    if not np.isfinite(array).all():
        raise ValueError("there are weights that are not finite")
    return array


def same_kind(result: npt.NDArray[np.float64], weights: npt.ArrayLike) -> FloatArray:
    """A result in the number type of what it was made from (float64 for integers)."""
    kind: Any = np.asarray(weights).dtype
    return result.astype(kind) if np.issubdtype(kind, np.floating) else result


def mean_of(values: npt.NDArray[np.float64], axis: int | None) -> npt.NDArray[np.float64]:
    """The mean of everything, or of all axes but one, with axes kept."""
    others = (
        None if axis is None else tuple(i for i in range(values.ndim) if i != axis % values.ndim)
    )
    return np.asarray(values.mean(axis=others, keepdims=True))
