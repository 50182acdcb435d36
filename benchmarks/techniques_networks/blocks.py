"""More blocks (rows 63 to 65, 67 and 71): groups that are shuffled, folded scales, detection."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.techniques_networks.chains import STEP, Chain, Random, small, whole
from benchmarks.techniques_networks.network import Frames, executed

MAP = (6, 5)
"""Rows and columns."""

CHANCE = 0.75
"""That a block survived."""

GROUPS = 3


def _random(row: int) -> Random:
    return np.random.default_rng(row)


def shuffle_unit(path: Path, shuffled: bool = True) -> None:
    """ShuffleNet, 1707.01083: grouped 1 x 1, shuffle, depthwise, grouped 1 x 1, residual."""
    r = _random(63)
    net = Chain(6, *MAP)
    x = net.act(net.quant("x", 4, True), 4, 1.0)
    y = net.act(net.layer(x, whole(r, 6, 3, 1, 1), group=2), 4, 1.0)
    y = net.shuffled(y, 2, *MAP) if shuffled else y
    y = net.quant(net.layer(y, whole(r, 6, 1, 3, 3), group=6), 4, True, 2.0)
    y = net.quant(net.layer(y, whole(r, 6, 3, 1, 1), group=2), 4, True, 1.0)
    net.save(path, net.act(net.op("Add", x, y), 4, 1.0))


def shuffle_down(path: Path) -> None:
    """ShuffleNet, 1707.01083: the unit of stride 2 beside a mean of 3 x 3."""
    r = _random(63)
    net = Chain(4, 6, 4)
    x = net.act(net.quant("x", 4, True), 4, 1.0)
    y = net.act(net.layer(x, whole(r, 4, 2, 1, 1), group=2), 4, 1.0)
    y = net.layer(net.shuffled(y, 2, 6, 4), whole(r, 4, 1, 3, 3), group=4, stride=2)
    y = net.quant(net.layer(net.quant(y, 4, True, 2.0), whole(r, 2, 2, 1, 1), group=2), 4, True)
    mean = {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1] * 4, "count_include_pad": 1}
    short = net.kept("AveragePool", x, **mean)
    net.save(path, net.act(net.join(net.quant(short, 4, True), y), 4, 1.0))


def cardinality(path: Path, groups: int = GROUPS) -> None:
    """ResNeXt, 1611.05431: groups of two channels; or as one whose other weights are 0."""
    weights = whole(_random(64), 2 * GROUPS, 2, 3, 3)
    if groups == 1:
        narrow, weights = weights, np.zeros((2 * GROUPS, 2 * GROUPS, 3, 3), np.int64)
        for g in range(GROUPS):
            mine = slice(2 * g, 2 * g + 2)
            weights[mine, mine] = narrow[mine]
    net = Chain(2 * GROUPS, *MAP)
    net.save(path, net.act(net.layer(net.quant("x", 4, True), weights, group=groups), 4, 4.0))


def survival(path: Path, folded: bool = False) -> None:
    """Stochastic depth, 1603.09382: a block times the chance that it survived."""
    r = _random(65)
    net = Chain(4, *MAP)
    x = net.act(net.quant("x", 4, True), 4, 1.0)
    y = net.act(net.layer(x, whole(r, 5, 4, 3, 3)), 4, 4.0)
    y = net.layer(y, whole(r, 4, 5, 1, 1), step=STEP * (CHANCE if folded else 1))
    y = net.quant(y if folded else net.scaled(y, CHANCE), 4, True, 1.0)
    net.save(path, net.act(net.op("Add", x, y), 4, 1.0))


def detection(path: Path) -> None:
    """SqueezeDet, 1612.01051: a fire module and ConvDet, for two anchors 4 + 1 + 3 numbers each."""
    r = _random(67)
    net = Chain(3, *MAP)
    y = net.act(net.layer(net.quant("x", 4, True), whole(r, 2, 3, 1, 1)), 4, 1.0)
    y = net.join(*(net.act(net.layer(y, whole(r, 3, 2, k, k)), 4, 1.0) for k in (1, 3)))
    y = net.scaled(net.quant(net.layer(y, whole(r, 16, 6, 3, 3)), 6, True, 4.0), 2.0**-4)
    places, extents, sure, classes = net.split(y, 4, 4, 2, 6)
    extent = net.quant(net.op("Exp", extents), 8, False, 2.0**-3)
    sureness = net.quant(net.op("Sigmoid", sure), 8, False, 2.0**-8)
    net.save(path, places, extent, sureness, classes)


def teacher(path: Path, wide: bool = False, deep: bool = False) -> None:
    """Net2Net, 1511.05641: a network, twice as wide, or with a layer that changes nothing."""
    r = _random(71)
    first, second = whole(r, 4, 3, 3, 3), whole(r, 5, 4, 1, 1)
    if wide:
        again = np.array([1, 3, 0, 2])
        half = second // 2
        first = np.concatenate([first, first[again]])
        second = np.concatenate([second - half, half[:, again]], axis=1)
    net = Chain(3, *MAP)
    y = net.act(net.layer(net.quant("x", 4, True), first), 4, 2.0)
    if deep:
        same = np.eye(len(first), dtype=np.int64)[..., None, None]
        y = net.act(net.layer(y, same, step=1.0), 4, 2.0)
    net.save(path, net.act(net.layer(y, second), 4, 2.0))


def _of_the_teacher(path: Path, inputs: Frames) -> Frames:
    base = path.with_name("teacher.onnx")
    teacher(base)
    return executed(base, inputs)


NETWORKS = (
    small(
        63, "shuffle unit", shuffle_unit, cycles=30,
        plain=partial(shuffle_unit, shuffled=False),
    ),
    small(63, "shuffle, stride 2", shuffle_down),
    small(
        64, "three groups at a time", cardinality, cycles=30,
    ),
    small(65, "survival scales", survival, plain=partial(survival, folded=True)),
    small(67, "fire module and ConvDet", detection),
    small(
        71, "twice as wide", partial(teacher, wide=True), expected=_of_the_teacher, plain=teacher,
    ),
    small(
        71, "a layer deeper", partial(teacher, deep=True), expected=_of_the_teacher, plain=teacher,
    ),
)  # fmt: skip
