"""Sums of hls4ml's in every form: reference, emitted C++ and circuits compute the same."""

from __future__ import annotations

from pathlib import Path

import pytest

import hwcompile
from benchmarks.hls4ml_oracle import inputs_of
from benchmarks.hls4ml_zoo import samples
from hwcompile.frontends.hls4ml.load import import_model_graph

ORACLE = "hardware tools"

LEVELS = ("reference", "hls", "rtl")


@pytest.mark.parametrize(
    "name",
    [
        "few_sums_resource2 io_parallel",
        pytest.param("saturated_signals_resource2 io_stream", marks=pytest.mark.slow),
        pytest.param("saturated_sums_resource4 io_parallel", marks=pytest.mark.slow),
        pytest.param("saturated_pools io_stream", marks=pytest.mark.slow),
        pytest.param("powers io_parallel", marks=pytest.mark.slow),
        pytest.param("einsums io_parallel", marks=pytest.mark.slow),
        pytest.param("layernorms io_parallel", marks=pytest.mark.slow),
        pytest.param("saturated_powers io_stream", marks=pytest.mark.slow),
    ],
)
def test_all_levels_compute_the_same(name: str, tmp_path: Path) -> None:
    (sample,) = (s for s in samples() if f"{s.name} {s.io_type}" == name)
    graph = sample.graph(tmp_path / "project")
    design = hwcompile.compile(graph, tmp_path / "build", target_cycles=2000)
    inputs = inputs_of(import_model_graph(graph), 12, seed=1)
    outcome = design.verify(levels=LEVELS, inputs=dict(zip(graph.inputs, inputs, strict=True)))
    assert outcome.passed
