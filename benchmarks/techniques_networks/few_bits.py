"""Fixed point and few bits: limited precision, Ristretto, widths by layer, QNN."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.planning_models import QONNX, Grower
from benchmarks.techniques_networks.binary import steps
from benchmarks.techniques_networks.network import Array, Frames, Network, only_output
from hwcompile import compress

CYCLES = {"target_cycles": 400}


def limited_weights() -> Array:
    """16 bits, 14 of them behind the point, [6, 3]."""
    return np.random.default_rng(3).integers(-(2**15), 2**15, (6, 3))


def limited(path: Path) -> None:
    """16 bits times 16 bits, and one rounding of the sum to 16 bits."""
    net = Grower(6)
    x = net.quant("x", 16, True, 2**-10)
    w = net.quant(net.constant(limited_weights() * 2.0**-14), 16, True, 2**-14)
    net.save(path, net.quant(net.op("MatMul", x, w), 16, True, 2**-9))


def limited_sums(path: Path, inputs: Frames) -> Frames:
    """The nearest numbers to the exact sums, halves to even."""
    sums = np.rint(inputs["x"].astype(np.float64) * 2**10) @ limited_weights()
    y = np.clip(np.rint(sums / 2**15), -(2**15), 2**15 - 1) * 2.0**-9
    return {only_output(path): y}


def dynamic(path: Path) -> None:
    """8 bits, with a binary point of its own for the weights and the outputs of each layer."""
    net = Grower(3, 4, 5)
    x = net.quant("x", 8, True, 2**-5)
    for channels, filters, spread, step in ((3, 5, 0.6, 2**-4), (5, 4, 0.05, 2**-5)):
        weights = net.random.normal(0, spread, (filters, channels, 3, 3)).astype(np.float32)
        rounded = net.constant(compress.dynamic_fixed_point(weights, 8))
        x = net.op("Conv", x, rounded, kernel_shape=[3, 3], pads=[1] * 4)
        x = net.quant(x, 8, True, step)
    net.save(path, x)


FILTERS = (4, 6, 5, 2)
WIDTHS = ((5, 7), (3, 4), (6, 2), (1, 9))
"""Bits of weights and of activations behind them, layer by layer."""


def widths(path: Path) -> None:
    """Other widths in each layer."""
    net = Grower(3, 4, 5)
    x = net.quant("x", 8, True)
    for filters, (weights, activations) in zip(FILTERS, WIDTHS, strict=True):
        x = net.op("Relu", net.conv(x, filters, 3, weights))
        x = net.quant(x, activations, False, 2.0 ** (weights + 4 - activations))
    net.save(path, x)


def quantized(path: Path, weights: int, activations: int) -> None:
    """Two layers with weights and activations of 1 to 4 bits; one bit is a sign."""
    net = Grower(3, 4, 5)
    x = _activation(net, "x", activations, 1.0)
    for filters in (6, 5):
        x = net.conv(x, filters, 3, weights)
        x = _activation(net, x, activations, 2.0**weights)
    net.save(path, x)


def logarithmic(path: Path) -> None:
    """Activations are powers of two, `2^round(log2 x)` from 1 to 128, spelled out."""
    net = Grower(3, 4, 5)
    x = net.op("Relu", net.conv(net.quant("x", 8, True), 5, 3, 4))
    x = net.op("Div", net.op("Log", x), net.constant(np.log(2.0)))
    x = net.op("Clip", net.op("Round", x), net.constant(0.0), net.constant(7.0))
    powers = net.op("Pow", net.constant(2.0), x)
    net.channels[powers] = 5
    net.save(path, net.quant(net.conv(powers, 4, 3, 1), 8, True, 16.0))


def _activation(net: Grower, x: str, bits: int, step: float) -> str:
    if bits == 1:
        return net.op("BipolarQuant", x, net.constant(1.0), domain=QONNX)
    return net.quant(net.op("Relu", x), bits, False, step)


OPTIMAL = (13 / 64, 40 / 64, 97 / 64, 130 / 64)
"""Levels besides 0, as dynamic programming finds them in data."""


def optimal_levels(path: Path) -> None:
    """Activations of five levels that follow the data, limits midway, in front of 4-bit weights."""
    net = Grower(3, 4, 5)
    x = net.conv(net.quant("x", 8, True, 2**-7), 5, 3, 2)
    levels = steps(net, x, OPTIMAL)
    net.channels[levels] = 5
    net.save(path, net.conv(levels, 4, 3, 4))


def qnn(weights: int, activations: int) -> Network:
    """Two layers with so many bits, as an entry of the table."""
    return Network(
        12, f"QNN, weights of {weights} and activations of {activations} bits",
        partial(quantized, weights=weights, activations=activations),
        codes=(-3, 2**activations - 1), options=CYCLES, ideal_bits=weights * 9 * (3 * 6 + 6 * 5),
    )  # fmt: skip


NETWORKS = (
    Network(
        3, "16 bits times 16 bits", limited, codes=(-(2**15), 2**15 - 1), step=2**-10,
        expected=limited_sums, options={"target_cycles": 6, "rounding": "exact"}, multipliers=3,
        ideal_bits=6 * 3 * 16, bound=6,
    ),
    Network(
        4, "dynamic fixed point, 8 bits", dynamic, step=2**-5, options=CYCLES,
        ideal_bits=8 * 9 * (3 * 5 + 5 * 4),
    ),
    Network(5, "a width for each layer", widths, options=CYCLES),
    *(qnn(weights, activations) for weights, activations in ((1, 1), (1, 2), (3, 2), (4, 4))),
    Network(
        16, "ZipML, five levels of activations", optimal_levels, step=2**-7, options=CYCLES,
        ideal_bits=9 * (2 * 3 * 5 + 4 * 5 * 4),
    ),
    Network(12, "QNN, logarithmic activations", logarithmic, options=CYCLES),
)  # fmt: skip
