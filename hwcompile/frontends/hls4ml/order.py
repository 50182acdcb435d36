"""The order in which hls4ml's C++ adds the terms of a weighted sum.

Latency kernels add term after term. Resource kernels (`nnet_dense_resource.h`,
`nnet_depthwise_product.h`, and what hls4ml writes for resource_unrolled) go through the weights in
strides of the reuse factor. Terms of weight zero add nothing, wherever they stand.
"""

from __future__ import annotations

import numpy as np

from hwcompile.frontends.hls4ml.values import Lowering
from hwcompile.frontends.hls4ml.weights import is_compressed
from hwcompile.ir.types import IntArray

IN_ORDER = ("latency",)


def dense_order(
    ctx: Lowering, terms: int, weights: str = "weight", reuse: str = "reuse_factor"
) -> IntArray:
    """The terms as a dense layer or a convolution adds them, int64 [1, K].

    Args:
        ctx: The layer.
        terms: K.
        weights: How the layer calls them.
        reuse: How it calls their reuse factor.

    Raises:
        CompileError: HW0292 where hls4ml's C++ has no order.
    """
    if is_compressed(ctx.node.weights[weights]):
        raise _no_code(ctx)
    each = np.arange(terms, dtype=np.int64)
    factor = _reuse_factor(ctx, reuse)
    if factor == 1 or factor % terms == 0:
        return each[None]
    if terms % factor:
        raise _no_order(ctx, factor, f"{terms} terms")
    return each.reshape(-1, factor).T.reshape(1, -1).copy()


def depthwise_order(ctx: Lowering, taps: int, channels: int) -> IntArray:
    """The taps as a depthwise convolution adds them, for each channel, int64 [M, K].

    Raises:
        CompileError: HW0292 where hls4ml's C++ has no order.
    """
    # The resource kernels exist for streams alone.
    factor = _reuse_factor(ctx) if ctx.stream else 1
    places = np.arange(taps * channels, dtype=np.int64).reshape(taps, channels).T
    if places.size % factor:
        raise _no_order(ctx, factor, f"{places.size} products")
    order: IntArray = np.argsort(places % factor, axis=1, kind="stable").astype(np.int64)
    return order


def _reuse_factor(ctx: Lowering, name: str = "reuse_factor") -> int:
    """1 where the kernel does not look at it."""
    if str(ctx.node.get_attr("strategy", "latency")).lower() in IN_ORDER:
        return 1
    return max(int(ctx.node.get_attr(name, 1) or 1), 1)


def _no_order(ctx: Lowering, factor: int, terms: str) -> Exception:
    return ctx.refuse(
        "HW0292",
        f"the accumulator may saturate, and the reuse factor {factor} does not divide its {terms}",
        "hls4ml's C++ then reads beyond its weights",
        "a reuse factor that divides them, or a wider accum_t",
    )


def _no_code(ctx: Lowering) -> Exception:
    return ctx.refuse(
        "HW0292",
        "the accumulator may saturate, and the weights are compressed",
        "hls4ml's Vitis backend has no C++ for those, so no order of the additions",
        "a wider accum_t, or the layer without Compression",
    )
