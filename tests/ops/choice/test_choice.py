"""Frames that take one of two branches: what comes out, and in which cycle, for any truths."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import hwcompile
from hwcompile.diagnostics import CompileError, Origin
from hwcompile.ir.graph import Builder, Graph
from hwcompile.ir.types import BIPOLAR, IntArray, IntType, TensorType
from hwcompile.ops.choice.op import Choose, Enter, Hold
from hwcompile.ops.matmul.op import Matmul
from hwcompile.schedule.branches import branches_of, computed_frames, truths_of
from hwcompile.schedule.planner import plan
from hwcompile.schedule.time.both_ways import both_ways, run_ends
from tests.kernelbench import random_frames

ORACLE = ("numpy", "hardware tools")
ORACLE_REASON = "frame by frame, as a program would; circuits are simulated beside it"

ORIGIN = Origin("file", "node", "If")
TRUTH = TensorType((1, 1, 1), IntType(0, 1))
ELEMENTS = (IntType(-8, 7), IntType(0, 5), BIPOLAR)


def matrix(rows: int, columns: int, seed: int) -> Matmul:
    return Matmul(np.random.default_rng(seed).integers(-4, 5, (1, rows, columns)))


def network(x: TensorType, kind: str, middle: int = 0) -> Graph:
    """One branch of two layers, or of none; what the others give is held, cheap, or x itself."""
    builder = Builder("gated")
    value, truth = builder.input("x", x), builder.input("c", TRUTH)

    def add(name: str, op: object, *inputs: str) -> str:
        return builder.add(name, op, inputs, ORIGIN)[0]  # type: ignore[arg-type]

    deep = add("gate", Enter(True), value, truth)
    if middle:
        deep = add("one", matrix(middle, x.channels, 1), deep)
        deep = add("two", matrix(x.channels, middle, 2), deep)
    if kind == "hold":
        return builder.build((add("y", Hold(1), deep, truth),))
    other = add("away", Enter(False), value, truth)
    if kind == "cheap":
        other = add("three", matrix(x.channels, x.channels, 3), other)
    return builder.build((add("y", Choose(), deep, other, truth),))


def nested() -> Graph:
    """A second choice inside the first branch."""
    builder = Builder("nested")
    x = builder.input("x", TensorType((1, 2, 3), IntType(-8, 7)))
    outer, inner = builder.input("c", TRUTH), builder.input("d", TRUTH)

    def add(name: str, op: object, *inputs: str) -> str:
        return builder.add(name, op, inputs, ORIGIN)[0]  # type: ignore[arg-type]

    first, truth = add("gate", Enter(True), x, outer), add("inside", Enter(True), inner, outer)
    yes = add("one", matrix(3, 3, 1), add("yes", Enter(True), first, truth))
    no = add("no", Enter(False), first, truth)
    both = add("both", Choose(), yes, no, truth)
    return builder.build((add("y", Hold(0), both, outer),))


def frames_of(graph: Graph, truths: list[int], seed: int = 1) -> dict[str, IntArray]:
    random = np.random.default_rng(seed)
    found = {n: random_frames(graph.types[n], len(truths), random) for n in graph.inputs}
    return {**found, "c": np.array(truths).reshape(-1, 1, 1, 1)}


def check_design(graph: Graph, folder: Path, runs: list[list[int]], parallel: int = 0) -> None:
    """Integers and every frame's cycles without stalls, integers with stalls on both sides."""
    names = [n.name for n in graph.nodes if n.name in ("gate", "away", "y")] if parallel else []
    kernels = {"gate": "drop", "away": "drop", "y": "held" if "away" not in names else "choose"}
    nodes = {name: {"kernel": kernels[name], "parallel": parallel} for name in names}
    design = hwcompile.compile_graph(graph, folder, schedule={"nodes": nodes})
    for number, truths in enumerate(runs):
        inputs = frames_of(graph, truths, number)
        for stall in (0.0, 0.5):
            found = design.verify(
                inputs=inputs, inputs_are="codes", stall=stall, boundaries=number == 0
            )
            assert found.passed, found


@given(st.lists(st.booleans(), min_size=1, max_size=9), st.sampled_from(ELEMENTS))
def test_results_are_those_of_a_program(truths: list[bool], element: IntType) -> None:
    kind = TensorType((2, 1, 3), element)
    random = np.random.default_rng(len(truths))
    a, b = (random_frames(kind, len(truths), random) for _ in range(2))
    c = np.array(truths, dtype=np.int64).reshape(-1, 1, 1, 1)
    (held,) = Hold(1).evaluate((kind, TRUTH), (a, c))
    (chosen,) = Choose().evaluate((kind, kind, TRUTH), (a, b, c))
    before = np.ones(kind.shape, dtype=np.int64)
    for number, truth in enumerate(truths):
        before = a[number] if truth else before
        np.testing.assert_array_equal(held[number], before)
        np.testing.assert_array_equal(chosen[number], a[number] if truth else b[number])


