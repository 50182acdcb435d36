"""Frames that are simulated in parts at the same time: everything is as in one run.

The oracle is Verilator's and the C++ compiler's run of all frames in one part.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hwcompile
from hwcompile import rnn
from hwcompile.diagnostics import CompileError, fail
from hwcompile.processes import Jobs
from hwcompile.running import Conditions, run_level
from hwcompile.verify import parts, simulator
from hwcompile.verify.parts import (
    FrameRange,
    UnsettledError,
    cut,
    joined_result,
    one_part,
    timed_parts,
)
from hwcompile.verify.result import SimulationResult
from hwcompile.verify.simulator import Simulator
from hwcompile.verify.sources import random_source
from tests.verify.test_predictions import chains, random_graph


@pytest.fixture(autouse=True)
def jobs(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Short parts pay, and what a test says of jobs holds for it alone."""
    monkeypatch.setattr(parts, "LEAST_CYCLES", 1)
    yield
    Jobs.most = None


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """In how many parts each simulation ran."""
    found: list[int] = []

    def join(given: Any, results: Any) -> SimulationResult:
        found.append(len(given))
        return joined_result(given, results)

    monkeypatch.setattr(simulator, "joined_result", join)
    return found


def same(one: SimulationResult, other: SimulationResult) -> None:
    """Demand equality of everything but the time that it took."""
    for field in fields(SimulationResult):
        if field.name == "seconds":
            continue
        a, b = getattr(one, field.name), getattr(other, field.name)
        if not isinstance(a, dict):
            assert a == b, field.name
            continue
        assert a.keys() == b.keys(), field.name
        for name in a:
            np.testing.assert_array_equal(a[name], b[name], err_msg=f"{field.name} {name}")


def run_each(
    design: hwcompile.design.Design, level: str, frames: int, taps: bool = False
) -> SimulationResult:
    """The result with one job, when those with two and with three are the same."""
    graph = design.graph
    source = random_source({name: graph.types[name] for name in graph.inputs}, frames, 0)
    found = []
    for count in (1, 2, 3):
        Jobs.most = count
        apart = Conditions(taps=taps, apart=not graph.remembers)
        found.append(run_level(design.directory, level, source, apart))
    for other in found[1:]:
        same(found[0], other)
    return found[0]


def test_rtl_in_parts_is_rtl_in_one(tmp_path: Path, counted: list[int]) -> None:
    graph = chains((9, 5, 7, 4))
    design = hwcompile.compile_graph(graph, tmp_path / "b", target_cycles=20)
    one = run_each(design, "rtl", 150, taps=True)
    assert counted == [1, 2, 3]
    assert one.taps
    assert one.occupancy


def test_cpp_in_parts_is_cpp_in_one(tmp_path: Path) -> None:
    design = hwcompile.compile_graph(chains((9, 5, 7, 4)), tmp_path / "b", target_cycles=20)
    one = run_each(design, "hls", 31, taps=True)
    assert one.streams


def test_a_state_that_lives_on_is_simulated_in_one_part(tmp_path: Path, counted: list[int]) -> None:
    rng = np.random.default_rng(3)
    shapes = ((9, 2), (9, 3), (3, 3))
    for keep, expected in ((True, [1, 1, 1]), (False, [1, 2, 3])):
        graph = rnn.gru(*(rng.normal(size=s) for s in shapes), keep=keep, steps=4, name="cell")
        design = hwcompile.compile_graph(graph, tmp_path / f"b{keep}")
        run_each(design, "rtl", 100)
        assert counted == expected
        counted.clear()


def test_paths_that_do_not_meet_are_simulated_in_one_part(tmp_path: Path) -> None:
    """One chain takes 45 cycles a frame, the other 44: it is ahead by ever more."""
    graph = chains((9, 5), (11, 4, 11))
    design = hwcompile.compile_graph(graph, tmp_path / "b", target_cycles=45)
    Jobs.most = 2
    assert timed_parts(design.report["design"], 5000) == one_part(5000)


def test_the_error_of_a_part_is_that_of_a_run_of_all_frames(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    design = hwcompile.compile_graph(chains((9, 5, 7, 4)), tmp_path / "b", target_cycles=20)
    sent: list[int] = []

    def execute(_: Simulator, work: Path, options: list[str]) -> None:
        sent.append(int(options[0]))
        raise fail("HW0601", f"stuck after {options[0]} frames", "", "")

    monkeypatch.setattr(Simulator, "_execute", execute)
    Jobs.most = 2
    with pytest.raises(CompileError, match="stuck after 150 frames"):
        design.verify(frames=150)
    assert sent[-1] == 150
    assert len(sent) > 1


def test_parts_have_leads_and_every_frame_once() -> None:
    Jobs.most = 3
    for frames, lead, period in ((400, 7, 1), (401, 11, 4), (163, 5, 2)):
        found = cut(frames, 10, lead, period)
        assert len(found) == 3
        assert [part.first for part in found] == [0, *(part.stop for part in found[:-1])]
        assert found[-1].stop == frames
        assert all(part.start % period == 0 for part in found)
        assert all(part.lead >= lead + period == lead + part.compared for part in found[1:])
        longest, shortest = (f(part.sent for part in found) for f in (max, min))
        assert longest - shortest <= 3 + period
    assert cut(40, 10, 7) == one_part(40)
    assert cut(7, 10) == (FrameRange(0, 0, 2), FrameRange(2, 2, 4), FrameRange(4, 4, 7))


def test_parts_at_another_pace_are_not_joined() -> None:
    pieces = (FrameRange(0, 0, 4), FrameRange(2, 4, 7, 2))

    def result(out: list[int], given: list[int]) -> SimulationResult:
        zeros = {"y": np.zeros((len(out), 1, 1, 1), dtype=np.int64)}
        cycles = {"x": np.array(given)}, {"y": np.array(out)}
        return SimulationResult(zeros, *cycles, out[-1] + 1, 0.0, {}, {})

    first = result([15, 25, 35, 45], [0, 10, 20, 30])
    fits = result([15, 25, 35, 45, 56], [0, 10, 20, 30, 40])
    found = joined_result(pieces, (first, fits))
    assert found.output_cycles["y"].tolist() == [15, 25, 35, 45, 55, 65, 76]
    assert found.input_cycles["x"].tolist() == [0, 10, 20, 30, 40, 50, 60]
    assert found.cycles == 77
    for other in (
        result([15, 26, 36, 46, 57], [0, 10, 20, 30, 40]),
        result([15, 25, 35, 45, 56], [0, 9, 20, 30, 40]),
    ):
        with pytest.raises(UnsettledError):
            joined_result(pieces, (first, other))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_random_networks_in_parts(tmp_path: Path, seed: int) -> None:
    design = hwcompile.compile_graph(random_graph(np.random.default_rng(seed)), tmp_path / "b")
    run_each(design, "rtl", 300, taps=True)
