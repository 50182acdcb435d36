"""Sized FIFOs reach the smallest interval, do not deadlock, and are not absurdly deep."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hwcompile.diagnostics import CompileError
from hwcompile.ir.graph import Builder
from hwcompile.ir.types import IntType
from hwcompile.ops.contract.site import StreamFormat
from hwcompile.ops.contract.timing import single
from hwcompile.schedule.plan import Link, Plan
from hwcompile.schedule.time.depths import in_block, size_links, size_network, with_depths
from hwcompile.schedule.time.network import Network, build_network
from hwcompile.schedule.time.prediction import predict
from hwcompile.schedule.time.tokens import simulate, simulate_network
from tests.schedule.fakes import BuiltPipe, Copy, Light, Net, Whole
from tests.schedule.networks import networks
from tests.schedule.time.test_tokens import plan_of, residual


def bare(network: Network) -> tuple[Network, Plan]:
    """A plan with the links of a random network, whose delays become those of links."""
    form = {
        name: StreamFormat(1, c.tokens, 1, IntType(0, 3))
        for name, c in network.channels.items()
        if c.link
    }
    links = tuple(Link(name, None, 0, f, 2) for name, f in form.items())
    plan = Plan(Builder("none").build(()), (), links, ())
    channels = {
        f"{n}__out:0" if c.link else n: replace(c, name=f"{n}__out:0" if c.link else n)
        for n, c in network.channels.items()
    }
    ends = {n: f"{n}__out:0" if c.link else n for n, c in network.channels.items()}
    processes = tuple(
        replace(
            p,
            reads={ends[n]: a for n, a in p.reads.items()},
            writes={ends[n]: t for n, t in p.writes.items()},
        )
        for p in network.processes
    )
    outputs = tuple(ends[n] for n in network.outputs)
    return Network(channels, processes, ("p0",), outputs), plan


@settings(max_examples=150, deadline=None)
@given(network=networks(max_phases=12), data=st.data())
def test_sized_networks_are_as_fast_as_unbounded_ones(
    network: Network, data: st.DataObject
) -> None:
    channels = dict(network.channels)
    if data.draw(st.booleans()):
        channels = {n: replace(c, link=True) for n, c in channels.items()}
    channels[network.outputs[0]] = replace(channels[network.outputs[0]], link=True)
    first = next(iter(network.processes[0].writes))
    channels[first] = replace(channels[first], link=True)
    network, plan = bare(replace(network, channels=channels))
    free = network.with_links(plan).unbounded()
    try:
        ends = simulate_network(free, 40).frame_ends
    except CompileError:
        assume(False)
    sized = size_network(network, plan, {})
    bounded = simulate_network(network.with_links(sized), 80)
    best = (ends[-1] - ends[-13]) / 12
    reached = (bounded.frame_ends[-1] - bounded.frame_ends[-13]) / 12
    assert reached <= max(best, network.bound) + 1e-9


def test_a_residual_block_gets_the_depth_it_needs() -> None:
    plan = size_links(residual())
    depths = {link.name: link.depth for link in plan.links}
    prediction = predict(build_network(plan))
    assert prediction.interval == prediction.bound == 6
    # While a frame is gathered, the other path holds it, and what arrives in the meantime.
    assert 6 <= depths["x__sum:1"] <= 10
    assert max(d for n, d in depths.items() if n != "x__sum:1") <= 6


def test_a_chain_of_slow_stages_needs_no_deep_fifos() -> None:
    net = Net((4, 4, 8))
    value = "x"
    for name in "abcde":
        value = net.add(Light, f"p{name}", net.add(Copy, name, value))
    plan = size_links(plan_of(net, value, slow=9))
    assert [link.depth for link in plan.links] == [2] * 6
    assert predict(build_network(plan)).interval == 16 * 9


def test_full_rate_needs_a_place_for_every_register() -> None:
    net = Net((4, 4, 8))
    plan = size_links(plan_of(net, net.add(Light, "p", net.add(Copy, "a", "x"))))
    assert {link.name: link.depth for link in plan.links} == {"x__p": 2, "p__out:0": 7}
    assert predict(build_network(plan)).interval == 16


def test_large_fifos_are_in_block_ram_and_the_extra_cycle_is_known() -> None:
    net = Net((8, 16, 64))
    plan = plan_of(net, net.add(Light, "sum", net.add(Whole, "w", "x"), "x"), parallel=64)
    plan = size_links(plan)
    (link,) = [link for link in plan.links if link.block]
    assert link.name == "x__sum:1"
    assert link.depth >= 128
    prediction = predict(build_network(plan))
    assert prediction.interval == 128
    assert simulate(plan, 4).links[link.name].occupancy <= link.depth


def test_block_ram_is_for_deep_and_large_fifos() -> None:
    def link(bits: int) -> Link:
        return Link("x", None, 0, StreamFormat(1, 1, 1, IntType(0, 2**bits - 1)), 2)

    assert not in_block(link(64), 64)
    assert in_block(link(64), 65)
    assert not in_block(link(1), 4096)
    assert in_block(link(1), 4097)


def test_pinned_depths_stay() -> None:
    net = Net((4, 4, 8))
    plan = plan_of(net, net.add(Light, "p", net.add(Copy, "a", "x")))
    pinned = size_links(plan, {"p__out:0": 3})
    assert [link.depth for link in pinned.links] == [2, 3]
    assert predict(build_network(pinned)).interval > 16
    assert size_links(plan, {"p__out:0": 3, "x__p": 9}).links[0].depth == 9


def test_the_prediction_is_the_simulation() -> None:
    plan = size_links(residual())
    prediction = predict(build_network(plan))
    ends = simulate(plan, 12).frame_ends
    assert set(np.diff(ends)[-4:]) == {prediction.interval}
    assert prediction.latency == simulate(plan, 1).latency
    assert prediction.bottleneck == "x"


def test_depths_that_are_too_small_show_in_the_prediction() -> None:
    plan = residual()
    slow = with_depths(plan, {link.name: 6 for link in plan.links})
    prediction = predict(build_network(slow))
    assert prediction.interval > prediction.bound
    gaps = np.diff(simulate(slow, 200).frame_ends)
    assert set(gaps[-50:]) == {prediction.interval}


def staircase(steps: int) -> Plan:
    """A path through cores that gather whole frames, and one around them."""
    net = Net((1, 6, 8))
    value = "x"
    for index in range(steps):
        value = net.add(Whole, f"w{index}", value)
    return plan_of(net, net.add(Light, "sum", value, "x"))


def test_a_fifo_beside_many_frames_of_delay_holds_them_all() -> None:
    plan = size_links(staircase(9))
    assert plan.link_to("sum", 1).depth > 9 * 6
    assert predict(build_network(plan)).interval == 6


def test_the_cycle_of_block_ram_is_counted_in_its_own_depth(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """70 registers in a pipe of full rate: 72 places, and one more because that is block RAM."""
    ones = np.ones(256, dtype=np.int64)
    pattern = single({"in0": ones}, ones, stages=70)
    monkeypatch.setattr(BuiltPipe, "timing", pattern)
    net = Net((16, 16, 64))
    plan = size_links(plan_of(net, net.add(Light, "p", "x"), parallel=64))
    assert plan.link_to(None, 0).block
    assert plan.link_to(None, 0).depth == 73
    assert predict(build_network(plan)).interval == 256


def test_the_interval_is_the_one_after_all_fifos_have_filled() -> None:
    """A FIFO for many frames fills slowly; until then the design seems faster than it is."""
    plan = staircase(9)
    depths = {link.name: 8 for link in plan.links} | {"x__sum:1": 44}
    slow = with_depths(plan, depths)
    gaps = np.diff(simulate(slow, 300).frame_ends)
    assert predict(build_network(slow)).interval == np.ceil(gaps[-70:].mean())
