"""Winograd's minimal filtering F(2 x 2, 3 x 3) on integers.

A tile of 2 x 2 outputs is `A^T ((G g G^T) * (B^T d B)) A` of the 3 x 3 weights g and the 4 x 4
inputs d, with 16 products for each channel where the definition has 36 (Lavin, Gray, "Fast
algorithms for convolutional neural networks", 1509.09308, section 4.1). `B` and `A` hold -1, 0 and
1, and `2 G` is whole, so all of it is exact on integers with weights in steps of a quarter.
"""

from __future__ import annotations

import numpy as np

from hwcompile.ir.types import IntArray

INPUT = np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]])
"""B^T."""

TWICE_FILTER = np.array([[2, 0, 0], [1, 1, 1], [1, -1, 1], [0, 0, 2]])
"""2 G."""

OUTPUT = np.array([[1, 1, 1, 0], [0, 1, -1, -1]])
"""A^T."""

POSITIONS = 16
"""Of a tile of 4 x 4."""

DIGITS = 2
"""Binary digits behind the point of weights in the domain."""

INPUT_ADDITIONS = 32
"""That make the 16 numbers of a channel of a tile, in two steps (1509.09308, section 4.1)."""

OUTPUT_ADDITIONS = 24
"""That make the 2 x 2 outputs of a filter."""


def both_axes(matrix: IntArray) -> IntArray:
    """Of a transform on both axes: what each number of the result takes of the 16, [-1, 16]."""
    return np.kron(matrix, matrix)


def products_in_domain(weights: IntArray) -> IntArray:
    """Four times the weights of each position of a tile.

    Args:
        weights: int64 [filters, channels, 3, 3].

    Returns:
        int64 [16, filters, channels]; position (row, column) is at 4 * row + column.
    """
    found = np.moveaxis(TWICE_FILTER @ weights @ TWICE_FILTER.T, (2, 3), (0, 1))
    return np.ascontiguousarray(found.reshape(POSITIONS, *weights.shape[:2]))
