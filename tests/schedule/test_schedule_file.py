"""`schedule.toml`: round trip, partial files, and what is said about mistakes."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from hwcompile.diagnostics import CompileError, Diagnostic
from hwcompile.ir.graph import Graph
from hwcompile.schedule.choice import Choice
from hwcompile.schedule.planner import plan
from hwcompile.schedule.schedule_file import read_schedule, schedule_text
from tests.schedule.fakes import Copy, Light, Net, Whole


def network() -> Graph:
    net = Net((4, 4, 8))
    value = net.add(Light, "conv.relu", net.add(Copy, "conv", "x"))
    gathered = net.add(Whole, "gather", value)
    return net.build(net.add(Light, "sum", gathered, value))


def findings(data: dict) -> tuple[Diagnostic, ...]:
    with pytest.raises(CompileError) as caught:
        read_schedule(data, network())
    assert {finding.code for finding in caught.value.diagnostics} == {"HW0402"}
    return caught.value.diagnostics


def finding(data: dict) -> Diagnostic:
    (only,) = findings(data)
    return only


def test_a_written_schedule_gives_the_same_plan(tmp_path: Path) -> None:
    first, prediction = plan(network(), target_cycles=64)
    text = schedule_text(first, prediction)
    file = tmp_path / "schedule.toml"
    file.write_text(text)
    again, same = plan(network(), schedule=file)
    assert schedule_text(again, same) == text
    assert [s.name for s in again.stages] == [s.name for s in first.stages]
    assert [(link.name, link.depth, link.block) for link in again.links] == [
        (link.name, link.depth, link.block) for link in first.links
    ]
    assert (same.interval, same.latency) == (prediction.interval, prediction.latency)
    data = tomllib.loads(text)
    assert data["nodes"]["conv.relu"] == {"kernel": "pipe", "parallel": 2, "slow": 1}
    assert set(data["links"]) == {link.name for link in first.links}


def test_the_text_tells_the_figures() -> None:
    planned, prediction = plan(network(), target_cycles=64)
    lines = schedule_text(planned, prediction).splitlines()
    assert lines[0] == (
        f"# Schedule of net: a frame every 64 cycles, latency {prediction.latency} cycles, 4 lanes."
    )
    assert lines[lines.index('[nodes."conv"]') - 1] == "# 64 cycles, 2 lanes"


def test_width_nodes_are_comments_and_their_links_are_not() -> None:
    choices = {"conv": {"kernel": "core", "parallel": 8}, "gather": {"parallel": 2}}
    planned, prediction = plan(network(), schedule={"nodes": choices})
    text = schedule_text(planned, prediction)
    assert ": conv.relu_width1 joins two word formats" in text
    assert "conv.relu_width1" not in tomllib.loads(text)["nodes"]
    again, _ = plan(network(), schedule=tomllib.loads(text))
    assert [link.depth for link in again.links] == [link.depth for link in planned.links]


def test_a_partial_schedule_leaves_the_rest_to_the_planner() -> None:
    data = {
        "nodes": {"conv": {"kernel": "core", "parallel": 4}},
        "links": {"gather__sum": {"depth": 31}},
    }
    schedule = read_schedule(data, network())
    assert schedule.choices == {"conv": Choice("core", {"parallel": 4})}
    assert schedule.depths == {"gather__sum": 31}
    planned, _ = plan(network(), target_cycles=128, schedule=data)
    chosen = {p.node.name: p.parameters for s in planned.stages for p in s.parts}
    assert chosen["conv"] == {"parallel": 4}
    assert chosen["conv.relu"]["parallel"] == 4
    assert planned.link_to("sum", 0).depth == 31


def test_the_kernel_may_be_left_out_when_there_is_one() -> None:
    schedule = read_schedule({"nodes": {"conv.relu": {"parallel": 2}}}, network())
    assert schedule.choices["conv.relu"].kernel == "pipe"
    text = str(finding({"nodes": {"conv": {"parallel": 2}}}))
    assert "node 'conv' has no 'kernel' in the schedule" in text
    assert "one of core, slow" in text


def test_unknown_nodes_name_the_near_misses() -> None:
    found = finding({"nodes": {"conv_relu": {"parallel": 1}}})
    assert found.what == "the schedule names the unknown node 'conv_relu'"
    assert found.fix == "'conv.relu' or 'conv'"


def test_unknown_kernels_name_the_near_misses() -> None:
    found = finding({"nodes": {"conv": {"kernel": "cores", "parallel": 1}}})
    assert found.what == "the schedule names the unknown kernel 'cores'"
    assert found.fix == "'core'"
    assert found.origin == network().node("conv").origin


def test_parameters_are_checked_by_the_kernel() -> None:
    found = finding({"nodes": {"conv": {"kernel": "core", "parallel": 9}}})
    assert found.what == "kernel 'core' of node 'conv' can not have parallel = 9"
    assert found.why == "parallel is from 1 to 8"
    found = finding({"nodes": {"conv": {"kernel": "core", "paralel": 2}}})
    assert found.why == "there is no parameter paralel"
    assert found.fix == "'parallel'"
    found = finding({"nodes": {"conv": {"kernel": "core", "parallel": True}}})
    assert found.what == "parameter 'parallel' of node 'conv' must be a number or text, not True"


def test_a_kernel_that_refuses_the_node() -> None:
    net = Net((4, 4, 8))
    graph = net.build(net.add(Copy, "a", "x", "x"))
    with pytest.raises(CompileError) as caught:
        read_schedule({"nodes": {"a": {"kernel": "slow", "parallel": 1}}}, graph)
    (found,) = caught.value.diagnostics
    assert (found.why, found.fix) == ("it takes one input", "one of core")


def test_everything_wrong_is_told_at_once() -> None:
    data = {
        "node": {},
        "nodes": {"conv": 3, "gathr": {}},
        "links": {"x__conv": {"dept": 3}, "y": {"depth": 0}},
    }
    found = [finding.what for finding in findings(data)]
    assert found == [
        "the schedule names the unknown section 'node'",
        "'nodes.conv' must be a table, not 3",
        "the schedule names the unknown node 'gathr'",
        "the schedule names the unknown key 'dept'",
        "link 'x__conv' needs a depth of at least 1, not None",
        "link 'y' needs a depth of at least 1, not 0",
    ]
    assert "'nodes'" in findings(data)[0].fix
    assert finding({"nodes": 3}).what == "'nodes' must hold tables, not 3"


def test_unknown_links_name_the_near_misses() -> None:
    with pytest.raises(CompileError) as caught:
        plan(network(), schedule={"links": {"gather_sum": {"depth": 3}}})
    (found,) = caught.value.diagnostics
    assert found.code == "HW0402"
    assert found.fix.startswith("'gather__sum'")
    assert "remove the [links] tables" in found.fix


def test_files_that_can_not_be_read(tmp_path: Path) -> None:
    with pytest.raises(CompileError, match="can not be read"):
        read_schedule(tmp_path / "none.toml", network())
    broken = tmp_path / "broken.toml"
    broken.write_text("[nodes\n")
    with pytest.raises(CompileError, match="is not TOML"):
        read_schedule(broken, network())
