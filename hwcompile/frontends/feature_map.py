"""Tensors of any rank as the feature maps that the network's operations work on."""

from __future__ import annotations

from math import prod


def map_shape(shape: tuple[int, ...]) -> tuple[int, int, int]:
    """The feature map that holds a tensor in its flat order: further axes in front join the first.

    Worked example: [7] is (1, 1, 7), [1, 9, 5, 3] is (9, 5, 3), and [2, 9, 5, 3] is (18, 5, 3).
    """
    padded = (1, 1, *shape) if len(shape) < 3 else shape
    return (prod(padded[:-2]), int(padded[-2]), int(padded[-1]))
