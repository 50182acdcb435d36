"""Sparse networks whose neurons are truth tables, against the executor and against lanes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import hwcompile
from hwcompile.diagnostics import CompileError
from tests.e2e.oracles import Array, qonnx_outputs
from tests.models import ROOT

ORACLE = "QONNX executor"

JETS = ROOT / "examples" / "jets"
LAYERS = ("layer0_act", "layer1_act", "layer2_act", "scores")
LEVELS = ("reference", "hls", "rtl")


@pytest.fixture(scope="module")
def features() -> Array:
    """Points that the example keeps for tests."""
    found: Array = np.load(JETS / "test_points.npz")["features"]
    return found


def kernels(design: hwcompile.Design) -> dict[str, str]:
    return {node["name"]: node["kernel"] for node in design.report["nodes"]}


@pytest.mark.parametrize("name", ["jets_float", "jets_w4"])
def test_every_level_computes_what_the_executor_does(
    name: str, features: Array, tmp_path: Path
) -> None:
    design = hwcompile.compile(JETS / f"{name}.onnx", tmp_path / "out", fastest=True)
    assert set(kernels(design).values()) == {"truth_table.truth_table"}
    inputs = tmp_path / "features.npy"
    np.save(inputs, features)
    assert design.verify(levels=LEVELS, inputs=inputs).passed
    (found,) = design.simulate(features).real.values()
    np.testing.assert_array_equal(found, qonnx_outputs(JETS / f"{name}.onnx", features))
    cycles = design.report["design"]["interval_cycles"], design.report["design"]["latency_cycles"]
    assert [part["measured"] for part in cycles] == [1, 7]


def test_the_planner_takes_tables_where_lanes_are_larger_or_too_slow(tmp_path: Path) -> None:
    model = JETS / "jets_w4.onnx"
    slow = hwcompile.compile(model, tmp_path / "slow", target_cycles=2000)
    assert "truth_table.truth_table" not in kernels(slow).values()
    quick = hwcompile.compile(model, tmp_path / "quick", target_cycles=1)
    assert set(kernels(quick)) == set(LAYERS)
    board = hwcompile.compile(model, tmp_path / "board", board="ulx3s_25")
    assert set(kernels(board)) == set(LAYERS)


def test_a_schedule_says_which_layers_are_tables(features: Array, tmp_path: Path) -> None:
    model = JETS / "jets_w4.onnx"
    lanes = {"kernel": "sparse", "pes": 1}
    asked = {"nodes": {"layer1": {"kernel": "truth_table"}, "layer2": lanes}}
    mixed = hwcompile.compile(model, tmp_path / "mixed", schedule=asked, target_cycles=64)
    found = kernels(mixed)
    assert found["layer1_act"] == "truth_table.truth_table"
    assert found["layer2"] == "matmul.sparse"
    again = hwcompile.compile(model, tmp_path / "again", schedule=mixed.directory / "schedule.toml")
    assert again.report["nodes"] == mixed.report["nodes"]
    inputs = tmp_path / "features.npy"
    np.save(inputs, features[:50])
    assert again.verify(levels=LEVELS, inputs=inputs).passed
    tables = hwcompile.compile(model, tmp_path / "tables", fastest=True)
    np.testing.assert_array_equal(
        again.simulate(features).raw["scores"],
        tables.simulate(features).raw["scores"],
    )


def test_a_layer_that_reads_too_much_is_refused_with_figures(tmp_path: Path) -> None:
    model = ROOT / "examples" / "digits" / "digits_mlp_w1a1.onnx"
    name = next(iter(kernels(hwcompile.compile(model, tmp_path / "lanes"))))
    asked = {"nodes": {name: {"kernel": "truth_table"}}}
    with pytest.raises(CompileError) as caught:
        hwcompile.compile(model, tmp_path / "out", schedule=asked)
    (finding,) = caught.value.diagnostics
    assert finding.code == "HW0402"
    assert "a neuron reads 256 bits, so its table has 2^256 entries (at most 2^16)" in str(finding)
