"""Kernels and foldings: targets are met at the lowest cost, neighbours agree where it pays."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from hwcompile.diagnostics import CompileError
from hwcompile.ir.graph import Graph
from hwcompile.ops.contract.site import StreamFormat
from hwcompile.ops.matmul.op import Matmul
from hwcompile.schedule.choose import assignment, folding, prices
from hwcompile.schedule.choose.choice import Choice
from hwcompile.schedule.choose.folding import choose
from hwcompile.schedule.choose.options import options_of
from hwcompile.schedule.choose.prices import Costs, generic_costs
from hwcompile.schedule.choose.stages import build_stages
from tests.schedule.fakes import Copy, Light, Net


def folds(graph: Graph, target: int | None, **fixed: int) -> dict[str, int]:
    prescribed = {name: Choice("core", {"parallel": p, "slow": 1}) for name, p in fixed.items()}
    chosen = choose(graph, target, prescribed)
    assert list(chosen) == [node.name for node in graph.nodes if node.op.family != "reshape"]
    return {name: int(choice.parameters["parallel"]) for name, choice in chosen.items()}


Joint = Callable[[StreamFormat, StreamFormat], float]


def use_joints(patch: pytest.MonkeyPatch, joint: Joint, lane: float | None = None) -> None:
    """Streams cost what `joint` says, and nodes so much per lane; None for what they take."""

    def costs(graph: Graph) -> Costs:
        own = generic_costs(graph).option
        per_lane = lane or 0.0
        return Costs(own if lane is None else lambda _, o: per_lane * o.built.lanes, joint)

    patch.setattr(folding, "generic_costs", costs)


def chain() -> Graph:
    net = Net((4, 4, 8))
    value = net.add(Light, "p", net.add(Copy, "a", "x"))
    return net.build(net.add(Copy, "b", value))


@pytest.mark.parametrize(("target", "parallel"), [(128, 1), (127, 2), (64, 2), (63, 4), (16, 8)])
def test_the_cheapest_folding_that_meets_the_target(target: int, parallel: int) -> None:
    assert folds(chain(), target) == {"a": parallel, "p": parallel, "b": parallel}


def test_a_pipe_follows_its_producer_even_to_odd_word_sizes() -> None:
    """3 is not in the kernels' spaces; the fixed core has it, so the pipe gets it too."""
    assert folds(chain(), 128, a=3) == {"a": 3, "p": 3, "b": 1}
    assert folds(chain(), 128, a=8) == {"a": 8, "p": 8, "b": 1}


def test_neighbours_agree_when_a_width_node_costs_more(monkeypatch: pytest.MonkeyPatch) -> None:
    use_joints(monkeypatch, lambda h, w: 0.0 if h.same_words(w) else 1000.0)
    assert folds(chain(), 128, a=8) == {"a": 8, "p": 8, "b": 8}
    assert folds(chain(), 128, b=4) == {"a": 4, "p": 4, "b": 4}


def test_two_branches_and_a_join() -> None:
    net = Net((4, 4, 8))
    a = net.add(Copy, "a", "x")
    left = net.add(Light, "left", a)
    right = net.add(Copy, "right", net.add(Copy, "middle", a))
    graph = net.build(net.add(Light, "sum", left, right))
    assert set(folds(graph, 40).values()) == {4}
    assert len(build_stages(graph, choose(graph, 40, {})).stages) == 5


def test_without_a_target_lanes_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    assert folds(chain(), None) == {"a": 8, "p": 8, "b": 8}
    monkeypatch.setattr(folding, "DEFAULT_LANES", 9)
    assert folds(chain(), None) == {"a": 4, "p": 4, "b": 4}
    assert folds(chain(), None, a=8) == {"a": 8, "p": 8, "b": 1}
    monkeypatch.setattr(folding, "DEFAULT_LANES", 0)
    assert folds(chain(), None) == {"a": 1, "p": 1, "b": 1}


