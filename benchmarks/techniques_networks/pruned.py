"""Pruning (rows 30 to 43): weights that are not there take neither time nor memory."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.techniques_networks.chains import STEP, Chain, Random, Weights, sparse, whole
from benchmarks.techniques_networks.network import Frames, Network, executed
from hwcompile import compress

MAP = (6, 5)
"""Rows and columns."""

INPUTS, OUTPUTS = 64, 40
PES = 4
DENSITIES = (0.02, 0.05, 0.1, 0.2, 0.5)
"""Shares of weights that are left."""


def _random(row: int) -> Random:
    return np.random.default_rng(row)


def ideal_bits(weights: Weights, bits: int, pes: int = PES) -> int:
    """Of entries: a weight, a gap to the next column, and whether a row ends.

    A gap holds the largest one that there is, so it is measured in the weights themselves.
    """
    steps = -(-int(np.count_nonzero(weights)) // pes)
    return steps * pes * (bits + 1 + int(weights.shape[1] - 1).bit_length())


def matrix(weights: Weights, path: Path) -> None:
    """A fully connected layer alone."""
    net = Chain(1, 1, weights.shape[1])
    net.save(path, net.dense(net.op("Flatten", net.quant("x", 6, True)), weights))


def convolution(weights: Weights, path: Path) -> None:
    """A convolution alone."""
    net = Chain(weights.shape[1], *MAP)
    net.save(path, net.layer(net.quant("x", 6, True), weights))


def on_matrix(row: int, name: str, weights: Weights, pes: int = PES) -> Network:
    """A network of one matrix, every `pes`-th part of its weights a cycle."""
    cycles = -(-int(np.count_nonzero(weights)) // pes)
    return Network(
        row, name, partial(matrix, weights), codes=(-32, 31), options={"target_cycles": cycles},
        bound=cycles, ideal_bits=ideal_bits(weights, 4, pes),
        plain=partial(matrix, whole(_random(row), *weights.shape)),
    )  # fmt: skip


def on_map(row: int, name: str, weights: Weights, pes: int = PES) -> Network:
    """A network of one convolution; windows give a tap a cycle."""
    cycles = -(-int(np.count_nonzero(weights)) // pes) * MAP[0] * MAP[1]
    return Network(
        row, name, partial(convolution, weights), codes=(-32, 31),
        options={"target_cycles": cycles}, bound=cycles,
        plain=partial(convolution, whole(_random(row), *weights.shape)),
    )  # fmt: skip


def by_saliency(density: float) -> Weights:
    """LeCun, 1990: what has the least h w**2 / 2 goes, h the curvature of the loss."""
    r = _random(30)
    weights, curvature = whole(r, OUTPUTS, INPUTS), r.gamma(0.5, 1, (OUTPUTS, INPUTS))
    saliency = curvature * weights**2 / 2
    least = np.sort(saliency, axis=None)[-round(density * weights.size)]
    return np.where(saliency >= least, weights, 0)


def by_magnitude(row: int, density: float, *shape: int) -> Weights:
    """Han, 1506.02626: the weights with the least magnitude go."""
    real = _random(row).normal(size=shape)
    left = compress.magnitude(real.reshape(shape[0], -1), density).reshape(shape)
    steps = np.rint(left * 7 / np.abs(left).max()).astype(np.int64)
    return np.where((left != 0) & (steps == 0), np.sign(left).astype(np.int64), steps)


def own_weights(r: Random, channels: int, filters: int, height: int, width: int) -> Weights:
    """A locally connected layer 3 x 3 as a matrix: each place has weights of its own.

    A third of them is left, as if by the correlation of the neurons that they connect (Sun,
    1512.01891).

    Returns:
        [filters * places, channels * height * width].
    """
    down, across = height - 2, width - 2
    weights = np.zeros((filters, down, across, channels, height, width), np.int64)
    for y, x in np.ndindex(down, across):
        weights[:, y, x, :, y : y + 3, x : x + 3] = sparse(r, 1 / 3, filters, channels, 3, 3)
    return weights.reshape(filters * down * across, -1)


def locally_connected(weights: Weights, path: Path) -> None:
    """The layer on a map of 3 channels, as Keras' implementation 2 writes it."""
    net = Chain(3, *MAP)
    net.save(path, net.dense(net.op("Flatten", net.quant("x", 4, True)), weights))


