"""Cycles of whole plans, by hand; deadlocks and what is said about them."""

from __future__ import annotations

import numpy as np
import pytest

from hwcompile.diagnostics import CompileError, InternalError
from hwcompile.ops.contract.timing import single
from hwcompile.schedule.choose.choice import Choice
from hwcompile.schedule.choose.stages import build_stages
from hwcompile.schedule.plan import Plan
from hwcompile.schedule.time.depths import with_depths
from hwcompile.schedule.time.tokens import simulate
from tests.schedule.fakes import Built, Copy, Light, Net, Whole

KERNELS = {"fakecore": "core", "fakepipe": "pipe", "fakewhole": "whole"}


def plan_of(net: Net, *outputs: str, slow: int = 1, parallel: int = 8) -> Plan:
    graph = net.build(*outputs)
    extra = {"fakecore": {"slow": slow}}
    choices = {
        n.name: Choice(KERNELS[n.op.family], {"parallel": parallel, **extra.get(n.op.family, {})})
        for n in graph.nodes
    }
    return build_stages(graph, choices)


def deep(plan: Plan, **depths: int) -> Plan:
    return with_depths(plan, {link.name: depths.get(link.name, 20) for link in plan.links})


def test_a_core_with_a_pipe() -> None:
    """Accept in 0, available in 1, start in 1, five registers, out of the FIFO in 1 + 5 + 1."""
    net = Net((1, 4, 8))
    plan = deep(plan_of(net, net.add(Light, "p", net.add(Copy, "a", "x")), slow=3))
    trace = simulate(plan, 2)
    assert trace.accepted["x"].tolist() == list(range(8))
    assert trace.links["x__p"].freed.tolist() == [1, 4, 7, 10, 13, 16, 19, 22]
    assert trace.delivered[0].tolist() == [7, 10, 13, 16, 19, 22, 25, 28]
    assert trace.latency == 17
    assert trace.frame_ends.tolist() == [16, 28]
    assert trace.frame_starts.tolist() == [0, 4]
    assert trace.cycles == {"x": 4, "p": 12, "output p": 4}


def test_a_pipe_alone_issues_one_word_per_cycle() -> None:
    net = Net((1, 4, 8))
    trace = simulate(deep(plan_of(net, net.add(Light, "p", "x"))), 1)
    assert trace.delivered[0].tolist() == [5, 6, 7, 8]


def test_block_ram_costs_a_cycle() -> None:
    net = Net((1, 4, 800))
    plan = plan_of(net, net.add(Light, "p", "x"), parallel=800)
    late = with_depths(plan, {"x__p": 65, "p__out:0": 2})
    assert [link.block for link in late.links] == [True, False]
    assert simulate(deep(plan), 1).delivered[0].tolist() == [5, 6, 7, 8]
    assert simulate(late, 1).delivered[0][0] == 6


def test_two_places_throttle_a_stage_with_five_registers() -> None:
    """A place is free again 7 cycles after the start: 5 registers, the FIFO, the next cycle."""
    net = Net((1, 4, 8))
    plan = plan_of(net, net.add(Light, "p", net.add(Copy, "a", "x")))
    trace = simulate(deep(plan, **{"p__out:0": 2}), 1)
    assert trace.links["p__out:0"].started.tolist() == [1, 2, 8, 9]
    assert trace.delivered[0].tolist() == [7, 8, 14, 15]


def test_all_readers_of_an_input_hold_it_up() -> None:
    net = Net((1, 4, 8))
    a, b = net.add(Copy, "a", "x"), net.add(Light, "b", "x")
    plan = plan_of(net, a, b, slow=5)
    trace = simulate(deep(plan, x__a=1), 1)
    assert trace.accepted["x"].tolist() == [0, 2, 7, 12]
    assert trace.links["x__b"].started.tolist() == [0, 2, 7, 12]


def test_input_words_may_come_late() -> None:
    net = Net((1, 4, 8))
    plan = deep(plan_of(net, net.add(Light, "p", "x")))
    trace = simulate(plan, 1, input_cycles={"x": np.array([3, 3, 10, 11])})
    assert trace.accepted["x"].tolist() == [3, 4, 10, 11]
    assert trace.latency == 11 - 3 + 1 + 5


def test_a_core_that_gathers_a_frame() -> None:
    net = Net((1, 4, 8))
    trace = simulate(deep(plan_of(net, net.add(Whole, "w", "x"))), 1)
    # The last word is accepted in 3, written in 4, readable in 5; one register.
    assert trace.delivered[0].tolist() == [7, 8, 9, 10]
    assert trace.buffers["w.frame"].occupancy == 4
    assert set(trace.cycles) == {"x", "w.write", "w.read", "output w"}


def residual() -> Plan:
    net = Net((1, 6, 8))
    return plan_of(net, net.add(Light, "sum", net.add(Whole, "w", "x"), "x"))


def test_a_short_fifo_beside_a_long_path_is_a_deadlock() -> None:
    assert simulate(deep(residual(), **{"x__sum:1": 6}), 3).delivered[0].size == 18
    with pytest.raises(CompileError) as caught:
        simulate(deep(residual(), **{"x__sum:1": 5}), 3)
    (finding,) = caught.value.diagnostics
    assert finding.code == "HW0403"
    assert finding.why.split("; ") == [
        "'x' waits for 'sum', as FIFO 'x__sum:1' is full with 5 words",
        "'sum' waits for 'w.read', as FIFO 'w__sum' is empty",
        "'w.read' waits for 'w.write', as buffer 'w.frame' is empty",
        "'w.write' waits for 'x', as FIFO 'x__w' is empty",
    ]
    assert finding.fix == "a larger depth for 'x__sum:1'"


def test_frames_are_counted() -> None:
    with pytest.raises(ValueError, match="at least one frame"):
        simulate(residual(), 0)


def test_a_kernel_that_miscounts_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    ones = np.ones(3, dtype=np.int64)
    monkeypatch.setattr(Built, "timing", single({"in0": ones}, ones, 1))
    net = Net((1, 4, 8))
    plan = plan_of(net, net.add(Copy, "a", "x"))
    with pytest.raises(InternalError, match="'a' takes 3 tokens of 'x__a' per frame, not 4"):
        simulate(plan, 1)
