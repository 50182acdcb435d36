"""Small networks that are cut."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from hwcompile.diagnostics import Origin
from hwcompile.ir.graph import Builder, Graph
from hwcompile.ir.types import IntType, TensorType
from hwcompile.ops.matmul.op import Matmul
from hwcompile.ops.threshold.op import Threshold

SIZES = (6, 5, 7, 4)
"""Of the vectors from the input to the output: all differ, so that swapped parts are seen."""


def layers(sizes: tuple[int, ...] = SIZES, seed: int = 3) -> Graph:
    """Layers of a product and a threshold of seven levels, on vectors."""
    random, builder, origin = (
        np.random.default_rng(seed),
        Builder("layers"),
        Origin("layers", "", ""),
    )
    value = builder.input("x", TensorType((1, 1, sizes[0]), IntType(-8, 7)))
    for number, (before, after) in enumerate(pairwise(sizes), start=1):
        weights = random.integers(-4, 5, (1, after, before))
        (value,) = builder.add(f"fc{number}", Matmul(weights), (value,), origin)
        steps = np.sort(random.choice(np.arange(-60, 60), (after, 7), replace=False), axis=1)
        ones = np.ones(after, dtype=np.int64)
        op = Threshold(steps, -3 * ones, ones, IntType(-3, 4))
        (value,) = builder.add(f"act{number}", op, (value,), origin)
    return builder.build((value,))
