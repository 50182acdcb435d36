"""Recurrent layers under the independent bus model: stalls, resets in mid-sequence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hwcompile import rnn
from hwcompile.emit.project import rtl_files, write_files
from hwcompile.ir.graph import Graph
from hwcompile.schedule.planner import plan
from hwcompile.verify.protocol import check_protocol


def _weights(inputs: int, cells: int, outputs: int, gates: int = 4) -> list[np.ndarray]:
    rng = np.random.default_rng(inputs)
    shapes = ((gates * cells, inputs), (gates * cells, outputs), (gates, cells), (outputs, cells))
    return [np.where(rng.random(s) < 0.4, rng.normal(size=s) * 0.4, 0) for s in shapes]


def _stacked() -> Graph:
    """A GRU behind an LSTM with projection; every frame is a sequence."""
    wx, wr, bias, projection = _weights(5, 8, 4)
    formats = rnn.Formats(m=rnn.Format(16, 15), x=rnn.Format(16, 12))
    first = rnn.lstm(wx, wr, bias, projection=projection, steps=3, name="front", formats=formats)
    second = rnn.gru(*_weights(4, 6, 6, 3)[:3], steps=3, name="back", formats=formats)
    return rnn.stack(first, second, name="stacked")


def _with_starts() -> Graph:
    """A state that lives on until a token of the second input ends it."""
    wx, wr, bias, _ = _weights(5, 6, 6)
    return rnn.lstm(wx, wr, bias, keep=True, start=True, name="endless")


EXTERNAL = {"kernel": "static", "pes": 4, "lanes": 2, "weights": "external"}


@pytest.mark.parametrize("external", [False, True], ids=["on_chip", "external"])
@pytest.mark.parametrize("graph", [_stacked(), _with_starts()], ids=lambda graph: graph.name)
def test_streams_of_recurrent_layers(tmp_path: Path, graph: Graph, external: bool) -> None:
    """With weights in external memory, an independent model of it holds back at random, too."""
    nodes = {node.name: EXTERNAL for node in graph.nodes} if external else {}
    planned, prediction = plan(
        graph, target_cycles=None if external else 400, schedule={"nodes": nodes}
    )
    write_files(tmp_path, rtl_files(planned))
    rng = np.random.default_rng(1)
    inputs = {
        name: rng.integers(kind.element.low, kind.element.high, (5, *kind.shape), endpoint=True)
        for name, kind in ((name, graph.types[name]) for name in graph.inputs)
    }
    limit = 20 * prediction.latency + 1000
    passed = check_protocol(tmp_path, inputs, graph.evaluate(inputs), timeout_cycles=limit)
    assert len(passed) == 9