def two_layers(first: Weights, second: Weights, path: Path) -> None:
    """Convolution, ReLU, convolution."""
    net = Chain(first.shape[1], *MAP)
    y = net.act(net.layer(net.quant("x", 4, True), first), 4, 2.0)
    net.save(path, net.layer(y, second))


def without_filters(row: int, scores: str) -> tuple[Weights, Weights, list[int]]:
    """Two layers with filters of zeros in the first one, and which are left.

    Args:
        row: Of the list of techniques.
        scores: `norm` (1608.08710), `taylor` (1611.06440: mean of |activation * gradient|), or
            `next` (ThiNet, 1707.06342: what the next layer's sums lose).
    """
    r = _random(row)
    first, second = whole(r, 8, 3, 3, 3), whole(r, 5, 8, 1, 1)
    if scores == "taylor":
        shape = (20, 8, *MAP)
        score = compress.taylor_scores(r.normal(size=shape), r.normal(size=shape))
    elif scores == "next":
        score = (second[:, :, 0, 0] ** 2).sum(axis=0) * (first**2).sum(axis=(1, 2, 3))
    else:
        score = compress.filter_norms(first)
    pruned = compress.without_filters(first, score, 4)
    left = [n for n in range(8) if pruned[n].any()]
    return pruned.astype(np.int64), second, left


def _filters(row: int, name: str, scores: str) -> Network:
    """Beside the network cut by hand, whose outputs are the expected ones."""
    pruned, second, left = without_filters(row, scores)
    cut = partial(two_layers, pruned[left], second[:, left])
    return Network(
        row, name, partial(two_layers, pruned, second), codes=(-8, 7),
        expected=partial(_of, cut), options={"target_cycles": 60}, bound=60,
        plain=partial(two_layers, whole(_random(row), 8, 3, 3, 3), second), gains=("lut",),
    )  # fmt: skip


def _of(build: partial[None], path: Path, inputs: Frames) -> Frames:
    other = path.with_name("other.onnx")
    build(other)
    return executed(other, inputs)


def five_taps() -> Weights:
    """SSL, 1608.03665: the same four of nine taps are gone in all filters."""
    weights = whole(_random(33), 6, 3, 3, 3)
    weights.reshape(6, 3, 9)[:, :, [0, 2, 5, 7]] = 0
    return weights


def scaled_block(path: Path, factor: float | None = 0.0) -> None:
    """Huang, 1707.01213: a block beside the trunk, times a scale that training made 0.

    Without a factor the trunk alone.
    """
    r = _random(37)
    net = Chain(4, *MAP)
    x = net.quant("x", 4, True)
    last = whole(r, 5, 4, 1, 1)
    if factor is not None:
        y = net.act(net.layer(x, whole(r, 6, 4, 3, 3)), 4, 2.0)
        y = net.scaled(net.layer(y, whole(r, 4, 6, 1, 1)), factor)
        x = net.quant(net.op("Add", x, net.quant(y, 4, True)), 5, True)
    net.save(path, net.layer(x, last))


def by_energy(first: float, second: float) -> tuple[Weights, Weights]:
    """Yang, 1611.05128: two layers, of which the one that takes more energy is pruned first.

    Args:
        first: Share of the weights that is left of the first layer.
        second: And of the second one.
    """
    r = _random(40)
    return sparse(r, first, 8, 6, 3, 3), sparse(r, second, 16, 8, 1, 1)


def dense_sparse_dense(is_dense: bool) -> Weights:
    """Han, 1607.04381: the network between the two prunings, or the one that is delivered."""
    dense = whole(_random(41), OUTPUTS, INPUTS)
    return dense if is_dense else compress.magnitude(dense.astype(np.float64), 0.3).astype(np.int64)


