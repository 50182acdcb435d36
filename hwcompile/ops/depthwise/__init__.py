"""Weighted sums over the taps of a window, for every channel on its own."""

from __future__ import annotations

import numpy as np

from hwcompile.ir.types import BIPOLAR, IntArray, IntType, TensorType
from hwcompile.ops.contract.family import Family
from hwcompile.ops.contract.site import Site
from hwcompile.ops.depthwise.adders import TapAdderGraphs
from hwcompile.ops.depthwise.folded import Folded
from hwcompile.ops.depthwise.op import Depthwise
from hwcompile.ops.depthwise.parallel import Parallel


def examples() -> tuple[Site, ...]:
    """One site for every arithmetic; most have channel counts that are ragged when folded."""
    return (
        _site((1, 2, 5, 7), [-1, 1], BIPOLAR),
        _site((2, 1, 9, 3), [-1, 1], IntType(0, 15)),
        _site((1, 1, 4, 5), [-7, 2, 5], BIPOLAR),
        _site((1, 2, 9, 5), [-1, 0, 1], IntType(-8, 7)),
        _site((1, 1, 4, 3), [-2, 0, 3], IntType(0, 3)),
        _site((2, 2, 9, 2), [-127, 0, 99, 127], IntType(0, 255)),
        _site((1, 3, 1, 4), [3, -100, 7], IntType(-128, 127)),
        # The same weights for all channels, and sums that do not reach what they could.
        Site.of(
            Depthwise(np.array([[87] * 5, [-113] * 5]), (-9040, 6960)),
            TensorType((1, 2, 10), IntType(0, 80)),
        ),
    )


def _site(shape: tuple[int, int, int, int], weights: list[int], element: IntType) -> Site:
    """A site from (height, width, T, C) with a fixed mixture of the given weights."""
    height, width, taps, channels = shape
    count = taps * channels
    # A walk through the list with a stride that changes, so channels differ from each other.
    order: IntArray = (np.arange(count) ** 2 // 3 + np.arange(count)) % len(weights)
    chosen = np.asarray(weights, dtype=np.int64)[order]
    chosen[: len(weights)] = weights[:count]
    op = Depthwise(chosen.reshape(taps, channels))
    return Site.of(op, TensorType((height, width, count), element))


FAMILY = Family(
    "depthwise",
    "weighted sum over the taps of a window, per channel",
    (Depthwise,),
    (Folded(), Parallel(), TapAdderGraphs()),
    examples,
)
