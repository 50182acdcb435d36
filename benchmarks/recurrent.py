"""Recurrent workloads of published accelerators, with random weights of their shape and sparsity.

ESE: Han et al., "ESE: efficient speech recognition engine with sparse LSTM on FPGA", FPGA 2017.
SR1: Shi et al., "CSB-RNN: a faster-than-realtime RNN acceleration framework with compressed
structured blocks", ICS 2020; two layers of the same kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hwcompile import rnn
from hwcompile.ir.graph import Graph
from hwcompile.rnn import Format, Formats
from hwcompile.sparse.pruning import load_balanced, magnitude

FloatArray = npt.NDArray[np.float64]

CELLS, OUTPUTS = 1024, 512
IMPORTANCE = 0.3
"""Standard deviation of the logarithm of a row's scale: rows keep unequally many weights."""

FORMATS = Formats(
    x=Format(16, 12),
    y=Format(16, 12),
    c=Format(16, 11),
    m=Format(16, 15),
    wx=Format(12, 8),
    wr=Format(12, 11),
    projection=Format(12, 11),
    peepholes=(Format(12, 11), Format(12, 11), Format(12, 10)),
    bias=Format(12, 9),
)
"""ESE's 12-bit weights and 16-bit signals, with its integer bits for every matrix."""


@dataclass(frozen=True)
class Workload:
    """Layers with the multipliers that they get.

    Attributes:
        workload: Its id, the same in all benchmarks.
        graph: One node per layer, `keep` with one step per frame.
        parameters: Of the kernel `static`, by node name.
        pruning: `magnitude`, or `balanced` where PEs have equally many weights.
    """

    workload: str
    graph: Graph
    parameters: Mapping[str, Mapping[str, int]]
    pruning: str = "magnitude"


def layer(
    inputs: int,
    density: float,
    seed: int,
    *,
    cells: int = CELLS,
    outputs: int = OUTPUTS,
    name: str = "lstm",
    balanced: int = 0,
    channels: int = 1,
) -> Graph:
    """An LSTM layer with peepholes and projection, every matrix pruned by magnitude alone.

    With `balanced`, each of so many PEs keeps the same number of a matrix's weights, as in ESE.
    """
    rng = np.random.default_rng(seed)

    def pruned(rows: int, columns: int, largest: float) -> FloatArray:
        weights = rng.normal(size=(rows, columns)) * rng.lognormal(0, IMPORTANCE, (rows, 1))
        if balanced:
            kept = load_balanced(weights, density, balanced).astype(np.float64)
        else:
            kept = magnitude(weights, density).astype(np.float64)
        return kept * (largest / max(float(np.abs(kept).max()), 1e-9))

    return rnn.lstm(
        [pruned(cells, inputs, 3.0) for _ in range(4)],
        [pruned(cells, outputs, 0.99) for _ in range(4)],
        rng.normal(size=(4, cells)).clip(-3, 3),
        peepholes=rng.uniform(-0.9, 0.9, (3, cells)),
        projection=pruned(outputs, cells, 0.99),
        formats=FORMATS,
        keep=True,
        channels=channels,
        name=name,
    )


def ese() -> Workload:
    """ESE's Google LSTM: 153 inputs, 1024 cells, 512 outputs, 10 % dense, 32 PEs."""
    return Workload("ese_lstm", layer(153, 0.1, 1), {"lstm": {"pes": 32, "lanes": 1}})


def ese_channels() -> Workload:
    """The same with ESE's 32 channels: as many sequences in step, and every weight read once."""
    graph = layer(153, 0.1, 1, channels=32)
    return Workload("ese_lstm", graph, {"lstm": {"pes": 32, "lanes": 1}})


def ese_balanced() -> Workload:
    """The same, pruned so that PEs which own every 32nd row have equally many weights."""
    graph = layer(153, 0.1, 1, balanced=32)
    return Workload("ese_lstm", graph, {"lstm": {"pes": 32, "lanes": 1}}, "balanced")


def sr1() -> Workload:
    """Both layers of SR1 pruned 13-fold, on 512 multipliers in proportion to their weights."""
    layers = (layer(153, 1 / 13, 1, name="lstm1"), layer(OUTPUTS, 1 / 13, 2, name="lstm2"))
    parameters = {"lstm1": {"pes": 208, "lanes": 8}, "lstm2": {"pes": 304, "lanes": 8}}
    return Workload("sr1_lstm", rnn.stack(*layers, name="sr1"), parameters)