def fine_pruned(thresholds: tuple[int, int]) -> tuple[Weights, Weights]:
    """Tung, 1707.09102: layers whose weights below a threshold of their own are gone."""
    r = _random(42)
    layers = (whole(r, 12, 3, 3, 3), whole(r, 10, 12, 1, 1))
    first, second = (np.where(np.abs(w) < t, 0, w) for w, t in zip(layers, thresholds, strict=True))
    return first, second


THRESHOLDS = (6, 5)
"""What the search of row 42 ends with."""


def gate(path: Path, ones: float = STEP) -> None:
    """Vieira and Eisner, TACL 2017: sparse features say whether an item of a parse is built."""
    r = _random(43)
    weights = np.rint(r.normal(0, 40, (1, 60))).astype(np.int64)
    net = Chain(1, 1, 60)
    y = net.dense(net.op("Flatten", net.quant("x", 1, False)), weights, ones)
    y = net.op("Add", y, net.constant(np.float32(5.5)))
    net.save(path, net.op("BipolarQuant", y, net.constant(1.0), domain="qonnx.custom_op.general"))


def _sparse_features(path: Path) -> Frames:
    """Few features of 60 hold; none and all in the first frames."""
    x = (_random(43).random((6, 1, 1, 60)) < 0.1).astype(np.float32)
    x[0], x[1] = 0, 1
    return {"x": x}


LOCAL = own_weights(_random(32), 3, 2, *MAP)
LOCAL_PES = 8
LOCAL_CYCLES = -(-int(np.count_nonzero(LOCAL)) // LOCAL_PES)

NETWORKS = (
    *(on_matrix(30, f"optimal brain damage, {d:.0%}", by_saliency(d)) for d in DENSITIES),
    *(
        on_matrix(31, f"magnitudes, {d:.0%}", by_magnitude(31, d, OUTPUTS, INPUTS))
        for d in DENSITIES
    ),
    on_map(31, "convolution, 10%", by_magnitude(31, 0.1, 12, 8, 3, 3)),
    Network(
        32, "locally connected", partial(locally_connected, LOCAL), codes=(-8, 7),
        options={"target_cycles": LOCAL_CYCLES}, bound=LOCAL_CYCLES,
    ),
    Network(
        33, "five taps of nine", partial(convolution, five_taps()), codes=(-32, 31),
        options={"target_cycles": 60}, bound=60, ideal_bits=6 * 15 * 4,
        plain=partial(convolution, whole(_random(33), 6, 3, 3, 3)), gains=("lut",),
    ),
    _filters(34, "filters by norm", "norm"),
    _filters(35, "filters by Taylor expansion", "taylor"),
    _filters(36, "filters by the next layer", "next"),
    Network(
        37, "a block whose scale is 0", scaled_block, codes=(-8, 7), options={"target_cycles": 60},
        bound=60, plain=partial(scaled_block, factor=0.5), gains=("lut",),
    ),
    *(
        on_map(39, f"direct sparse convolution, {d:.0%}", sparse(_random(39), d, 12, 8, 3, 3))
        for d in DENSITIES
    ),
    Network(
        40, "the layer that takes most", partial(two_layers, *by_energy(0.1, 1.0)),
        codes=(-8, 7), options={"target_cycles": 600}, bound=600,
        plain=partial(two_layers, *by_energy(1.0, 1.0)), gains=("lut",),
    ),
    on_matrix(41, "the sparse phase", dense_sparse_dense(False)),
    Network(
        41, "the dense phase", partial(matrix, dense_sparse_dense(True)), codes=(-32, 31),
        options={"target_cycles": INPUTS * OUTPUTS // PES}, bound=INPUTS * OUTPUTS // PES,
        ideal_bits=4 * INPUTS * OUTPUTS,
    ),
    Network(
        42, "a threshold for each layer", partial(two_layers, *fine_pruned(THRESHOLDS)),
        codes=(-8, 7), options={"target_cycles": 600},
    ),
    Network(
        43, "linear gate", gate, frames=_sparse_features, options={"target_cycles": 60}, bound=60,
        multipliers=0,
    ),
)  # fmt: skip
