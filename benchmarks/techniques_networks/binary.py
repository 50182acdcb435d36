"""Weights of one bit: BinaryConnect, BNN, XNOR-Net, loss-aware binarization, SEP-Nets."""

from __future__ import annotations

from pathlib import Path

from benchmarks.planning_models import Grower
from benchmarks.techniques_networks.network import Network


def binary_connect(path: Path) -> None:
    """Weights of -1 and 1, activations in fixed point, a normalization behind each layer."""
    net = Grower(3, 4, 5)
    x = net.quant("x", 8, True)
    for filters in (6, 5):
        x = net.conv(x, filters, 3, 1)
        x = normalized(net, x, filters)
        x = net.quant(net.op("Relu", x), 4, False, 2**-2)
    net.save(path, x)


def normalized(net: Grower, x: str, channels: int, spread: float = 8.0) -> str:
    """A batch normalization with factors of both signs."""
    gamma = net.random.choice([-1.0, 1.0], channels) * net.random.uniform(0.5, 1.5, channels)
    numbers = (
        gamma, net.random.normal(0, 0.5, channels),
        net.random.normal(0, spread, channels), net.random.uniform(0.5, 1.5, channels) * spread**2,
    )  # fmt: skip
    return net.op("BatchNormalization", x, *(net.constant(each) for each in numbers))


NETWORKS = (
    Network(
        9,
        "BinaryConnect",
        binary_connect,
        options={"target_cycles": 360},
        multipliers=0,
        ideal_bits=9 * (3 * 6 + 6 * 5),
    ),
)
