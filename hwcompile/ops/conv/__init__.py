"""Convolution; the pass `lower_conv` turns it into window and matmul, or depthwise."""

from __future__ import annotations

import numpy as np

from hwcompile.ir.types import BIPOLAR, IntArray, IntType, TensorType
from hwcompile.ops.contract.family import Family
from hwcompile.ops.contract.site import Site
from hwcompile.ops.conv.op import Conv


def _weights(*shape: int) -> IntArray:
    return np.random.default_rng(1).integers(-3, 4, size=shape)


def _examples() -> tuple[Site, ...]:
    nibble, plain, one = IntType(0, 15), (0, 0, 0, 0), (1, 1)
    return (
        Site.of(
            Conv(_weights(4, 3, 3, 3), 1, one, one, (1, 1, 1, 1), 0),
            TensorType((5, 6, 3), nibble),
        ),
        Site.of(
            Conv(np.sign(_weights(4, 3, 3, 2)) * 2 + 1, 1, (2, 2), one, (1, 1, 1, 1), -1),
            TensorType((6, 6, 2), BIPOLAR),
        ),
        # Pointwise.
        Site.of(Conv(_weights(5, 1, 1, 4), 1, one, one, plain, 0), TensorType((3, 3, 4), nibble)),
        # Depthwise.
        Site.of(
            Conv(_weights(4, 3, 3, 1), 4, one, one, (1, 1, 1, 1), 7), TensorType((4, 4, 4), nibble)
        ),
        # Grouped, dilated.
        Site.of(
            Conv(_weights(6, 2, 2, 2), 2, one, (2, 1), plain, 0), TensorType((5, 4, 4), nibble)
        ),
        # One dimension.
        Site.of(
            Conv(_weights(3, 1, 4, 2), 1, (1, 2), one, (0, 2, 0, 1), 0),
            TensorType((1, 11, 2), nibble),
        ),
    )


FAMILY = Family(
    name="conv",
    summary="convolution with constant weights, lowered to window and matmul or depthwise",
    ops=(Conv,),
    kernels=(),
    examples=_examples,
)

__all__ = ["FAMILY", "Conv"]
