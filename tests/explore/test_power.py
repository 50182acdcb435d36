"""Estimates of power: sums, formulas, what the command says and what is left in the report.

Who wrote the expectations: the formula, in numpy; changes of nets are made up here, and those of a
simulation are tested where they are counted.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hwcompile
from hwcompile.boards import load_board
from hwcompile.emit.opened import read_plan
from hwcompile.explore import power
from hwcompile.explore.power import (
    AROUND,
    PowerOptions,
    assumed_power,
    estimate_power,
    layer_power,
    power_of,
)
from hwcompile.families.flow import Use
from hwcompile.report.fit import fit_report
from hwcompile.technology.energies import CHANGE, CLOCK, DSP, Energies, energies_of
from hwcompile.verify.toggles import NetActivity, RunActivity
from tests.build_directory.test_schemas import disagreements
from tests.cli.running import type_command
from tests.cli.small import save
from tests.cli.test_answers import answered

PLAIN = Energies(40.0, 1.219, 2.0, "made up")
FRAMES = 5


@pytest.fixture(scope="module")
def design(tmp_path_factory: pytest.TempPathFactory) -> hwcompile.Design:
    folder = tmp_path_factory.mktemp("power")
    return hwcompile.compile(save(folder), folder / "build", board="icebreaker")


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """A run in which stage n changes 100 (n + 1) of 50 bits, and 40 bits around change 7 times."""
    asked: list[dict[str, str]] = []

    def count(directory: Path, source: Any, instances: dict[str, str]) -> RunActivity:
        asked.append(instances)
        return activity(list(instances.values()), source.frames)

    monkeypatch.setattr(power, "count_toggles", count)
    return asked


def activity(stages: list[str], frames: int = FRAMES) -> RunActivity:
    found = {name: NetActivity(50, 100 * (n + 1)) for n, name in enumerate(stages)}
    return RunActivity(frames, 90, found, NetActivity(40, 7))


@given(
    lut=st.integers(0, 10**5),
    ff=st.integers(0, 10**5),
    dsp=st.integers(0, 99),
    bits=st.integers(1, 10**5),
    changes=st.integers(0, 10**9),
    frames=st.integers(1, 10**4),
    more=st.integers(1, 10**6),
)
def test_a_layer_takes_what_the_formula_says(
    lut: int, ff: int, dsp: int, bits: int, changes: int, frames: int, more: int
) -> None:
    use, nets = Use(lut=lut, ff=ff, dsp=dsp), NetActivity(bits, changes)
    found = layer_power("a", use, nets, frames, 3000.0, PLAIN)
    each = changes / bits / frames
    reads = 3000.0 * 40 / 45 * (1.219 / 0.9) ** 2
    expected = (max(lut, ff) * CHANGE * each + dsp * DSP * each + reads) / 1000
    assert found.nj_per_frame == pytest.approx(expected, rel=1e-6, abs=1e-4)
    busier = layer_power("a", use, NetActivity(bits, changes + more), frames, 3000.0, PLAIN)
    assert busier.nj_per_frame >= found.nj_per_frame
    assert busier.changes_per_frame >= found.changes_per_frame
    still = layer_power("a", use, NetActivity(bits, 0), frames, 0.0, PLAIN)
    assert (still.nj_per_frame, still.changes_per_frame) == (0, 0)
    assert layer_power("a", use, NetActivity(), frames, 0.0, PLAIN).nj_per_frame == 0


def test_layers_and_the_clock_are_the_whole(design: hwcompile.Design) -> None:
    plan, report, board = read_plan(design.directory), design.report, load_board("icebreaker")
    run = activity([stage.name for stage in plan.stages])
    found = power_of(plan, report, board, run, 24.0)
    assert [layer.name for layer in found.layers] == [*run.stages, AROUND]
    parts = sum(layer.nj_per_frame for layer in found.layers) + found.clock_nj_per_frame
    assert found.nj_per_frame == pytest.approx(parts, abs=0.01)
    assert found.changes_per_frame == sum(x.changes for x in run.stages.values()) / 5 + 7 / 5
    interval = report["design"]["interval_cycles"]["predicted"]
    ice40 = energies_of("ice40")
    assert ice40 is not None
    assert found.clock_nj_per_frame == pytest.approx(interval * CLOCK * ice40.scale / 1e3, abs=1e-3)
    assert found.dynamic_mw == pytest.approx(found.nj_per_frame * 24.0 / interval, rel=1e-3)
    cells = fit_report(plan, board)["stages"][plan.stages[0].name]
    memory = found.layers[0].nj_per_frame - max(cells["lut"], cells["ff"]) * CHANGE * 0.4 / 1e3
    assert memory >= -0.01
    assert (found.static_mw, found.factor, found.cells) == (0.1043, 2.5, "predicted")
    faster = power_of(plan, report, board, run, 48.0)
    assert faster.nj_per_frame == found.nj_per_frame
    assert faster.dynamic_mw == pytest.approx(2 * found.dynamic_mw, rel=1e-3)
    large = power_of(plan, report, load_board("ulx3s_85"), run, 24.0)
    assert (large.static_mw, large.factor) == (None, 4.0)


def test_cells_that_synthesis_counted_come_first(design: hwcompile.Design) -> None:
    plan, report, board = read_plan(design.directory), design.report, load_board("icebreaker")
    run = activity([stage.name for stage in plan.stages])
    report["design"]["resources"] = {"board": "icebreaker", "clock_mhz": 31.5}
    for node in report["nodes"]:
        node["resources"]["synthesized"] = {"lut": 4000, "ff": 3, "bram": 0, "dsp": 0}
    built = power_of(plan, report, board, run, 24.0)
    assert built.cells == "synthesized"
    assert built.layers[0].nj_per_frame >= 4000 * CHANGE * 0.4 / 1e3 * 0.9
    assert power_of(plan, report, load_board("icestick"), run, 24.0).cells == "predicted"


def test_the_command_says_it_and_the_report_keeps_it(
    design: hwcompile.Design,
    counted: list[dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = type_command(monkeypatch, capsys, "power", design.directory, "--frames", "5", "--json")
    assert said.code == 0, said.err
    found = answered("power", said)["power"]
    assert list(counted[0].values()) == [layer["name"] for layer in found["layers"]][:-1]
    assert (found["board"], found["frames"]) == ("icebreaker", 5)
    report = json.loads((design.directory / "report.json").read_text())
    assert report["design"]["power"] == found
    assert disagreements("report.json", report) == []
    words = [design.directory, "--clock-mhz", "48", "--board", "ulx3s_85"]
    shown = type_command(monkeypatch, capsys, "power", *words)
    assert "clock network" in shown.out
    assert "factor 4 either way" in " ".join(shown.out.split())
    table = type_command(monkeypatch, capsys, "report", design.directory)
    assert "mW dynamic at 48 MHz" in " ".join(table.out.split())
    page = (design.directory / "report.html").read_text(encoding="utf-8")
    assert "clock network" in page
    assert "What it leaks is not known" in page


def test_the_clock_is_that_of_the_board(
    design: hwcompile.Design, counted: list[dict[str, str]]
) -> None:
    own = estimate_power(design, PowerOptions())
    assert own.clock_mhz == design.report["design"]["clock_mhz"]
    assert estimate_power(design, PowerOptions(board="ulx3s_85")).clock_mhz == 25.0


def test_frames_that_are_all_alike_take_less(tmp_path: Path) -> None:
    """A real simulation: every stage has nets, and the sums are those of all nets."""
    design = hwcompile.compile(save(tmp_path), tmp_path / "build", board="icebreaker")
    random = np.random.default_rng(4).normal(size=(6, 6)).astype(np.float32)
    found = estimate_power(design, PowerOptions(inputs=random))
    same = estimate_power(design, PowerOptions(inputs=np.zeros((6, 6), np.float32)))
    names = [stage.name for stage in read_plan(design.directory).stages]
    assert [layer.name for layer in found.layers] == [*names, AROUND]
    for layer, quiet in zip(found.layers, same.layers, strict=True):
        assert layer.net_bits == quiet.net_bits > 0
        assert layer.changes_per_frame > quiet.changes_per_frame
        assert layer.nj_per_frame >= quiet.nj_per_frame
    whole = sum(layer.changes_per_frame for layer in found.layers)
    assert found.changes_per_frame == pytest.approx(whole, abs=0.1 * len(found.layers))


@given(lut=st.integers(0, 10**5), interval=st.integers(1, 10**6), mhz=st.floats(1, 400))
def test_an_activity_that_is_assumed(lut: int, interval: int, mhz: float) -> None:
    found = assumed_power(Use(lut=lut, dsp=3), interval, mhz, "ecp5")
    ecp5 = energies_of("ecp5")
    assert found is not None
    assert ecp5 is not None
    cycle = (lut * CHANGE / 8 + 3 * DSP / 8 + CLOCK) * ecp5.scale / 1e3
    assert found.nj_per_frame == pytest.approx(cycle * interval, abs=1e-3)
    assert found.dynamic_mw == pytest.approx(cycle * mhz, rel=1e-6, abs=1e-4)
