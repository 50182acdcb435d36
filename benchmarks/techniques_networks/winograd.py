"""Convolutions in Winograd's domain: sparse ones with ReLU there, and dense ones as they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.planning_models import Grower
from benchmarks.techniques_networks.network import Array, Frames, Network, executed
from hwcompile import compress
from hwcompile.ops.conv.winograd import INPUT, OUTPUT, POSITIONS

CHANNELS, FILTERS, MAP = 6, 7, (8, 10)
"""Of the sparse network."""

PES = 3


def pruned_weights() -> Array:
    """Weights [16, filters, channels] of 4 bits; positions have shares of their own."""
    random = np.random.default_rng(45)
    weights = random.integers(1, 8, (POSITIONS, FILTERS, CHANNELS))
    weights *= random.choice([-1, 1], weights.shape)
    shares = np.linspace(0.1, 0.8, POSITIONS)[random.permutation(POSITIONS)]
    return weights * (random.random(weights.shape) < shares[:, None, None])


def tiles() -> int:
    """Of a frame: each gives 2 x 2 outputs."""
    return MAP[0] // 2 * (MAP[1] // 2)


def native(path: Path) -> None:
    """A layer of 1802.06367: ReLU and a quantizer stand between the transform and the products."""
    net = Grower(CHANNELS, *MAP)
    x = net.quant("x", 6, True)
    transform = np.tile(np.kron(INPUT, INPUT), (CHANNELS, 1)).reshape(-1, 1, 4, 4)
    x = net.op(
        "Conv", x, net.constant(transform * 1.0), group=CHANNELS, strides=[2, 2], pads=[1] * 4
    )
    x = net.quant(net.op("Relu", x), 6, False, 2.0)
    x = net.op("Gather", x, net.constant(_turned(CHANNELS, POSITIONS)), axis=1)
    weights = pruned_weights().reshape(-1, CHANNELS, 1, 1)
    x = net.op("Conv", x, net.constant(weights * 2.0**-4), group=POSITIONS)
    x = net.op("Gather", x, net.constant(_turned(POSITIONS, FILTERS)), axis=1)
    sums = np.tile(np.kron(OUTPUT, OUTPUT), (FILTERS, 1)).reshape(-1, POSITIONS, 1, 1)
    x = net.op("Conv", x, net.constant(sums * 1.0), group=FILTERS)
    net.save(path, net.op("DepthToSpace", x, blocksize=2, mode="CRD"))


def _turned(outer: int, inner: int) -> Array:
    return np.arange(outer * inner).reshape(outer, inner).T.ravel()


def direct(path: Path) -> None:
    """A convolution of 3 x 3 on a map of odd sizes, with a bias."""
    net = Grower(5, 7, 9)
    x = net.quant("x", 6, True)
    weights = net.weights(4, 6, 5, 3, 3)
    net.save(path, net.op("Conv", x, weights, net.constant(np.arange(-3.0, 3)), pads=[1, 0, 1, 2]))


def transformed(path: Path) -> None:
    """The same in Winograd's domain."""
    source = path.with_name("direct.onnx")
    direct(source)
    compress.apply(source, {"*": {"transform": "winograd"}}, path)


def _directly(path: Path, inputs: Frames) -> Frames:
    source = path.with_name("direct.onnx")
    direct(source)
    return executed(source, inputs)


NETWORKS = (
    Network(
        45,
        "sparse Winograd, ReLU in its domain",
        native,
        codes=(-32, 31),
        options={
            "target_cycles": 2300,
            "schedule": {"nodes": {"conv5": {"kernel": "sparse", "pes": PES}}},
        },
        multipliers=PES,
        bound=tiles() * int(np.count_nonzero(pruned_weights())) // PES,
    ),
    Network(
        45,
        "Winograd, exactly as the convolution",
        transformed,
        codes=(-32, 31),
        expected=_directly,
        options={"target_cycles": 1920},
        # The same weights without the transforms: with as many cycles, more products.
        plain=direct,
        gains=("dsp",),
    ),
)
