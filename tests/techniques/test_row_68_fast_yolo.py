"""Fast YOLO (1709.05943): a motion map decides whether a deep network looks at a frame at all.

A frame that is skipped gives the result that is held, after the gate's latency alone.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.techniques_networks.gated import video
from hwcompile.emit.opened import read_plan
from hwcompile.ops.choice.op import Choose, Enter, Hold
from hwcompile.ops.matmul.op import Matmul
from hwcompile.schedule.branches import branches_of, truths_of
from hwcompile.schedule.time.both_ways import run_ends
from tests.techniques.rows import check_network, network_of

ORACLE = ("ONNX Runtime", "the paper")
ORACLE_REASON = "its If runs one branch; fed back, its results are what the hardware holds"


@pytest.mark.slow
def test_a_frame_without_motion_gives_the_result_beside_it(tmp_path: Path) -> None:
    found = check_network(network_of(68, "come in"), tmp_path)
    assert {type(one.op) for one in found.parts} >= {Enter, Choose}


def test_the_hardware_holds_the_result_of_an_earlier_frame(tmp_path: Path) -> None:
    """Cycles of both paths, and of a film in which some frames move: all as predicted."""
    found = check_network(network_of(68, "held"), tmp_path)
    assert {type(one.op) for one in found.parts} >= {Enter, Hold}
    design = found.design
    ways = design.report["design"]["ways"]
    plan = read_plan(design.directory)
    branches = branches_of(plan.graph)
    deep = [node for node in plan.graph.nodes if branches[node.outputs[0]]]
    assert sum(isinstance(node.op, Matmul) for node in deep) == 2
    (truth,) = truths_of(plan.graph)
    film = video(tmp_path)
    moving, still = film["x"], np.repeat(film["x"][:1], len(film["x"]), axis=0)
    for x, reference, way in ((moving, -moving, "taken"), (still, still, "other")):
        inputs = {"x": x, "reference": reference}
        verified = design.verify(inputs=inputs)
        assert verified.passed
        (timing,) = verified.timings.values()
        assert timing.latency == (ways[way]["latency_cycles"],) * 2
        number = int(way == "taken")
        ends = run_ends(plan, {truth: np.full(len(x), number)})
        np.testing.assert_array_equal(timing.measured, ends)
        assert ends[-1] - ends[-2] == ways[way]["interval_cycles"]
    assert ways["other"]["latency_cycles"] < ways["taken"]["latency_cycles"]
