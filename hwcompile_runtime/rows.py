"""Per-row constants: arrays whose first axis is 1 or the number of rows.

A *row* is a set of elements that share their constants: the whole tensor (1 row), a channel
(C rows) or a single element (H*W*C rows). Values that a chain or a quantizer works on have shape
[rows, ...], constants [1 or rows].
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from hwcompile_runtime.integers import IntArray

FloatArray = npt.NDArray[np.float32]
AnyArray = npt.NDArray[Any]


def floats(values: Any) -> FloatArray:
    """A constant as float32 [n], flattened."""
    return np.asarray(values, dtype=np.float32).reshape(-1)


def integers(values: Any) -> IntArray:
    """A constant as int64 [n], flattened."""
    return np.asarray(values, dtype=np.int64).reshape(-1)


def against(constant: AnyArray, values: AnyArray) -> AnyArray:
    """View `constant` [1 or rows] so that it broadcasts along the first axis of `values`."""
    return constant.reshape((-1,) + (1,) * (values.ndim - 1))


def take(constant: AnyArray, rows: IntArray) -> AnyArray:
    """Constants of the given rows; a constant that all rows share stays as it is."""
    return constant if constant.shape[0] == 1 else np.asarray(constant[rows])


def common_rows(*counts: int) -> int:
    """The number of rows that constants with these row counts have together.

    Raises:
        ValueError: If two counts differ and neither is 1.
    """
    several = {n for n in counts if n != 1}
    if len(several) > 1:
        raise ValueError(f"constants have different numbers of rows: {sorted(several)}")
    return several.pop() if several else 1


def plain(array: AnyArray) -> list[Any]:
    """An array as JSON lists; infinities become the strings 'inf' and '-inf'."""
    if array.ndim > 1:
        return [plain(row) for row in array]
    return [v if np.isfinite(v) else str(v) for v in array.tolist()]


def from_plain(values: list[Any], dtype: str) -> AnyArray:
    """Inverse of `plain`; `dtype` is 'float32' or 'int64'."""
    if values and isinstance(values[0], list):
        return np.stack([from_plain(row, dtype) for row in values])
    return np.array([float(v) if isinstance(v, str) else v for v in values], dtype=dtype)
