"""Predicted frame ends against RTL, with parts that do not meet, several inputs and outputs.

The oracle is Verilator's simulation of the emitted design: the cycles of its transfers.
"""

from __future__ import annotations

import copy
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hwcompile
from hwcompile.build_directory import update_report
from hwcompile.diagnostics import CompileError, Origin
from hwcompile.emit.opened import read_plan
from hwcompile.ir.graph import Builder, Graph
from hwcompile.ir.types import IntType, TensorType
from hwcompile.ops import family
from hwcompile.ops.elementwise.op import Linear
from hwcompile.ops.matmul.op import Matmul
from hwcompile.passes.pipelines import LOWERING, run_passes
from hwcompile.schedule.choose.choice import site_of
from hwcompile.verify.levels import idle_limit, run_rtl
from hwcompile.verify.simulator import MAX_IDLE_CYCLES
from hwcompile.verify.sources import FrameSource
from hwcompile.verify.verification import Comparison

ORIGIN = Origin("random.onnx", "layer", "MatMul")


def layer(builder: Builder, value: str, size: int, rng: np.random.Generator) -> str:
    """A fully connected layer of so many outputs."""
    fan_in = builder.types[value].channels
    weights = rng.integers(-2, 3, (1, size, fan_in))
    return builder.add("layer", Matmul(weights), (value,), ORIGIN)[0]


def chains(*sizes: tuple[int, ...]) -> Graph:
    """Chains of fully connected layers that do not meet, one for each list of sizes."""
    rng = np.random.default_rng(3)
    builder, outputs = Builder("chains"), []
    for index, (first, *others) in enumerate(sizes):
        value = builder.input(f"x{index}", TensorType((1, 1, first), IntType(-3, 3)))
        for size in others:
            value = layer(builder, value, size, rng)
        outputs.append(value)
    return builder.build(tuple(outputs))


def random_graph(rng: np.random.Generator) -> Graph:
    """One to three parts of one to five layers, where streams fork, meet again, and leave."""
    builder, outputs = Builder("random"), []
    for part in range(int(rng.integers(1, 4))):
        pixels = int(rng.integers(1, 4))
        kind = TensorType((1, pixels, int(rng.integers(2, 8))), IntType(-1, 1))
        values = [builder.input(f"x{part}", kind)]
        for _ in range(int(rng.integers(1, 6))):
            a, b = (values[int(i)] for i in rng.integers(0, len(values), 2))
            if a != b and builder.types[a].shape == builder.types[b].shape:
                op = Linear((1, -2), 3)
                values.append(builder.add("sum", op, (a, b), ORIGIN)[0])
            elif builder.types[a].element.bits < 16:
                values.append(layer(builder, a, int(rng.integers(2, 10)), rng))
        used = {v for node in builder.nodes for v in node.inputs}
        outputs += [value for value in values if value not in used]
    return builder.build(tuple(outputs))


def foldings(graph: Graph, rng: np.random.Generator) -> dict[str, dict[str, int | str]]:
    """A random kernel and folding for every node that is left after lowering, which prunes."""
    graph = run_passes(graph, LOWERING)
    found: dict[str, dict[str, int | str]] = {}
    for node in graph.nodes:
        site = site_of(graph, node)
        able = [k for k in family(node.op.family).kernels if k.refuses(site) is None]
        options = [{"kernel": k.name, **p} for k in able for p in k.space(site)]
        found[node.name] = options[int(rng.integers(len(options)))]
    return found


def check(design: hwcompile.design.Design, frames: int) -> None:
    outcome = design.verify(frames=frames)
    assert outcome.passed, outcome.lines()
    if not design.report["design"]["data_dependent"]:
        assert outcome.interval[0] == outcome.interval[1]
        assert outcome.latency[0] == outcome.latency[1]


def test_parts_that_do_not_meet_end_as_predicted_before_and_after_they_settle(
    tmp_path: Path,
) -> None:
    """A short chain of 45 cycles, a longer one of 44: the longer ends last until frame 57."""
    design = hwcompile.compile_graph(chains((9, 5), (11, 4, 11)), tmp_path / "b", target_cycles=45)
    assert design.report["design"]["interval_cycles"]["predicted"] == 45
    intervals = []
    for frames in (2, 20, 80):
        check(design, frames)
        intervals.append(design.verify(frames=frames).interval)
    assert intervals == [(44, 44), (44, 44), (45, 45)]
    assert design.report["design"]["interval_cycles"]["measured"] == 45


def test_a_prediction_that_is_wrong_by_one_cycle_per_frame_fails(tmp_path: Path) -> None:
    graph = chains((9, 5), (11, 4, 11))
    design = hwcompile.compile_graph(graph, tmp_path / "b", target_cycles=45)
    rng = np.random.default_rng(0)
    inputs = {n: rng.integers(-3, 4, (3, *graph.types[n].shape)) for n in graph.inputs}
    for later, passed in ((44, True), (45, False), (43, False)):
        data = copy.deepcopy(design.report["design"])
        data["frame_ends"]["outputs"][1][-1]["later"] = later
        plan = partial(read_plan, design.directory)
        outcome = Comparison(design.graph, design.interface, data, plan).of(
            ("reference", "rtl"),
            inputs,
            lambda level: run_rtl(design.directory, FrameSource.of(inputs)),
            timed=True,
            boundaries=False,
        )
        assert outcome.passed == passed, outcome.lines()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(40))
def test_random_graphs_end_every_frame_as_predicted(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    graph = random_graph(rng)
    schedule: dict[str, object] = {"nodes": foldings(graph, rng)}
    design = hwcompile.compile_graph(graph, tmp_path / "free", schedule=schedule)
    check(design, 40)
    # FIFOs of other depths: too small, so that frames take turns, and too large.
    names = [link["name"] for link in design.report["links"]]
    depths = {name: {"depth": int(rng.choice([2, 3, 5, 40]))} for name in names}
    try:
        other = hwcompile.compile_graph(
            graph, tmp_path / "odd", schedule={**schedule, "links": depths}
        )
    except CompileError as error:
        if error.diagnostics[0].code != "HW0403":  # paths that meet can need deeper FIFOs
            raise
    else:
        check(other, 60)


def test_a_long_silent_frame_is_no_deadlock(tmp_path: Path) -> None:
    """A frame of 2**32 cycles may show nothing for longer than a small one takes in all."""
    builder = Builder("slow")
    value = builder.input("x", TensorType((1, 1, 5), IntType(-3, 3)))
    graph = builder.build((layer(builder, value, 4, np.random.default_rng(3)),))
    design = hwcompile.compile_graph(graph, tmp_path / "build", target_cycles=20)
    assert idle_limit(design.directory) == MAX_IDLE_CYCLES

    def slow(report: dict[str, Any]) -> None:
        report["design"]["interval_cycles"]["predicted"] = 4_613_734_400

    update_report(design.directory, slow)
    assert idle_limit(design.directory) > 4_613_734_400