def test_a_fixed_slow_node_sets_the_pace() -> None:
    chosen = choose(chain(), None, {"a": Choice("slow", {"parallel": 1, "slow": 7})})
    assert chosen["a"].parameters["slow"] == 7
    assert chosen["b"].parameters["parallel"] == 1


def test_a_target_out_of_reach_names_the_bottleneck() -> None:
    net = Net((4, 4, 8))
    wide = net.add(Copy, "a", "x")
    graph = net.build(wide)
    with pytest.raises(CompileError) as caught:
        choose(graph, 15, {})
    (finding,) = caught.value.diagnostics
    assert finding.code == "HW0401"
    assert finding.what == "node 'a' can not take a frame every 15 cycles"
    assert "kernel 'core' with parallel = 8, slow = 1, takes 16 cycles" in finding.why
    assert finding.fix == "a target of 16 cycles or more"
    assert finding.origin == graph.node("a").origin


def test_a_fixed_node_that_misses_the_target_is_named() -> None:
    with pytest.raises(CompileError, match="the schedule fixes kernel 'core' with parallel = 2"):
        folds(chain(), 20, b=2)


def test_a_node_without_kernels_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    net = Net((4, 4, 8))
    graph = net.build(net.add(Copy, "a", "x", "x"))
    monkeypatch.setattr("tests.schedule.fakes.Core.refuses", lambda *_: "it is tired")
    with pytest.raises(CompileError) as caught:
        options_of(graph, graph.node("a"))
    assert "'core': it is tired; 'slow': it takes one input" in str(caught.value)


def test_a_width_node_that_is_too_slow_is_avoided(monkeypatch: pytest.MonkeyPatch) -> None:
    use_joints(monkeypatch, lambda h, w: 0.0)
    assert folds(chain(), 128, a=8)["b"] == 1
    monkeypatch.setattr(assignment.Assignment, "_fast", lambda _, pair: pair[0].same_words(pair[1]))
    assert folds(chain(), 128, a=8)["b"] == 8


@pytest.mark.parametrize("seed", range(12))
def test_no_single_change_is_cheaper(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a graph with forks and joins, where the dynamic program alone is not exact."""
    table = np.random.default_rng(seed).integers(0, 900, size=(9, 9))
    np.fill_diagonal(table, 0)
    use_joints(monkeypatch, lambda h, w: float(table[h.parallel, w.parallel]), lane=34.0)
    net = Net((4, 4, 8))
    a = net.add(Copy, "a", "x")
    b, c = net.add(Copy, "b", a), net.add(Copy, "c", a)
    d = net.add(Copy, "d", b, c)
    graph = net.build(net.add(Copy, "e", d, a))

    def cost(parallel: dict[str, int]) -> float:
        total = 0.0
        for node in graph.nodes:
            total += 34 * parallel[node.name]
            for value in node.inputs:
                if value != "x":
                    total += table[parallel[value], parallel[node.name]]
        return total

    chosen = folds(graph, 128)
    for name in chosen:
        for other in (1, 2, 4, 8):
            assert cost({**chosen, name: other}) >= cost(chosen)


def test_lanes_of_matrices_are_near_the_optimum(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three layers where nothing but lanes counts, the lanes of all at most 10 % above
    rows * columns * vectors / target."""
    monkeypatch.setattr(prices, "LANE_COST", 100.0)
    net = Net((1, 1, 784))
    random = np.random.default_rng(3)
    value, sizes = "x", [(784, 256), (256, 100), (100, 10)]
    for k, m in sizes:
        weights = random.integers(-1, 2, size=(1, m, k))
        value = net.add(Matmul, f"fc{m}", value, weights=weights)
    graph = net.build(value)
    for target in (784, 300, 64):
        plan = build_stages(graph, choose(graph, target, {}))
        parts = [p for s in plan.stages for p in s.parts]
        assert all(p.built.timing.interval <= target for p in parts)
        lanes = sum(p.built.lanes for p in parts)
        assert lanes <= 1.1 * sum(-(-k * m // target) for k, m in sizes) + 4
