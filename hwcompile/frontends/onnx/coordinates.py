"""Where the elements of a resized map lie in the map.

Coordinates are computed as ONNX Runtime (1.32 and later) computes them, in float32 and operation by
operation: where an exact coordinate lies halfway between two elements, its rounding decides which
is the nearest.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hwcompile.frontends.model import Array

Coordinates = Callable[[Array, np.float32, np.float32, np.float32], Array]

_HALF, _ONE = np.float32(0.5), np.float32(1)


def _symmetric(i: Array, scale: np.float32, size: np.float32, length: np.float32) -> Array:
    """Half-pixel coordinates around the middle of a map whose exact size is no whole number.

    ONNX Runtime has a float32 offset, and adds the coordinate to it in float64.
    """
    adjustment = size / (scale * length)
    offset = np.float64(length / np.float32(2) * (_ONE - adjustment))
    middle = (i.astype(np.float64) + 0.5) / np.float64(scale)
    return np.asarray(offset + middle - 0.5, dtype=np.float32)


def _aligned(i: Array, scale: np.float32, size: np.float32, length: np.float32) -> Array:
    return i * np.float32(0) if size == 1 else i * (length - _ONE) / (size - _ONE)


def _half(i: Array, scale: np.float32, size: np.float32, length: np.float32) -> Array:
    return (i + _HALF) / scale - _HALF


def _half_of_many(i: Array, scale: np.float32, size: np.float32, length: np.float32) -> Array:
    return _half(i, scale, size, length) if size > 1 else i * np.float32(0)


COORDINATES: dict[str, Coordinates] = {
    "asymmetric": lambda i, scale, size, length: i / scale,
    "half_pixel": _half,
    "half_pixel_symmetric": _symmetric,
    "pytorch_half_pixel": _half_of_many,
    "tf_half_pixel_for_nn": lambda i, scale, size, length: (i + _HALF) / scale,
    "align_corners": _aligned,
}
"""Where each output element i lies in the input, from the scale, and the output's and input's
size; all float32."""
