"""Trained ternary weights, of two levels and zero, are summed without products.

    y = matmul(x)                                   # weights -5, 0 and 7
    y_sums = matmul(x); y = depthwise(y_sums)       # 0 and 1 for each level; 7 * s - 5 * t

So an output takes two products however many inputs it has, and a weight two bits.
"""

from __future__ import annotations

import numpy as np

from hwcompile.ir.graph import Graph
from hwcompile.ir.op import Op
from hwcompile.ir.types import IntArray, TensorType
from hwcompile.ops.arithmetic import encodings
from hwcompile.ops.arithmetic.products import Multiply
from hwcompile.ops.depthwise.op import Depthwise
from hwcompile.ops.matmul.op import Matmul
from hwcompile.passes.expand import Chain, expand

LEVELS = 2

FEWEST = 8
"""Products that each of the two replaces, on average."""


def split_levels(graph: Graph) -> Graph:
    """Split matrices whose rows have one or two levels besides zero, where lanes would multiply.

    Before: `y = matmul(x)`. After: `y_sums = matmul(x); y = depthwise(y_sums)`: for each row the
    sum of the inputs of its first level, then for each row that of the second one, times levels.
    Left alone: matrices in blocks, those whose products are narrow or shifts, and those with so few
    weights besides zero that products behind the sums save little.
    """
    return expand(graph, _chain)


def _chain(op: Op, kind: TensorType) -> Chain | None:
    if not isinstance(op, Matmul) or op.groups > 1:
        return None
    if np.count_nonzero(op.weights) < LEVELS * FEWEST * op.rows:
        return None
    if next(encodings(op.weight_type, kind.element)).word != Multiply.word:
        return None
    levels = levels_of(op.weights[0])
    if levels is None:
        return None
    parts = op.weights[0][None] == np.where(levels == 0, 1 << 62, levels)[:, :, None]
    sums = Matmul(parts.reshape(1, -1, op.fan_in).astype(np.int64))
    # Inputs of the two levels are different ones, which types do not say.
    (result,) = op.infer((kind,))
    bounds = (result.element.low, result.element.high)
    return (("sums", sums), ("product", Depthwise(levels, bounds)))


def levels_of(weights: IntArray) -> IntArray | None:
    """The numbers besides zero of each row, where no row has more than two.

    Args:
        weights: int64 [M, K].

    Returns:
        int64 [2, M], the larger one first; the same for all rows where they share them, else 0
        where a row has fewer. None where a row has more.
    """
    every = np.unique(weights[weights != 0])
    if every.size == LEVELS:
        return np.repeat(every[::-1, None], weights.shape[0], axis=1)
    found = np.zeros((LEVELS, weights.shape[0]), dtype=np.int64)
    for row, numbers in enumerate(weights):
        own = np.unique(numbers[numbers != 0])[::-1]
        if own.size > LEVELS:
            return None
        found[: own.size, row] = own
    return found
