"""Stages and links: fused pipes, forks, vanished reshapes, inserted width nodes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hwcompile.diagnostics import InternalError
from hwcompile.ir.graph import Graph, Node
from hwcompile.ir.types import BIPOLAR
from hwcompile.ir.verify import verify
from hwcompile.ops.reshape.op import Reshape
from hwcompile.schedule.choose.choice import Choice
from hwcompile.schedule.choose.stages import build_stages
from hwcompile.schedule.plan import Plan
from tests.schedule.fakes import Copy, Light, Net


def build(graph: Graph, **parallel: int) -> Plan:
    kinds = {"fakecore": "core", "fakepipe": "pipe"}
    choices = {
        node.name: Choice(kinds[node.op.family], {"parallel": parallel[node.name]})
        for node in graph.nodes
        if node.op.family in kinds
    }
    return build_stages(graph, choices)


def shape(plan: Plan) -> list[list[str]]:
    return [[part.node.name for part in stage.parts] for stage in plan.stages]


def names(plan: Plan) -> list[str]:
    return [link.name for link in plan.links]


def check_meaning(graph: Graph, plan: Plan) -> None:
    verify(plan.graph)
    x = np.random.default_rng(1).integers(0, 4, size=(2, *graph.types["x"].shape))
    want = graph.evaluate({"x": x})
    have = plan.graph.evaluate({"x": x})
    assert want.keys() == have.keys()
    assert all(np.array_equal(want[name], have[name]) for name in want)


def test_pipes_join_the_core_before_them() -> None:
    net = Net()
    a = net.add(Copy, "a", "x")
    p = net.add(Light, "p", a)
    q = net.add(Light, "q", p)
    graph = net.build(net.add(Copy, "b", q))
    plan = build(graph, a=4, p=4, q=4, b=4)
    assert shape(plan) == [["a", "p", "q"], ["b"]]
    assert names(plan) == ["x__q", "q__b", "b__out:0"]
    assert [s.name for s in plan.stages] == ["q", "b"]
    assert plan.stages[0].inputs == ("x",)
    assert plan.stages[0].registers == 2 + 3 + 3
    check_meaning(graph, plan)


def test_a_pipe_at_an_input_heads_its_own_stage() -> None:
    net = Net()
    graph = net.build(net.add(Light, "q", net.add(Light, "p", "x")))
    plan = build(graph, p=8, q=8)
    assert shape(plan) == [["p", "q"]]
    assert plan.stages[0].registers == 6
    assert plan.inputs[0].parallel == 8


def test_a_fork_ends_a_stage_and_gives_one_link_per_reader() -> None:
    net = Net()
    a = net.add(Copy, "a", "x")
    p = net.add(Light, "p", a)
    both = net.add(Light, "both", a, p)
    graph = net.build(p, both, p)
    plan = build(graph, a=2, p=2, both=2)
    assert shape(plan) == [["a"], ["p"], ["both"]]
    assert names(plan) == [
        "x__a", "a__p", "a__both", "p__both:1", "p__out:0", "p__out:2", "both__out:1",
    ]  # fmt: skip
    check_meaning(graph, plan)


def test_one_node_may_read_a_value_twice() -> None:
    net = Net()
    plan = build(net.build(net.add(Copy, "a", "x", "x")), a=2)
    assert names(plan) == ["x__a", "x__a:1", "a__out:0"]


def test_an_input_that_is_an_output_too() -> None:
    net = Net()
    graph = net.build("x", net.add(Copy, "a", "x"))
    plan = build(graph, a=2)
    assert names(plan) == ["x__a", "x__out:0", "a__out:1"]
    assert plan.inputs[0].parallel == 2
    alone = build_stages(Net().build("x"), {})
    assert names(alone) == ["x__out:0"]
    assert alone.inputs[0].parallel == 8


def test_width_nodes_join_different_words_and_are_shared() -> None:
    net = Net()
    a = net.add(Copy, "a", "x")
    outs = [net.add(Copy, name, a) for name in ("b", "c", "d")]
    graph = net.build(*outs)
    plan = build(graph, a=4, b=2, c=2, d=4)
    assert shape(plan) == [["a"], ["a_width1"], ["b"], ["c"], ["d"]]
    assert names(plan)[1:5] == ["a__a_width1", "a__d", "a_width1__b", "a_width1__c"]
    width = plan.graph.node("a_width1")
    assert width.origin == plan.graph.node("a").origin
    assert plan.link_to("a_width1", 0).format.parallel == 4
    assert plan.link_to("b", 0).format.parallel == 2
    check_meaning(graph, plan)


def test_a_pipe_behind_a_width_node_joins_its_stage() -> None:
    net = Net()
    graph = net.build(net.add(Light, "p", net.add(Copy, "a", "x")))
    plan = build(graph, a=4, p=3)
    assert shape(plan) == [["a"], ["a_width1", "p"]]
    check_meaning(graph, plan)


def test_the_first_reader_of_an_input_decides_its_words() -> None:
    net = Net()
    graph = net.build(net.add(Copy, "a", "x"), net.add(Copy, "b", "x"))
    plan = build(graph, a=4, b=8)
    assert plan.inputs[0].parallel == 4
    assert shape(plan) == [["a"], ["x_width1"], ["b"]]
    assert plan.graph.node("x_width1").origin == graph.node("b").origin
    check_meaning(graph, plan)


def test_reshapes_are_no_hardware() -> None:
    net = Net()
    a = net.add(Copy, "a", "x")
    flat = net.add(Reshape, "flat", a, shape=(1, 1, 128))
    p = net.add(Light, "p", flat)
    graph = net.build(net.add(Reshape, "back", p, shape=(2, 8, 8)))
    plan = build(graph, a=4, p=4)
    assert shape(plan) == [["a", "p"]]
    assert names(plan) == ["x__p", "p__out:0"]
    check_meaning(graph, plan)
    plan = build(graph, a=3, p=4)  # ragged vectors: the words differ
    assert shape(plan) == [["a"], ["flat_width1", "p"]]
    assert names(plan)[1] == "a__p"
    assert plan.stages[1].parts[0].node.inputs == ("a",)
    assert plan.graph.types["flat_width1"].shape == (1, 1, 128)
    check_meaning(graph, plan)


def test_names_stay_unique() -> None:
    net = Net()
    taken = net.add(Copy, "x_width1", "x")
    graph = net.build(taken, net.add(Copy, "b", "x"))
    plan = build(graph, x_width1=4, b=8)
    assert shape(plan) == [["x_width1"], ["x_width2"], ["b"]]


def test_what_a_stage_can_not_be() -> None:
    """Two outputs, and a reader that takes the words for others than they are."""
    net = Net()
    graph = net.build(net.add(Copy, "b", net.add(Copy, "a", "x")))
    first, second = graph.nodes
    types = {**graph.types, "z": graph.types["x"]}
    two = replace(graph, nodes=(replace(first, outputs=("a", "z")), second), types=types)
    with pytest.raises(InternalError, match="2 outputs"):
        build(two, a=4, b=4)
    wide = replace(graph, types={**graph.types, "flat": graph.types["a"].with_element(BIPOLAR)})
    reshape = Node("flat", Reshape((4, 4, 8)), ("a",), ("flat",), first.origin)
    wide = replace(wide, nodes=(first, reshape, replace(second, inputs=("flat",))))
    with pytest.raises(InternalError, match=r"reads 'flat' as bipolar, but it is int\[0,3\]"):
        build(wide, a=4, b=4)
