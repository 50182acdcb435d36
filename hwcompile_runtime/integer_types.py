"""The integer types of source models: their limits, and two's complement.

A chain computes integers in int64, which wraps at 64 bits as ONNX does. A result of a narrower
type is exact there until it leaves the type; then a `wrap` operation brings it back modulo the
type's number of values. `+ - *` and shifts to the left commute with that, so that one `wrap`
behind the operation is all that two's complement needs.
"""

from __future__ import annotations

import numpy as np

from hwcompile_runtime.integers import IntArray

LIMITS = {
    name: (int(np.iinfo(name).min), int(np.iinfo(name).max))
    for name in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32")
}
"""Smallest and largest number of each type that int64 can hold."""


def wrapped(x: IntArray, name: str) -> IntArray:
    """Integers modulo the type's number of values, inside its limits; int64 of the same shape."""
    low, high = LIMITS[name]
    if high - low >= 2**64 - 1:
        return x
    return np.asarray(((x - low) & (high - low)) + low, dtype=np.int64)
