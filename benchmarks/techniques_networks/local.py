"""Locally connected layers: a filter of its own at every place of a map, and pruned."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.planning_models import Grower
from benchmarks.techniques_networks.network import Network

CHANNELS, HEIGHT, WIDTH, FILTERS, LANES = 2, 5, 6, 3, 4
PLACES = (HEIGHT - 2) * (WIDTH - 2)
FAN = 9 * CHANNELS


def local_weights() -> np.ndarray:
    """Whole numbers [PLACES * FILTERS, FAN] of 4 bits; one in four is left."""
    random = np.random.default_rng(32)
    shape = (PLACES * FILTERS, FAN)
    return np.where(random.random(shape) < 0.25, random.integers(-7, 8, shape), 0)


def windows() -> np.ndarray:
    """Where the elements of the window of each place stand in the map, [PLACES, FAN]."""
    flat = np.arange(CHANNELS * HEIGHT * WIDTH).reshape(CHANNELS, HEIGHT, WIDTH)
    cut = np.lib.stride_tricks.sliding_window_view(flat, (3, 3), axis=(1, 2))
    return np.ascontiguousarray(cut.transpose(1, 2, 0, 3, 4)).reshape(PLACES, FAN)


def locally_connected(path: Path) -> None:
    """All windows one after the other, and a group of filters for each."""
    net = Grower(CHANNELS, HEIGHT, WIDTH)
    x = net.op("Flatten", net.quant("x", 8, True))
    rows = net.op("Gather", x, net.constant(windows().reshape(-1)), axis=1)
    tall = net.op("Reshape", rows, net.constant(np.array([1, PLACES * FAN, 1, 1])))
    weights = local_weights().astype(np.float32)[:, :, None, None]
    kept = net.quant(net.constant(weights), 4, True)
    y = net.op("Conv", tall, kept, kernel_shape=[1, 1], group=PLACES)
    net.save(path, net.quant(net.op("Relu", y), 4, False, 16.0))


_BOUND = -(-int(np.count_nonzero(local_weights())) // LANES)

NETWORKS = (
    Network(
        32, "gathered windows", locally_connected,
        options={"target_cycles": _BOUND + 12}, bound=_BOUND + 12,
    ),
)  # fmt: skip