@settings(
    deadline=None,
    max_examples=2,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
@given(st.data())
def test_in_hardware(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Back to back, whatever the truths are; all and none of the frames among the runs."""
    height, width, channels = (data.draw(st.integers(1, most)) for most in (3, 2, 4))
    x = TensorType((height, width, channels), data.draw(st.sampled_from(ELEMENTS)))
    kind = data.draw(st.sampled_from(("hold", "cheap", "same")))
    parallel = data.draw(st.sampled_from([p for p in range(1, channels + 1) if channels % p == 0]))
    graph = network(x, kind, data.draw(st.integers(0, 5)))
    some = data.draw(st.lists(st.integers(0, 1), min_size=9, max_size=9))
    folder = tmp_path_factory.mktemp("choice") / "build"
    check_design(graph, folder, [some, [1] * 5, [0] * 5], parallel)


def test_a_choice_inside_a_branch(tmp_path: Path) -> None:
    check_design(nested(), tmp_path / "build", [[1, 0, 1, 1, 0, 0, 1, 1], [0, 1, 1]])


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(0, 1), min_size=2, max_size=12), st.sampled_from(("hold", "cheap")))
def test_no_run_is_later_than_the_slowest_or_sooner_than_the_fastest(
    truths: list[int], kind: str
) -> None:
    graph = network(TensorType((2, 3, 4), IntType(-8, 7)), kind, 5)
    planned, prediction = plan(graph, target_cycles=40)
    ends = run_ends(planned, {"c": np.array(truths)})
    every, none = (run_ends(planned, {"c": np.full(len(truths), n)}) for n in (1, 0))
    assert (ends <= prediction.ends.first(len(truths))).all()
    assert (ends >= np.minimum(every, none)).all()
    ways = both_ways(planned)
    assert ways is not None
    assert ways.taken.latency == every[0] + 1
    assert ways.other.latency == none[0] + 1


def test_values_know_the_frames_that_they_are_computed_on() -> None:
    graph = nested()
    assert truths_of(graph) == ("c", "inside")
    assert branches_of(graph)["one"] == (("c", True), ("inside", True))
    truths = {"c": np.array([1, 1, 0, 1]), "inside": np.array([1, 0, 1, 0])}
    found = computed_frames(graph, truths, 4)
    assert found["one"].tolist() == [True, False, False, False]
    assert found["no"].tolist() == [False, True, False, True]
    assert "y" not in found


def test_frames_of_unlike_branches_do_not_meet() -> None:
    x = TensorType((1, 2, 3), IntType(-8, 7))
    leaving = Builder("leaving")
    gate = leaving.add(
        "gate", Enter(True), (leaving.input("x", x), leaving.input("c", TRUTH)), ORIGIN
    )
    ungated = Builder("ungated")
    held = ungated.add("y", Hold(0), (ungated.input("x", x), ungated.input("c", TRUTH)), ORIGIN)
    for graph, words in (
        (leaving.build(gate), "leaves the network"),
        (ungated.build(held), "frames of different branches"),
    ):
        with pytest.raises(CompileError, match=words):
            branches_of(graph)


def test_a_branch_does_not_remember() -> None:
    builder = Builder("twice")
    x, c = builder.input("x", TensorType((1, 2, 3), IntType(0, 3))), builder.input("c", TRUTH)
    (gated,) = builder.add("gate", Enter(True), (x, c), ORIGIN)
    (truth,) = builder.add("truth", Enter(True), (c, c), ORIGIN)
    (again,) = builder.add("again", Enter(True), (gated, truth), ORIGIN)
    (inner,) = builder.add("inner", Hold(0), (again, truth), ORIGIN)
    graph = builder.build(builder.add("y", Hold(0), (inner, c), ORIGIN))
    with pytest.raises(CompileError, match="it remembers"):
        branches_of(graph)


def test_what_is_no_truth_is_refused() -> None:
    x = TensorType((1, 2, 3), BIPOLAR)
    for truth in (TensorType((1, 1, 1), IntType(0, 2)), TensorType((1, 1, 1), BIPOLAR), x):
        for op, inputs in ((Enter(True), (x, truth)), (Choose(), (x, x, truth))):
            assert "a truth is one element, 0 or 1" in op.problems(inputs)[0]
    assert Enter(False).problems((x,)) == ["takes two inputs, not 1"]
    assert Choose().problems((x, TRUTH)) == ["takes three inputs, not 2"]
    assert "equal shapes" in Choose().problems((x, TRUTH, TRUTH))[0]
    assert "not 0" in Hold(0).problems((x, TRUTH))[0]
