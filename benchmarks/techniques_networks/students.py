"""Students (rows 72 to 86): what is left of distillation is an ordinary network."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.techniques_networks.chains import Chain, Random, small, whole
from benchmarks.techniques_networks.network import Frames, executed, extremes_first
from benchmarks.techniques_networks.pruned import own_weights

MAP = (6, 5)
"""Rows and columns."""

CROPS = 4
"""In a batch."""


def _random(row: int) -> Random:
    return np.random.default_rng(row)


def dark_knowledge(path: Path) -> None:
    """Hinton, slides of 2014: a multi-layer perceptron, ArgMax in the place of softmax."""
    r = _random(72)
    net = Chain(1, 1, 12)
    y = net.act(net.dense(net.op("Flatten", net.quant("x", 4, True)), whole(r, 10, 12)), 4, 1.0)
    y = net.dense(net.act(net.dense(y, whole(r, 8, 10)), 4, 2.0), whole(r, 5, 8))
    net.save(path, net.op("ArgMax", y, axis=1, keepdims=0))


def specialists(path: Path) -> None:
    """Hinton, 1503.02531: a trunk with a generalist and two specialists."""
    r = _random(73)
    net = Chain(3, *MAP)
    trunk = net.act(net.layer(net.quant("x", 4, True), whole(r, 4, 3, 3, 3)), 4, 4.0)
    trunk = net.op("Flatten", net.op("MaxPool", trunk, kernel_shape=[2, 2], strides=[2, 2]))
    net.save(path, *(net.dense(trunk, whole(r, classes, 4 * 3 * 2)) for classes in (6, 3, 2)))


def thin_and_deep(path: Path) -> None:
    """FitNets, 1412.6550: many narrow layers, each the maximum of two convolutions."""
    r = _random(74)
    net = Chain(3, *MAP)
    y = net.quant("x", 4, True)
    for layer in range(10):
        size = 3 if layer % 5 == 0 else 1
        pieces = [net.layer(y, whole(r, 3, net.channels[y], size, size)) for _ in range(2)]
        y = net.quant(net.kept("Max", *pieces), 4, True, 3.0 if size == 3 else 1.5)
    net.save(path, y)


def wide_block(path: Path) -> None:
    """Attention transfer, 1612.03928: a block of a wide ResNet; its sum has two scales."""
    r = _random(75)
    net = Chain(3, *MAP)
    x = net.quant("x", 4, True, 0.5)
    y = net.act(net.layer(x, whole(r, 6, 3, 3, 3)), 4, 1.0)
    y = net.quant(net.layer(y, whole(r, 6, 6, 3, 3)), 5, True, 3.0)
    short = net.quant(net.layer(x, whole(r, 6, 3, 1, 1)), 5, True, 0.25)
    net.save(path, net.act(net.op("Add", y, short), 4, 1.0))


def faces(path: Path) -> None:
    """MobileID, AAAI 2016: a convolution, a pool, a locally connected layer, the embedding."""
    r = _random(76)
    net = Chain(1, 8, 10)
    y = net.act(net.layer(net.quant("x", 4, True), whole(r, 3, 1, 3, 3)), 4, 2.0)
    y = net.op("Flatten", net.op("MaxPool", y, kernel_shape=[2, 2], strides=[2, 2]))
    y = net.act(net.dense(y, own_weights(r, 3, 2, 4, 5)), 4, 4.0)
    net.save(path, net.dense(y, whole(r, 7, 12)))


def crops(path: Path, batch: int = CROPS) -> None:
    """In Teacher We Trust, 1612.00478: a classifier of windows; a batch of crops is frames."""
    r = _random(77)
    net = Chain(2, *MAP)
    net.input.type.tensor_type.shape.dim[0].dim_value = batch
    y = net.act(net.layer(net.quant("x", 4, True), whole(r, 4, 2, 3, 3), stride=2), 4, 2.0)
    net.save(path, net.dense(net.op("Flatten", y), whole(r, 2, 4 * 3 * 3)))


def _two_batches(path: Path) -> Frames:
    """Two batches, as frames."""
    x = extremes_first(_random(77), (2, *MAP), -8, 7, frames=2 * CROPS)
    return {"x": x}


def _one_by_one(path: Path, inputs: Frames) -> Frames:
    """What the network says of each crop alone."""
    alone = path.with_name("alone.onnx")
    crops(alone, batch=1)
    return executed(alone, inputs)


def inception(path: Path) -> None:
    """Neuron selectivity transfer, 1707.01219: four branches with normalizations, side by side."""
    r = _random(78)
    net = Chain(4, *MAP)
    x = net.quant("x", 4, True)

    def layer(y: str, filters: int, size: int) -> str:
        y = net.layer(y, whole(r, filters, net.channels[y], size, size))
        numbers = (r.uniform(0.5, 2, filters), r.normal(size=filters), r.normal(size=filters))
        y = net.normalized(y, *(tuple(n) for n in numbers), tuple(r.uniform(1, 9, filters)))
        return net.act(net.kept_channels(y, filters), 4, 1.0)

    pooled = net.kept("MaxPool", x, kernel_shape=[3, 3], strides=[1, 1], pads=[1] * 4)
    parts = (layer(x, 2, 1), layer(layer(x, 3, 1), 2, 3), layer(layer(x, 3, 3), 2, 3))
    net.save(path, net.join(*parts, layer(pooled, 2, 1)))


def proposals(path: Path) -> None:
    """Chen, NIPS 2017: a small backbone, objectness and boxes; regions on the host."""
    r = _random(79)
    net = Chain(3, 8, 6)
    y = net.act(net.layer(net.quant("x", 4, True), whole(r, 4, 3, 3, 3), stride=2), 4, 4.0)
    y = net.act(net.layer(y, whole(r, 6, 4, 3, 3)), 4, 8.0)
    scores = net.quant(net.layer(y, whole(r, 3, 6, 1, 1)), 6, True, 2.0)
    scores = net.op("Sigmoid", net.scaled(scores, 2.0**-3))
    boxes = net.layer(y, whole(r, 12, 6, 1, 1))
    net.save(path, net.quant(scores, 8, False, 2.0**-8), boxes)


def noisy_teacher(path: Path) -> None:
    """1610.09650: convolution, pool, convolution, pool, matrix."""
    r = _random(81)
    net = Chain(1, 8, 10)
    y = net.quant("x", 4, True)
    for filters in (3, 4):
        y = net.act(net.layer(y, whole(r, filters, net.channels[y], 3, 3)), 4, 4.0)
        y = net.kept("AveragePool", y, kernel_shape=[2, 2], strides=[2, 2])
        y = net.quant(y, 4, False)
    net.save(path, net.dense(net.op("Flatten", y), whole(r, 5, 4 * 2 * 2)))


def residual(path: Path) -> None:
    """1709.00513: a block of a ResNet with stride 2."""
    r = _random(83)
    net = Chain(3, 6, 4)
    x = net.act(net.quant("x", 4, True), 4, 1.0)
    y = net.act(net.layer(x, whole(r, 5, 3, 3, 3), stride=2), 4, 4.0)
    y = net.quant(net.layer(y, whole(r, 5, 5, 3, 3)), 5, True, 4.0)
    short = net.quant(net.layer(x, whole(r, 5, 3, 1, 1), stride=2), 5, True, 1.0)
    net.save(path, net.act(net.op("Add", y, short), 4, 2.0))


def landmarks(path: Path) -> None:
    """1709.02929: a small network that ends with coordinates, signed and wide."""
    r = _random(84)
    net = Chain(1, 8, 6)
    y = net.act(net.layer(net.quant("x", 5, True), whole(r, 4, 1, 3, 3), stride=2), 5, 1.0)
    y = net.dense(net.op("Flatten", y), whole(r, 10, 4 * 4 * 3, largest=127))
    net.save(path, net.op("Add", y, net.constant(r.integers(-4000, 4000, 10) / 8.0)))


def data_free(path: Path) -> None:
    """1710.07535: a student in integers with zero points, from stored statistics, without data."""
    r = _random(85)
    net = Chain(1, 1, 12)
    mean, deviation = 1.5, 2.5  # Of the hidden layer, as they are stored with the teacher.
    steps = ((np.float32(0.25), 131), (np.float32((mean + 3 * deviation) / 255), 0))
    y = net.op("Flatten", "x")
    for (step, zero), weights in zip(steps, (whole(r, 9, 12), whole(r, 4, 9)), strict=True):
        meaning = (net.constant(step), net.constant(np.uint8(zero)))
        y = net.op("DequantizeLinear", net.op("QuantizeLinear", y, *meaning), *meaning)
        own = (net.constant(np.float32(0.02)), net.constant(np.int8(0)))
        w = net.op("DequantizeLinear", net.constant(weights.T.astype(np.int8)), *own)
        y = net.op("MatMul", y, w)
        if len(weights) == 9:
            y = net.op("Relu", y)
    meaning = (net.constant(np.float32(0.5)), net.constant(np.int8(-3)))
    net.save(path, net.op("DequantizeLinear", net.op("QuantizeLinear", y, *meaning), *meaning))


def projected(path: Path, projection: bool = True) -> None:
    """1710.09505: the layer that compares with the teacher is in the file, and nobody reads it."""
    r = _random(86)
    net = Chain(3, *MAP)
    y = net.act(net.layer(net.quant("x", 4, True), whole(r, 4, 3, 3, 3)), 4, 4.0)
    hint = whole(r, 12, 4, 1, 1)
    if projection:
        net.layer(y, hint)
    net.save(path, net.act(net.layer(y, whole(r, 5, 4, 3, 3)), 4, 8.0))


NETWORKS = (
    small(72, "perceptron and ArgMax", dark_knowledge),
    small(73, "three heads on a trunk", specialists),
    small(74, "thin and deep, maxout", thin_and_deep),
    small(75, "wide block, two scales", wide_block, step=0.5),
    small(76, "locally connected top", faces, cycles=80),
    small(77, "crops as frames", crops, frames=_two_batches, expected=_one_by_one),
    small(
        78, "inception with normalizations", inception, cycles=120,
    ),
    small(79, "backbone and proposals", proposals),
    small(81, "convolutions and means", noisy_teacher, cycles=80),
    small(83, "residual block of stride 2", residual),
    small(84, "landmarks", landmarks, bits=5),
    small(85, "integers with zero points", data_free, bits=9, step=0.125),
    small(
        86, "projection that nobody reads", projected,
        plain=partial(projected, projection=False),
    ),
)  # fmt: skip
