"""Weights of one bit: BinaryConnect, BNN, XNOR-Net, loss-aware binarization, HWGQ, SEP-Nets."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from benchmarks.planning_models import QONNX, Grower
from benchmarks.techniques_networks.network import Array, Frames, Network, only_output

CYCLES = {"target_cycles": 400}


def normalized(net: Grower, x: str, channels: int, spread: float = 8.0) -> str:
    """A batch normalization with factors of both signs."""
    gamma = net.random.choice([-1.0, 1.0], channels) * net.random.uniform(0.5, 1.5, channels)
    numbers = (
        gamma, net.random.normal(0, 0.5, channels),
        net.random.normal(0, spread, channels), net.random.uniform(0.5, 1.5, channels) * spread**2,
    )  # fmt: skip
    return net.op("BatchNormalization", x, *(net.constant(each) for each in numbers))


def signs(net: Grower, *shape: int) -> str:
    """Weights of -1 and 1 as numbers, which nothing marks."""
    return net.constant(net.random.choice([-1.0, 1.0], shape))


def scaled_signs(net: Grower, factors: Array, *shape: int) -> str:
    """Signs times a factor of each filter."""
    each = factors.reshape(-1, *[1] * (len(shape) - 1))
    return net.constant(net.random.choice([-1.0, 1.0], shape) * each)


def sign(net: Grower, x: str, form: str = "where") -> str:
    """-1 below zero and 1 from there on: spelled out, or as QONNX marks it.

    ONNX's `Sign` is the same where nothing is 0.
    """
    if form == "quant":
        return net.op("BipolarQuant", x, net.constant(1.0), domain=QONNX)
    if form == "sign":
        return net.op("Sign", x)
    truth = net.op("GreaterOrEqual", x, net.constant(0.0))
    return net.op("Where", truth, net.constant(1.0), net.constant(-1.0))


def binary_connect(path: Path) -> None:
    """Weights of -1 and 1, activations in fixed point, a normalization behind each layer."""
    net = Grower(3, 4, 5)
    x = net.quant("x", 8, True)
    for filters in (6, 5):
        x = net.conv(x, filters, 3, 1)
        x = normalized(net, x, filters)
        x = net.quant(net.op("Relu", x), 4, False, 2**-2)
    net.save(path, x)


def binary_net(path: Path, form: str) -> None:
    """Pixels of 8 bits, normalization and sign behind each layer, maxima, and scores."""
    net = Grower(3, 6, 4)
    x = net.quant("x", 8, True)
    x = net.op("Conv", x, signs(net, 6, 3, 3, 3), kernel_shape=[3, 3], pads=[1] * 4)
    x = sign(net, normalized(net, x, 6, 64.0), form)
    x = net.op("Conv", x, signs(net, 8, 6, 3, 3), kernel_shape=[3, 3])
    x = net.pool(x, 2, 2)
    x = sign(net, normalized(net, x, 8, 4.0), form)
    x = net.op("MatMul", net.op("Flatten", x), signs(net, 16, 5))
    net.save(path, x)


XNOR_STEP, ALPHA_STEP, BIAS_STEP = 2.0**-4, 2.0**-6, 2.0**-3


def xnor_parameters() -> tuple[Array, Array, Array]:
    """Signs [7, 4, 3, 3]; a factor and a bias for each filter, in whole steps."""
    random = np.random.default_rng(11)
    return (
        random.choice([-1, 1], (7, 4, 3, 3)), random.integers(3, 30, 7), random.integers(-60, 61, 7)
    )  # fmt: skip


def xnor_net(path: Path, scaled: bool) -> None:
    """Sign, convolution with a factor for each filter, and K: the mean of |x| around each place.

    The block order is normalization, sign, convolution, and so on; what follows is the next
    normalization, here its bias, and its sign.
    """
    weights, alpha, bias = xnor_parameters()
    net = Grower(4, 6, 5)
    x = net.quant("x", 8, True, XNOR_STEP)
    w = net.constant(weights * (alpha * ALPHA_STEP).reshape(7, 1, 1, 1))
    y = net.op("Conv", sign(net, x), w, kernel_shape=[3, 3])
    if scaled:
        mean = net.op("ReduceMean", net.op("Abs", x), axes=[1], keepdims=1)
        box = net.op("AveragePool", mean, kernel_shape=[3, 3], strides=[1, 1])
        y = net.op("Mul", y, net.quant(box, 8, False, XNOR_STEP))
    y = net.op("Add", y, net.constant((bias * BIAS_STEP).reshape(1, 7, 1, 1)))
    net.save(path, sign(net, y, "quant"))


def xnor_signs(scaled: bool, path: Path, inputs: Frames) -> Frames:
    """sign((sign(x) * W) alpha K + bias) on whole numbers (1603.05279), K to the nearest."""
    weights, alpha, bias = xnor_parameters()
    codes = np.rint(inputs["x"] / XNOR_STEP).astype(np.int64)
    codes = codes.clip(-128, 127)
    windows = sliding_window_view(np.where(codes >= 0, 1, -1), (3, 3), axis=(2, 3))
    sums = np.einsum("nchwij,mcij->nmhw", windows, weights) * alpha.reshape(7, 1, 1)
    around = sliding_window_view(np.abs(codes).sum(axis=1), (3, 3), axis=(1, 2)).sum(axis=(3, 4))
    mean = np.rint(around / 36).astype(np.int64)  # of 4 channels and 9 places, in steps of x
    offset = bias.reshape(7, 1, 1) * round(BIAS_STEP / ALPHA_STEP / (XNOR_STEP if scaled else 1))
    total = sums * (mean[:, None] if scaled else 1) + offset
    return {only_output(path): np.where(total >= 0, 1.0, -1.0)}


def loss_aware(path: Path) -> None:
    """A factor for each layer, which goes into what is behind it."""
    net = Grower(5, 3, 4)
    x = net.quant("x", 8, True)
    x = net.op("Conv", x, scaled_signs(net, np.full(6, 0.1725), 6, 5, 3, 3), kernel_shape=[3, 3])
    x = sign(net, normalized(net, x, 6, 8.0))
    weights = net.random.choice([-0.25, 0.25], (12, 4))
    net.save(path, net.op("MatMul", net.op("Flatten", x), net.constant(weights)))


def half_wave(path: Path, levels: Sequence[float], form: str = "where") -> None:
    """Binary weights, and what is above zero in a few levels with limits midway."""
    net = Grower(3, 5, 4)
    x = net.quant("x", 8, True)
    x = net.op("Conv", x, signs(net, 5, 3, 3, 3), kernel_shape=[3, 3], pads=[1] * 4)
    x = normalized(net, x, 5, 64.0)
    x = net.quant(x, 2, False, levels[0]) if form == "quant" else steps(net, x, levels)
    alpha = net.random.integers(3, 30, 7) * 2.0**-6
    x = net.op("Conv", x, scaled_signs(net, alpha, 7, 5, 3, 3), kernel_shape=[3, 3])
    net.save(path, sign(net, normalized(net, x, 7, 4.0), "quant"))


def steps(net: Grower, x: str, levels: Sequence[float]) -> str:
    """A comparison for each level, and the sum of their steps."""
    limits = [0.0, *((a + b) / 2 for a, b in pairwise(levels))]
    heights = [levels[0], *(b - a for a, b in pairwise(levels))]
    total = ""
    for limit, height in zip(limits, heights, strict=True):
        above = net.op("Greater", x, net.constant(limit))
        step = net.op("Where", above, net.constant(height), net.constant(0.0))
        total = net.op("Add", total, step) if total else step
    return total


def sep_net(path: Path) -> None:
    """Pattern residual block: 3 x 3 binary beside 1 x 1 of 8 bits, then a grouped convolution."""
    net = Grower(4, 5, 3)
    x = net.quant("x", 8, True)
    wide = net.op("Conv", x, net.weights(8, 6, 4, 1, 1), kernel_shape=[1, 1])
    binary = net.op("Conv", x, signs(net, 6, 4, 3, 3), kernel_shape=[3, 3], pads=[1] * 4)
    x = net.quant(net.op("Relu", net.op("Add", wide, binary)), 4, False, 2.0**8)
    x = net.op("Conv", x, signs(net, 6, 3, 3, 3), kernel_shape=[3, 3], group=2)
    x = net.quant(net.op("Relu", x), 4, False, 2.0**2)
    net.save(path, net.op("Conv", x, net.weights(8, 7, 6, 1, 1), kernel_shape=[1, 1]))


BNN_BITS = 6 * 3 * 9 + 8 * 6 * 9 + 16 * 5
FORMS = {"where": "signs spelled out", "sign": "ONNX's Sign", "quant": "QONNX's BipolarQuant"}

NETWORKS = (
    Network(
        9, "BinaryConnect", binary_connect, options=CYCLES,
        multipliers=0, ideal_bits=9 * (3 * 6 + 6 * 5),
    ),
    *(
        Network(
            10, f"BNN, {said}", partial(binary_net, form=form), options=CYCLES, multipliers=0,
            ideal_bits=BNN_BITS,
        )
        for form, said in FORMS.items()
    ),
    *(
        Network(
            11, f"XNOR-Net, {'with' if scaled else 'without'} K", partial(xnor_net, scaled=scaled),
            step=XNOR_STEP, expected=partial(xnor_signs, scaled), multipliers=2 * scaled,
            options={**CYCLES, "rounding": "exact"}, ideal_bits=None if scaled else 7 * 4 * 9,
        )
        for scaled in (False, True)
    ),
    Network(
        17, "loss-aware binarization", loss_aware, options=CYCLES, multipliers=0,
        ideal_bits=6 * 5 * 9 + 12 * 4,
    ),
    Network(
        20, "HWGQ, even levels spelled out", partial(half_wave, levels=(0.538, 1.076, 1.614)),
        options=CYCLES, multipliers=0, ideal_bits=9 * (3 * 5 + 5 * 7),
    ),
    Network(
        20, "HWGQ, even levels by Quant", partial(half_wave, levels=(0.538,), form="quant"),
        options=CYCLES, multipliers=0, ideal_bits=9 * (3 * 5 + 5 * 7),
    ),
    Network(
        20, "HWGQ, levels of Lloyd", partial(half_wave, levels=(116 / 256, 387 / 256)),
        options=CYCLES, multipliers=0, ideal_bits=9 * (3 * 5 + 5 * 7),
    ),
    Network(
        29, "SEP-Net", sep_net, options=CYCLES, multipliers=2,
        ideal_bits=8 * (4 * 6 + 6 * 7) + 9 * (4 * 6 + 3 * 6),
    ),
)  # fmt: skip
