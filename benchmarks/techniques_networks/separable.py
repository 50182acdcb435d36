"""Binary kernels that are products of a column and a row of signs (1707.04693)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from benchmarks.planning_models import QONNX, Grower
from benchmarks.techniques_networks.network import Array, Frames, Network, only_output
from hwcompile import compress

CHANNELS, FILTERS = 2, 64
ROWS, COLUMNS = 5, 6
PLACES = (ROWS - 2) * (COLUMNS - 2)


def kernels(separable: bool) -> Array:
    """Signs [filters, channels, 3, 3]; those of separable kernels are projected from any others."""
    weights = np.random.default_rng(27).normal(size=(FILTERS, CHANNELS, 3, 3))
    return compress.separable_binary(weights) if separable else np.where(weights >= 0, 1.0, -1.0)


def network(path: Path, separable: bool) -> None:
    """A layer of a BNN: signs in, 3 x 3 signs as weights."""
    net = Grower(CHANNELS, ROWS, COLUMNS)
    x = net.op("BipolarQuant", "x", net.constant(1.0), domain=QONNX)
    net.save(path, net.op("Conv", x, net.constant(kernels(separable)), kernel_shape=[3, 3]))


def build(path: Path) -> None:
    """With separable kernels, as a file without a word of that has them."""
    network(path, True)


def not_separable(path: Path) -> None:
    """The same layer with any kernels of signs."""
    network(path, False)


def two_passes(path: Path, inputs: Frames) -> Frames:
    """Along the rows and then along the columns, each kernel a product of two vectors."""
    weights = kernels(True)
    rows = weights[:, :, 0]
    columns = weights[:, :, :, 0] * rows[:, :, :1]
    signs = np.where(inputs["x"] >= 0, 1.0, -1.0)
    along = np.einsum("nchwj,mcj->nmchw", sliding_window_view(signs, 3, axis=3), rows)
    y = np.einsum("nmchwi,mci->nmhw", sliding_window_view(along, 3, axis=3), columns)
    return {only_output(path): y}


NETWORKS = (
    Network(
        27, "separable binary kernels", build, codes=(-1, 1), expected=two_passes,
        options={"target_cycles": PLACES}, multipliers=0, ideal_bits=5 * CHANNELS * FILTERS,
        bound=PLACES, plain=not_separable, gains=("lut",),
    ),
)  # fmt: skip
