"""Foldings as wide as those of large layers, to which small ones do not extrapolate."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hwcompile.ir.op import Op
from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ops.contract.site import Parameters
from hwcompile.ops.matmul.op import Matmul
from hwcompile.ops.threshold.op import Threshold

INT8, INT3, U3 = IntType(-128, 127), IntType(-3, 3), IntType(0, 7)


def large_sites() -> Iterator[tuple[str, Op, TensorType, Parameters]]:
    """The kernel, an op, the type of its input, and parameters."""
    random = np.random.default_rng(7)
    for weight, element, rows, columns, pe, simd in (
        (BIPOLAR, BIPOLAR, 64, 784, 16, 49),
        (BIPOLAR, BIPOLAR, 32, 288, 8, 96),
        (INT3, INT8, 64, 40, 32, 10),
        (INT3, INT8, 32, 48, 8, 8),
        (INT3, U3, 64, 64, 32, 8),
        (INT3, U3, 32, 144, 8, 24),
        (INT8, INT8, 32, 64, 8, 8),
        (INT8, INT8, 32, 144, 4, 24),
        (INT8, INT8, 64, 32, 32, 2),
    ):
        weights = random.choice(weight.values(), size=(1, rows, columns)).astype(np.int64)
        kind = TensorType((1, 1, columns), element)
        yield "folded", Matmul(weights), kind, {"pe": pe, "simd": simd}
    for element, result, rows, parallel in (
        (IntType(-4000, 3999), U3, 64, 32),
        (IntType(-300, 299), U3, 64, 8),
        (IntType(-20000, 19999), INT8, 32, 8),
    ):
        size = (rows, result.levels - 1)
        table = np.sort(random.choice(element.values(), size=size), axis=1).astype(np.int64)
        base, slope = np.full(rows, result.low), np.ones(rows, dtype=np.int64)
        op = Threshold(table, base, slope, result)
        yield "binary_search", op, TensorType((1, 2, rows), element), {"parallel": parallel}
