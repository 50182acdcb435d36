"""Compact blocks (rows 50 and 56 to 62): one small block of each work, as exporters write it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.techniques_networks.chains import Chain, Random, small, whole

MAP = (6, 5)
"""Rows and columns."""

NORMAL = ((1, 2, 0.5), (1, -2, 3), (0, 4, -2), (1, 4, 0.25))
"""Factors, offsets, means and variances of three channels."""


def _random(row: int) -> Random:
    return np.random.default_rng(row)


def normalized_between(path: Path) -> None:
    """Tai, 1511.06067: columns, a normalization and a quantizer, rows."""
    r = _random(50)
    net = Chain(4, *MAP)
    y = net.layer(net.quant("x", 5, True), whole(r, 3, 4, 3, 1))
    y = net.quant(net.normalized(y, *NORMAL), 6, True, 0.5)
    net.save(path, net.act(net.layer(y, whole(r, 7, 3, 1, 3)), 5, 1.0))


def normalized_alone(path: Path) -> None:
    """The same with nothing but the normalization between both convolutions."""
    r = _random(50)
    net = Chain(4, *MAP)
    y = net.normalized(net.layer(net.quant("x", 5, True), whole(r, 3, 4, 3, 1)), *NORMAL)
    net.save(path, net.act(net.layer(y, whole(r, 7, 3, 1, 3)), 5, 1.0))


def intra_channel(path: Path) -> None:
    """1608.04337: a depthwise and a 1 x 1 convolution with a residual, twice."""
    r = _random(56)
    net = Chain(4, *MAP)
    x = net.quant("x", 4, True)
    for _ in range(2):
        y = net.layer(net.layer(x, whole(r, 4, 1, 3, 3), group=4), whole(r, 4, 4, 1, 1))
        x = net.quant(net.op("Add", x, net.quant(y, 4, True, 4.0)), 4, True, 2.0)
    net.save(path, x)


def topological(path: Path) -> None:
    """1608.04337: each output reads some channels, in the next layer others."""
    r = _random(56)
    net = Chain(6, *MAP)
    y = net.layer(net.quant("x", 4, True), whole(r, 6, 3, 1, 1), group=2)
    y = net.shuffled(net.quant(y, 5, True, 0.5), 2, *MAP)
    net.save(path, net.quant(net.layer(y, whole(r, 4, 3, 1, 1), group=2), 5, True, 1.0))


def spatial_bottleneck(path: Path) -> None:
    """1608.04337: a convolution of stride 2, a projection, and back by a transposed one."""
    r = _random(56)
    net = Chain(3, 6, 4)
    x = net.quant("x", 4, True)
    y = net.quant(net.layer(x, whole(r, 5, 3, 2, 2), stride=2, pads=[0] * 4), 5, True, 1.0)
    y = net.quant(net.layer(y, whole(r, 5, 5, 1, 1)), 5, True, 2.0)
    y = net.layer(y, whole(r, 5, 3, 2, 2), stride=2, pads=[0] * 4, kind="ConvTranspose")
    net.save(path, net.quant(net.op("Add", x, net.quant(y, 4, True, 4.0)), 5, True, 1.0))


def grouped_bottleneck(path: Path) -> None:
    """Moonshine, 1711.02613: a bottleneck whose inner convolution has groups, with a residual."""
    r = _random(57)
    net = Chain(8, *MAP)
    x = net.act(net.quant("x", 4, True), 4, 1.0)
    y = net.act(net.layer(x, whole(r, 4, 8, 1, 1)), 4, 2.0)
    y = net.act(net.layer(y, whole(r, 4, 2, 3, 3), group=2), 4, 4.0)
    y = net.quant(net.layer(y, whole(r, 8, 4, 1, 1)), 4, True, 2.0)
    net.save(path, net.act(net.op("Add", x, y), 4, 1.0))


def grouped_pointwise(path: Path) -> None:
    """Moonshine, 1711.02613: a convolution with groups and a 1 x 1."""
    r = _random(57)
    net = Chain(8, *MAP)
    y = net.act(net.layer(net.quant("x", 4, True), whole(r, 8, 2, 3, 3), group=4), 4, 2.0)
    net.save(path, net.act(net.layer(y, whole(r, 6, 8, 1, 1)), 4, 2.0))


def fire(path: Path) -> None:
    """SqueezeNet, 1602.07360: a pool that hangs over, a fire module, a head and its mean."""
    r = _random(58)
    net = Chain(3, 8, 6)
    x = net.kept(
        "MaxPool", net.quant("x", 4, True), kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1
    )
    y = net.act(net.layer(x, whole(r, 2, 3, 1, 1)), 4, 0.5)
    y = net.join(*(net.act(net.layer(y, whole(r, 4, 2, k, k)), 4, 1.0) for k in (1, 3)))
    y = net.act(net.layer(y, whole(r, 5, 8, 1, 1)), 4, 2.0)
    net.save(path, net.op("GlobalAveragePool", y))


def even_kernels(path: Path) -> None:
    """He and Sun, CVPR 2015: kernels of 2 x 2, padded on one side, and a pool of stride 1."""
    r = _random(59)
    net = Chain(3, *MAP)
    y = net.act(net.layer(net.quant("x", 4, True), whole(r, 4, 3, 2, 2), pads=[0, 0, 1, 1]), 4, 2.0)
    y = net.kept("MaxPool", y, kernel_shape=[2, 2], strides=[1, 1])
    net.save(path, net.act(net.layer(y, whole(r, 5, 4, 2, 2), pads=[0] * 4), 4, 4.0))


def xception(path: Path) -> None:
    """1610.02357: depthwise and 1 x 1 with nothing between, a pool, and a 1 x 1 of stride 2."""
    r = _random(60)
    net = Chain(3, *MAP)
    x = net.quant("x", 4, True)
    y = net.layer(net.layer(x, whole(r, 3, 1, 3, 3), group=3), whole(r, 5, 3, 1, 1))
    y = net.kept("MaxPool", net.act(y, 4, 4.0), kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
    short = net.quant(net.layer(x, whole(r, 5, 3, 1, 1), stride=2), 4, True, 1.0)
    net.save(path, net.quant(net.op("Add", net.quant(y, 4, True, 1.0), short), 5, True, 1.0))


def mobilenet(path: Path) -> None:
    """1704.04861: depthwise and 1 x 1, each with a ReLU6."""
    r = _random(61)
    net = Chain(8, *MAP)
    y = net.layer(net.quant("x", 4, True), whole(r, 8, 1, 3, 3), group=8)
    y = net.layer(net.clipped(y, 4, 0.5), whole(r, 12, 8, 1, 1, largest=3))
    net.save(path, net.clipped(y, 4, 0.5))


def inverted_residual(path: Path) -> None:
    """MobileNetV2, 1801.04381: six times the channels, depthwise, back; a sum of two scales."""
    r = _random(62)
    net = Chain(2, *MAP)
    x = net.quant("x", 4, True, 0.75)
    y = net.clipped(net.layer(x, whole(r, 12, 2, 1, 1)), 4, 0.5)
    y = net.clipped(net.layer(y, whole(r, 12, 1, 3, 3), group=12), 4, 0.5)
    y = net.quant(net.layer(y, whole(r, 2, 12, 1, 1)), 5, True, 1.25)
    net.save(path, net.quant(net.op("Add", x, y), 5, True, 1.0))


NETWORKS = (
    small(50, "normalization and quantizer between", normalized_between),
    small(50, "normalization alone between", normalized_alone),
    small(56, "single intra-channel convolution", intra_channel),
    small(56, "topological subdivision", topological),
    small(56, "spatial bottleneck", spatial_bottleneck),
    small(57, "bottleneck with groups", grouped_bottleneck),
    small(57, "groups and 1 x 1", grouped_pointwise),
    small(58, "fire module", fire),
    small(59, "kernels of 2 x 2", even_kernels),
    small(60, "Xception block", xception),
    small(61, "MobileNet block", mobilenet),
    small(62, "inverted residual", inverted_residual),
)
