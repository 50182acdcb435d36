"""A model graph of hls4ml becomes a design whose circuits compute the same integers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import hwcompile
from benchmarks.hls4ml_oracle import inputs_of
from benchmarks.hls4ml_zoo import samples
from hwcompile.frontends.hls4ml.load import import_model_graph

ORACLE = "hardware tools"


def test_a_model_graph_compiles_and_verifies(tmp_path: Path) -> None:
    (sample,) = (s for s in samples() if (s.name, s.io_type) == ("dense", "io_parallel"))
    graph = sample.graph(tmp_path / "project")
    design = hwcompile.compile(graph, tmp_path / "build", target_cycles=200)
    imported = import_model_graph(graph)
    (frames,) = inputs_of(imported, 20, seed=1)
    outcome = design.verify(inputs=frames)
    assert outcome.passed
    np.testing.assert_array_equal(
        design.simulate(frames, level="reference").raw[design.graph.outputs[0]],
        imported.graph.evaluate(imported.run_host_inputs(frames))[imported.graph.outputs[0]],
    )


@pytest.mark.parametrize(
    "name",
    [
        "repeated_dense",
        pytest.param("gru", marks=pytest.mark.slow),
        pytest.param("recurrent_stack", marks=pytest.mark.slow),
        pytest.param("recurrent_tables", marks=pytest.mark.slow),
        pytest.param("recurrent_limits", marks=pytest.mark.slow),
        pytest.param("recurrent_functions", marks=pytest.mark.slow),
        pytest.param("both_directions", marks=pytest.mark.slow),
        pytest.param("repeated_convolution", marks=pytest.mark.slow),
        pytest.param("repeated_softmax", marks=pytest.mark.slow),
    ],
)
def test_sequences_are_the_same_at_every_level_and_take_the_predicted_cycles(
    name: str, tmp_path: Path
) -> None:
    (sample,) = (s for s in samples() if (s.name, s.io_type) == (name, "io_parallel"))
    graph = sample.graph(tmp_path / "project")
    design = hwcompile.compile(graph, tmp_path / "build", target_cycles=2000)
    (frames,) = inputs_of(import_model_graph(graph), 20, seed=1)
    outcome = design.verify(inputs=frames, levels=("reference", "hls", "rtl"))
    assert outcome.passed
    assert outcome.mismatches == {"hls": (), "rtl": ()}
    assert outcome.timings["rtl"].exact == 20
