"""Matrix-vector products with constant weights, per pixel and group."""

from __future__ import annotations

import numpy as np

from hwcompile.ir.types import BIPOLAR, IntArray, IntType, TensorType
from hwcompile.ops.contract.family import Family
from hwcompile.ops.contract.site import Site
from hwcompile.ops.matmul.adders import MatrixAdderGraphs
from hwcompile.ops.matmul.broadcast import Broadcast
from hwcompile.ops.matmul.folded import Folded
from hwcompile.ops.matmul.op import Matmul
from hwcompile.ops.matmul.parallel import Parallel
from hwcompile.ops.matmul.sparse import Sparse


def examples() -> tuple[Site, ...]:
    """One site for every arithmetic; sizes are primes, so that most foldings are ragged."""
    return (
        _site((1, 1, 1, 7, 11), [-1, 1], BIPOLAR),
        _site((1, 2, 2, 3, 5), [-1, 1], IntType(0, 255)),
        _site((2, 1, 1, 5, 3), [-8, -3, 7], BIPOLAR),
        _site((1, 1, 1, 5, 7), [-1, 0, 1], IntType(-4, 3)),
        _site((1, 1, 1, 5, 7), [-1, 0, 1], BIPOLAR),
        _site((1, 3, 3, 2, 4), [-4, 0, 3], IntType(0, 7)),
        _site((1, 1, 1, 4, 6), [-127, -5, 0, 127], IntType(-128, 127)),
        _site((1, 1, 2, 3, 2), [0, 1, 200], IntType(0, 255)),
        _site((1, 2, 2, 5, 7), [0, 1, -2, -16, 128, 64], IntType(-8, 7)),
        _site((1, 1, 1, 3, 7), [0, 96, -66, 3, -255, 17], IntType(0, 100)),
    )


def _site(shape: tuple[int, int, int, int, int], weights: list[int], element: IntType) -> Site:
    """A site from (height, width, G, M, K) with a fixed mixture of the given weights."""
    height, width, groups, rows, fan_in = shape
    count = groups * rows * fan_in
    # A walk through the list with a stride that changes, so rows differ from each other.
    order: IntArray = (np.arange(count) ** 2 // 3 + np.arange(count)) % len(weights)
    chosen = np.asarray(weights, dtype=np.int64)[order]
    chosen[: len(weights)] = weights[:count]
    op = Matmul(chosen.reshape(groups, rows, fan_in))
    return Site.of(op, TensorType((height, width, groups * fan_in), element))


FAMILY = Family(
    "matmul",
    "matrix-vector product with constant weights, per pixel and group",
    (Matmul,),
    (Folded(), Sparse(), Broadcast(), Parallel(), MatrixAdderGraphs()),
    examples,
)
