"""Small tables with every kind of row and encoding."""

from __future__ import annotations

import numpy as np

from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ops.contract.site import Site
from hwcompile.ops.table.op import Table


def examples() -> tuple[Site, ...]:
    """Rows 1, C and H*W*C; signed, unsigned and bipolar on both sides; small and large."""
    return (
        _site((2, 2, 5), IntType(-5, 9), 1, IntType(-7, 7)),
        _site((2, 3, 3), IntType(0, 11), 3, IntType(0, 200)),
        _site((2, 2, 2), BIPOLAR, 8, IntType(-3, 4)),
        _site((1, 2, 4), IntType(-8, 7), 4, BIPOLAR),
        _site((1, 1, 4), IntType(-600, 400), 1, IntType(-128, 127)),
        _site((1, 4, 3), IntType(-128, 127), 3, IntType(-128, 127)),
    )


def _site(shape: tuple[int, int, int], element: IntType, rows: int, result: IntType) -> Site:
    rng = np.random.default_rng(rows)
    values = rng.choice(result.values(), size=(rows, element.levels))
    return Site.of(Table(values, result), TensorType(shape, element))
