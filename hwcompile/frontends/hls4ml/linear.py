"""Dense layers and convolutions."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from hwcompile.frontends.feature_map import map_shape
from hwcompile.frontends.hls4ml.distributed import is_distributed, trained, trained_sum
from hwcompile.frontends.hls4ml.layouts import ConvLayout, DenseLayout, DepthwiseLayout
from hwcompile.frontends.hls4ml.order import dense_order, depthwise_order
from hwcompile.frontends.hls4ml.sums import weighted_sum
from hwcompile.frontends.hls4ml.values import Fixed, Lowering
from hwcompile.frontends.hls4ml.weights import Constants

STRATEGIES = ("latency", "resource", "resource_unrolled")
"""Of every weighted sum."""

DISTRIBUTED = ("Dense", "Conv1D", "Conv2D", "PointwiseConv1D", "PointwiseConv2D")
"""What can have the strategy `distributed_arithmetic` too."""


def dense(ctx: Lowering) -> None:
    """`nnet::dense`: over the last axis, or over all of a flattened input."""
    check_strategy(ctx)
    source = ctx.source()
    fan_in, outputs = int(ctx.node.get_attr("n_in")), int(ctx.node.get_attr("n_out"))
    shape = map_shape(source.shape)
    if shape[2] != fan_in:
        shape = (1, int(np.prod(shape)) // fan_in, fan_in)
    flat = replace(source, value=ctx.shaped(source.value, shape))
    _finish(ctx, _summed(ctx, DenseLayout(), flat, outputs))


def convolution(ctx: Lowering) -> None:
    """`nnet::conv_1d_cl`, `conv_2d_cl` and their pointwise forms."""
    check_strategy(ctx)
    filters = int(ctx.node.get_attr("n_filt"))
    _finish(ctx, _summed(ctx, ConvLayout(*_layout(ctx)), _mapped(ctx), filters))


def _summed(ctx: Lowering, layout: DenseLayout, source: Fixed, outputs: int) -> str:
    """All sums of a layer with a matrix."""
    if is_distributed(ctx):
        numbers = trained(ctx, "weight").reshape(-1, outputs).T
        return trained_sum(ctx, layout, source, numbers, trained(ctx, "bias").reshape(-1))
    weights = ctx.constants("weight")
    # [kh, kw, C, M], or with the resource strategy [M, kh, kw, C].
    moved, values = ctx.node.get_attr("_weights_transposed", False), weights.values
    matrix = values.reshape(outputs, -1) if moved else values.reshape(-1, outputs).T
    sums = Constants(np.ascontiguousarray(matrix), weights.format)
    order = partial(dense_order, ctx, matrix.shape[1])
    return weighted_sum(ctx, layout, source, sums, ctx.constants("bias"), order)


def depthwise(ctx: Lowering) -> None:
    """`nnet::depthwise_conv_1d_cl` and `_2d_cl`, one filter for each channel."""
    check_strategy(ctx)
    multiplier = int(ctx.node.get_attr("depth_multiplier", 1) or 1)
    if multiplier != 1:
        raise ctx.refuse(
            "HW0294",
            f"the layer has {multiplier} filters for each channel",
            "hls4ml's own kernels have one",
            "depth_multiplier 1",
        )
    weights, channels = ctx.constants("weight"), int(ctx.node.get_attr("n_chan"))
    taps = np.ascontiguousarray(weights.values.reshape(-1, channels).T)
    sums = Constants(taps, weights.format)
    layout = DepthwiseLayout(*_layout(ctx))
    order = partial(depthwise_order, ctx, taps.shape[1], channels)
    _finish(ctx, weighted_sum(ctx, layout, _mapped(ctx), sums, ctx.constants("bias"), order))


def check_strategy(ctx: Lowering) -> None:
    """All strategies compute the same sums; an unknown one might not.

    Raises:
        CompileError: HW0294.
    """
    strategy = str(ctx.node.get_attr("strategy", "latency")).lower()
    with_da4ml = is_distributed(ctx) and ctx.node.class_name in DISTRIBUTED
    if strategy not in STRATEGIES and not with_da4ml:
        raise ctx.refuse(
            "HW0294",
            f"the layer's strategy is '{strategy}'",
            f"it is not built for {ctx.node.class_name}",
            f"one of {', '.join(STRATEGIES)}",
        )
    data_format = ctx.node.get_attr("data_format", "channels_last")
    if data_format != "channels_last":
        raise ctx.refuse(
            "HW0294",
            f"the layer's data are in the order {data_format}",
            "hls4ml's Vitis backend computes in the order channels_last",
            "ChannelsLastConversion 'full' in hls4ml's configuration",
        )


def _mapped(ctx: Lowering) -> Fixed:
    source = ctx.source()
    value = ctx.shaped(source.value, map_shape(source.shape))
    return Fixed(value, source.shape, source.fraction, source.format)


def _layout(
    ctx: Lowering,
) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int], tuple[int, int, int, int]]:
    """Kernel, strides, dilations, padding; a layer of one dimension has the height 1."""

    def pair(name: str, missing: int) -> tuple[int, int]:
        down = ctx.node.get_attr(f"{name}_height", missing) if _is_2d(ctx) else missing
        return int(down), int(ctx.node.get_attr(f"{name}_width", missing))

    def pad(side: str) -> int:
        return int(ctx.node.get_attr(f"pad_{side}", 0) or 0)

    padding = (pad("top"), pad("left"), pad("bottom"), pad("right"))
    return pair("filt", 1), pair("stride", 1), pair("dilation", 1), padding


def _is_2d(ctx: Lowering) -> bool:
    return ctx.node.class_name.endswith("2D")


def _finish(ctx: Lowering, value: str) -> None:
    """The sums as the feature map of hls4ml's shape."""
    shaped = ctx.shaped(value, map_shape(ctx.result_shape()))
    ctx.finish(shaped, ctx.result_format())


HANDLERS = {
    "Dense": dense,
    "Conv1D": convolution,
    "Conv2D": convolution,
    "Conv2DBatchnorm": convolution,
    "PointwiseConv1D": convolution,
    "PointwiseConv2D": convolution,
    "DepthwiseConv1D": depthwise,
    "DepthwiseConv2D": depthwise,
}
