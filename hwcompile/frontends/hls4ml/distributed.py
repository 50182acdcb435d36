"""The strategy `distributed_arithmetic`: an exact sum of products, assigned to the result once.

da4ml makes C++ of the weights as they are trained, whatever their format, and no accumulator is
between it and the result. hls4ml's Vitis backend keeps that C++ alone; the backend `hwcompile`
keeps the weights.
"""

from __future__ import annotations

import numpy as np

from hwcompile.frontends.hls4ml.formats import FloatArray
from hwcompile.frontends.hls4ml.layouts import Layout
from hwcompile.frontends.hls4ml.values import Fixed, Lowering
from hwcompile.ir.types import IntArray

STRATEGY = "distributed_arithmetic"
MOST_DIGITS = 52
"""Behind the point of a weight, which its sums have to hold with the digits of the inputs."""


def is_distributed(ctx: Lowering) -> bool:
    """The layer has that strategy."""
    return str(ctx.node.get_attr("strategy", "latency")).lower() == STRATEGY


def trained_sum(
    ctx: Lowering, layout: Layout, source: Fixed, weights: FloatArray, bias: FloatArray
) -> str:
    """The sums in the format of the layer's result.

    Args:
        ctx: The layer.
        layout: What is added.
        source: The inputs.
        weights: As they are trained, [M, K].
        bias: The same, [M].

    Raises:
        CompileError: HW0291 for numbers with more binary digits than can be held.
    """
    digits = max(_digits(ctx, weights), _digits(ctx, bias) - source.fraction, 0)
    total = layout.total(ctx, source.value, _whole(weights, digits))
    fraction = source.fraction + digits
    return ctx.assigned(total, fraction, ctx.result_format(), _whole(bias, fraction))


def trained(ctx: Lowering, name: str) -> FloatArray:
    """Numbers of a weight as hls4ml hands them to da4ml.

    Raises:
        CompileError: HW0294 where C++ stands for them, perhaps with what came before the layer.
    """
    if name not in ctx.node.weights or ctx.node.get_attr("da_codegen") is not None:
        raise ctx.refuse(
            "HW0294",
            f"the layer's strategy is '{STRATEGY}', and C++ stands for its weights",
            "hls4ml's Vitis backend has da4ml make it",
            "backend='hwcompile' when hls4ml converts the model, or the strategy 'latency'",
        )
    return np.asarray(ctx.node.weights[name].data, dtype=np.float64)


def _whole(values: FloatArray, digits: int) -> IntArray:
    return np.ldexp(values, digits).astype(np.int64)


def _digits(ctx: Lowering, values: FloatArray) -> int:
    """How many binary digits behind the point the numbers have."""
    for digits in range(-MOST_DIGITS, MOST_DIGITS + 1):
        scaled = np.ldexp(values, digits)
        if np.array_equal(scaled, np.rint(scaled)):
            return digits
    raise ctx.refuse(
        "HW0291",
        f"a weight has more than {MOST_DIGITS} binary digits behind the point",
        f"the strategy '{STRATEGY}' computes with weights as they are trained",
        "trained weights of few bits, as HGQ2 has, or the strategy 'latency'",
    )
