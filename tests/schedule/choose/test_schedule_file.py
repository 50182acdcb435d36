"""`schedule.toml`: round trip, partial files, and what is said about mistakes."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hwcompile.diagnostics import CompileError, Diagnostic
from hwcompile.ir.graph import Graph
from hwcompile.schedule.choose.choice import Choice
from hwcompile.schedule.choose.schedule_file import read_schedule, schedule_text
from hwcompile.schedule.planner import plan
from tests.fuzz.schedules import damaged_schedule
from tests.schedule.fakes import Copy, Light, Net, Whole


def network() -> Graph:
    net = Net((4, 4, 8))
    value = net.add(Light, "conv.relu", net.add(Copy, "conv", "x"))
    gathered = net.add(Whole, "gather", value)
    return net.build(net.add(Light, "sum", gathered, value))


def findings(data: dict[str, Any]) -> tuple[Diagnostic, ...]:
    with pytest.raises(CompileError) as caught:
        read_schedule(data, network())
    assert {finding.code for finding in caught.value.diagnostics} == {"HW0402"}
    return caught.value.diagnostics


def finding(data: dict[str, Any]) -> Diagnostic:
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
    chosen = {p.node.name: p.built.parameters for s in planned.stages for p in s.parts}
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
        "link 'x__conv' needs a depth from 1 to 16,777,216, not None",
        "link 'y' needs a depth from 1 to 16,777,216, not 0",
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


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_text_as_editors_save_it_is_read(tmp_path: Path, encoding: str, ending: str) -> None:
    """Byte order marks and line ends say nothing about the schedule."""
    first, prediction = plan(network(), target_cycles=64)
    text = schedule_text(first, prediction)
    mark = "\ufeff" if encoding == "utf-16-le" else ""
    file = tmp_path / "schedule.toml"
    file.write_bytes((mark + text.replace("\n", ending)).encode(encoding))
    assert schedule_text(*plan(network(), schedule=file)) == text


@pytest.mark.parametrize("value", [[], {}, 3, 1.5, True])
def test_a_kernel_that_is_no_name_is_refused(value: object) -> None:
    shown = "{}" if value == {} else repr(value)
    assert str(finding({"nodes": {"conv": {"kernel": value}}})) == (
        "error[HW0402] 'conv' (Fake in net.onnx): 'kernel' of node 'conv' must be a name, not "
        f"{shown}. Try: one of core, slow."
    )


@pytest.mark.parametrize("depth", [1e23, 10**30, -1, 0, True, [], "7", float("nan"), None])
def test_a_depth_that_is_none_is_refused(depth: object) -> None:
    assert str(finding({"links": {"x__conv": {"depth": depth}}})).startswith(
        "error[HW0402]: link 'x__conv' needs a depth from 1 to 16,777,216, not "
    )


def test_numbers_that_fit_nothing_and_words_for_numbers_are_refused() -> None:
    huge = {"kernel": "core", "parallel": 10**30}
    assert finding({"nodes": {"conv": huge}}).what == (
        "parameter 'parallel' of node 'conv' must be a number below 2,147,483,648, not "
        "1000000000000000000000000000000"
    )
    word = {"kernel": "core", "parallel": "four"}
    assert finding({"nodes": {"conv": word}}).what == (
        "parameter 'parallel' of node 'conv' must be a number, not four"
    )


def test_a_long_value_is_shown_in_part() -> None:
    deep: list[Any] = []
    for _ in range(900):
        deep = [deep]
    for value in ("a" * 5000, deep, ["x"] * 5000, "two\nlines"):
        (only,) = findings({"nodes": {"conv": value}})
        assert len(str(only)) < 200
        assert "\n" not in str(only)


def test_a_schedule_of_another_model_is_one_finding_with_near_misses() -> None:
    tables = {name: {"kernel": "folded"} for name in ("convs", "fc1", "fc2", "fc3", "fc4")}
    with pytest.raises(CompileError) as caught:
        read_schedule({"nodes": tables, "links": {"x__fc1": {"depth": 3}}}, network())
    assert str(caught.value) == (
        "error[HW0420]: the schedule is of another model: it names 5 nodes, none of 'net', because "
        "it names 'convs', 'fc1', 'fc2' and 2 more, and the network has 'conv', 'conv.relu', "
        "'gather' and 1 more. Try: the 'schedule.toml' of a build of this model; names that "
        "resemble these are 'conv'."
    )


def test_two_mistyped_names_are_no_other_model() -> None:
    found = findings({"nodes": {"cnov": {"kernel": "core"}, "gathr": {"kernel": "whole"}}})
    assert [finding.fix for finding in found] == ["'conv'", "'gather'"]


@pytest.mark.parametrize("seed", range(100))
def test_a_damaged_schedule_is_read_or_refused_in_words(tmp_path: Path, seed: int) -> None:
    """The mutator is ours; what is no TOML, Python's reader decides."""
    text = schedule_text(*plan(network(), target_cycles=64))
    file = tmp_path / "schedule.toml"
    file.write_bytes(damaged_schedule(text, np.random.default_rng(seed)))
    try:
        plan(network(), schedule=file)
    except CompileError as error:
        codes = {finding.code for finding in error.diagnostics}
        shown = max(len(str(finding)) for finding in error.diagnostics)
    else:
        codes, shown = set(), 0
    assert codes <= {"HW0402", "HW0403", "HW0420"}
    assert shown < 1000
