"""Sites on which matrices are calibrated that make their products in another way than usual."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from hwcompile.ir.types import IntType, TensorType
from hwcompile.ops.contract.site import Parameters
from hwcompile.ops.matmul.op import Matmul

INT8, INT4, U4 = IntType(-128, 127), IntType(-8, 7), IntType(0, 15)


def product_sites() -> Iterator[tuple[Matmul, TensorType, Sequence[Parameters]]]:
    """An op, the type of its input, and parameters of its kernel `folded`."""
    for weight, element, rows, columns, sets in (
        (INT4, INT4, 16, 16, _MULTIPLIED),
        (INT8, INT8, 16, 24, _IN_TABLES),
        (INT4, U4, 24, 40, _SHARED),
    ):
        random = np.random.default_rng(0)
        weights = random.choice(weight.values(), size=(1, rows, columns)).astype(np.int64)
        yield Matmul(weights), TensorType((1, 1, columns), element), sets


_MULTIPLIED: Sequence[Parameters] = [
    {"pe": 4, "simd": 1, "style": "multiply"},
    {"pe": 4, "simd": 4, "style": "multiply"},
]
_IN_TABLES: Sequence[Parameters] = [
    {"pe": 2, "simd": 1, "style": "lut"},
    {"pe": 2, "simd": 8, "style": "lut"},
    {"pe": 2, "simd": 3, "style": "lut"},
    {"pe": 2, "simd": 24, "style": "lut"},
]
_SHARED: Sequence[Parameters] = [
    {"pe": 6, "simd": 4, "pack": 2},
    {"pe": 6, "simd": 4, "pack": 3},
    {"pe": 4, "simd": 2, "pack": 2},
    {"pe": 2, "simd": 6, "pack": 2},
]
