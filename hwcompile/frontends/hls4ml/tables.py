"""Entries of hls4ml's tables in the arithmetic of its C++: float32 through the C library.

C++'s `std::exp(float)` is the C library's `expf`; another implementation may differ in a last
digit, and an entry with it. So the library itself is asked, as hls4ml's simulation does.
"""

from __future__ import annotations

import ctypes
import ctypes.util
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from hwcompile.frontends.hls4ml.formats import FloatArray


@cache
def _function(name: str) -> Callable[[float], float]:
    """A float32 function of the C library; where there is none, the nearest float32."""
    library = ctypes.CDLL(ctypes.util.find_library("m") or None)
    function = getattr(library, f"{name}f", None)
    if function is None:  # pragma: no cover
        return lambda x: float(np.float32(getattr(np, name)(np.float64(x))))
    function.restype, function.argtypes = ctypes.c_float, [ctypes.c_float]
    return function  # type: ignore[no-any-return]


def in_float(name: str, values: FloatArray) -> FloatArray:
    """`name(x)` of float32 numbers in float32; same shape."""
    function = _function(name)
    flat = [function(float(x)) for x in values.astype(np.float32).reshape(-1)]
    return np.array(flat, dtype=np.float64).reshape(values.shape)


def exponentials(values: FloatArray) -> FloatArray:
    """`std::exp` of float32 numbers."""
    return in_float("exp", values)


def symmetric_inputs(size: int, reach: float) -> FloatArray:
    """`2 * reach * (i - N / 2.0) / N` for each i, as the C++ computes it: double, then float."""
    half = float(np.float32(size)) / 2.0
    exact = 2 * reach * (np.arange(size) - half) / float(np.float32(size))
    return exact.astype(np.float32).astype(np.float64)


def sigmoid(size: int) -> FloatArray:
    """`1.0 / (1 + exp(-x))` from -8 to 8."""
    exp = exponentials(-symmetric_inputs(size, 8.0)).astype(np.float32)
    return _as_float(1.0 / (np.float32(1) + exp).astype(np.float64))


def tanh(size: int) -> FloatArray:
    """`tanh(x)` from -4 to 4."""
    return in_float("tanh", symmetric_inputs(size, 4.0))


def softplus(size: int) -> FloatArray:
    """`log(exp(x) + 1.0)` from -8 to 8."""
    grown: FloatArray = exponentials(symmetric_inputs(size, 8.0)) + 1.0
    return _as_float(np.log(grown))


def softsign(size: int) -> FloatArray:
    """`x / (abs(x) + 1.0)` from -8 to 8."""
    x = symmetric_inputs(size, 8.0)
    return _as_float(x / (np.abs(x) + 1.0))


def _falling_inputs(size: int) -> FloatArray:
    exact = -8.0 * np.arange(size) / float(np.float32(size))
    return exact.astype(np.float32).astype(np.float64)


def elu(size: int) -> FloatArray:
    """`exp(x) - 1.0` from 0 to -8."""
    return _as_float(exponentials(_falling_inputs(size)) - 1.0)


def selu(size: int) -> FloatArray:
    """`1.05... * (1.67... * (exp(x) - 1.0))` from 0 to -8."""
    inner = 1.6732632423543772848170429916717 * (exponentials(_falling_inputs(size)) - 1.0)
    return _as_float(1.0507009873554804934193349852946 * inner)


def inverses(size: int) -> FloatArray:
    """`1.0 / x` from 0 to 64, 0 for 0."""
    x = _as_float(64.0 * np.arange(size) / float(np.float32(size)))
    return np.divide(1.0, x, out=np.zeros_like(x), where=x > 0)


def _as_float(values: npt.NDArray[np.floating[Any]]) -> FloatArray:
    return values.astype(np.float32).astype(np.float64)


FUNCTIONS: dict[str, Callable[[int], FloatArray]] = {
    "sigmoid": sigmoid,
    "tanh": tanh,
    "softplus": softplus,
    "softsign": softsign,
}
