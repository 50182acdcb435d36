"""Grouped convolutions between one group at a time and all groups of a pixel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import hwcompile
from hwcompile.diagnostics import Origin
from hwcompile.ir.graph import Builder, Graph
from hwcompile.ir.types import IntType, TensorType
from hwcompile.ops.conv.op import Conv
from hwcompile.ops.threshold.op import Threshold
from hwcompile.passes.pipelines import LOWERING, run_passes
from hwcompile.schedule.planner import plan

ORACLE = "this project"
ORACLE_REASON = "`Conv.evaluate` is held to ONNX Runtime elsewhere; here its circuits are"


def grouped(groups: int, size: int, rows: int, side: int) -> Graph:
    """A 3 x 3 convolution of groups of `size` channels in, `rows` out, and its quantizer."""
    rng = np.random.default_rng(groups)
    builder = Builder("grouped")
    value = builder.input("x", TensorType((side, side, groups * size), IntType(0, 15)))
    weights = rng.integers(-3, 4, (groups * rows, 3, 3, size))
    conv = Conv(weights, groups, (1, 1), (1, 1), (1, 1, 1, 1), 0)
    (value,) = builder.add("conv", conv, (value,), Origin("model", "conv", "Conv"))
    table = np.sort(rng.integers(-150, 150, (groups * rows, 3)), axis=1)
    base, slope = np.zeros(len(table), dtype=np.int64), np.ones(len(table), dtype=np.int64)
    quantizer = Threshold(table, base, slope, IntType(0, 3))
    (value,) = builder.add("act", quantizer, (value,), Origin("model", "act", "Quant"))
    return run_passes(builder.build((value,)), LOWERING)


def test_as_many_groups_at_a_time_as_a_target_needs() -> None:
    """64 channels in 16 groups of 4 on 8 x 8 pixels."""
    graph = grouped(16, 4, 4, 8)
    lanes = {}
    for target in (1024, 512, 256, 128, 64):
        planned, prediction = plan(graph, target_cycles=target)
        assert prediction.interval == target
        built = [part.built for stage in planned.stages for part in stage.parts]
        lanes[target] = sum(each.lanes for each in built)
    assert lanes == {1024: 144, 512: 288, 256: 576, 128: 1152, 64: 2304}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("groups", "size", "rows", "target"), [(6, 2, 3, 75), (4, 1, 3, 50), (9, 3, 2, 75)]
)
def test_rtl_and_cpp_equal_the_reference(
    tmp_path: Path, groups: int, size: int, rows: int, target: int
) -> None:
    """Groups of several channels, and a depth multiplier; cycles are measured as predicted."""
    graph = grouped(groups, size, rows, 5)
    design = hwcompile.compile_graph(graph, tmp_path / "b", target_cycles=target)
    parameters = [node["parameters"] for node in design.report["nodes"]]
    assert any(1 < found.get("groups", 0) < groups for found in parameters)
    found = design.verify(levels=("rtl", "hls"), frames=5)
    assert found.passed, found.findings
