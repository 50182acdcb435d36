"""Sites for the tests of the folded matrix-vector kernel."""

from __future__ import annotations

import numpy as np

from hwcompile.ir.types import IntType, TensorType
from hwcompile.ops.contract.site import Site
from hwcompile.ops.matmul.op import Matmul


def site(
    weights: list[int],
    element: IntType,
    shape: tuple[int, int, int],
    pixels: tuple[int, int] = (1, 1),
    seed: int = 0,
) -> Site[Matmul]:
    """A site with random weights out of a list, every one of which occurs.

    Args:
        weights: Values.
        element: Type of the inputs.
        shape: (G, M, K).
        pixels: (height, width).
        seed: Of the random numbers.
    """
    rng = np.random.default_rng(seed)
    chosen = rng.choice(np.asarray(weights, dtype=np.int64), size=shape)
    places = rng.permutation(chosen.size)[: len(weights)]
    chosen.flat[places] = weights[: chosen.size]
    kind = TensorType((*pixels, shape[0] * shape[2]), element)
    return Site.of(Matmul(chosen), kind)


def signed(bits: int) -> IntType:
    """All integers of a width in two's complement."""
    return IntType(-(1 << (bits - 1)), (1 << (bits - 1)) - 1)


def unsigned(bits: int) -> IntType:
    """All non-negative integers of a width."""
    return IntType(0, (1 << bits) - 1)


def span(low: int, high: int) -> list[int]:
    """All weights from `low` to `high`."""
    return list(range(low, high + 1))
