"""A small design that reads its weights from external memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hwcompile import rnn
from hwcompile.design import Design, compile_graph
from hwcompile.ir.graph import Graph


def recurrent(folder: Path) -> tuple[Graph, Design]:
    """An LSTM that reads its weights from external memory."""
    rng = np.random.default_rng(0)

    def weights(*shape: int) -> np.ndarray:
        return np.where(rng.random(shape) < 0.4, rng.normal(size=shape) * 0.4, 0)

    graph = rnn.lstm(weights(32, 6), weights(32, 8), weights(4, 8), steps=2, name="cell")
    parameters = {"kernel": "static", "pes": 4, "lanes": 2, "weights": "external", "prefetch": 16}
    return graph, compile_graph(graph, folder, schedule={"nodes": {"cell": parameters}})
