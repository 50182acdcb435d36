"""Whole systems in one simulation: integers, the pace, and a line with noise.

The oracle of the integers is the network before the cut, whose meaning other tests hold against
executors; that of the link is the project's own protocol.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

import hwcompile
from hwcompile.diagnostics import CompileError
from hwcompile.options import CompileOptions
from hwcompile.system.chain import members_of
from hwcompile.system.files import read_system
from hwcompile.system.split import split
from hwcompile.system.verifying import verify_system
from tests.system.networks import layers

ORACLE = "this project"
FRAMES = 20
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three boards, so that one of them is asked and asks."""
    folder = tmp_path_factory.mktemp("system") / "chain"
    split(layers(), folder, ["icebreaker"] * 3, CompileOptions())
    return folder


def test_the_cut_is_explained_and_the_best_that_was_planned(chain: Path) -> None:
    system = read_system(chain)
    planned = [candidate for candidate in system.candidates if candidate.intervals]
    (chosen,) = [candidate for candidate in system.candidates if candidate.chosen]
    assert chosen.interval == min(candidate.interval for candidate in planned)
    assert len(system.candidates) == 10  # two of five places
    page = (chain / "system.md").read_text(encoding="utf-8")
    for candidate in system.candidates:
        assert f"{candidate.shares[0]:.0%}" in page
        assert ", ".join(f"`{value}`" for value in candidate.values) in page
    assert page.count("| chosen |") == 1
    assert system.interval_cycles == max(
        *system.link_cycles, *(part.interval_cycles for part in system.parts)
    )


def test_parts_are_ordinary_build_directories(chain: Path) -> None:
    system = read_system(chain)
    for part in system.parts:
        design = hwcompile.load(chain / part.folder)
        assert design.report["design"]["interval_cycles"]["predicted"] == part.interval_cycles
        assert json.loads((chain / part.folder / "report.json").read_text())["design"]["fit"]


def test_three_boards_compute_what_the_network_does_at_the_predicted_pace(chain: Path) -> None:
    run = verify_system(chain, ("rtl",), frames=FRAMES)
    assert run.wrong == {"rtl": 0}
    assert run.interval is not None
    assert abs(run.interval - run.system.interval_cycles) * (FRAMES // 2) <= run.system.turn_cycles
    assert run.passed
    late = replace(run, interval=run.system.interval_cycles + run.system.turn_cycles)
    assert not late.passed
    with pytest.raises(CompileError, match="HW0002"):
        verify_system(chain, ("rtl",), noise=0.1)


@pytest.mark.slow
@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_a_host_gets_every_frame_though_there_is_noise_between_the_boards(
    chain: Path, noise: float
) -> None:
    run = verify_system(chain, ("boards",), frames=FRAMES, noise=noise)
    assert run.wrong == {"boards": 0}
    assert (run.hits > 10) == (noise > 0)


@pytest.mark.slow
def test_two_boards_hold_what_one_does_not(tmp_path: Path) -> None:
    model = ROOT / "examples" / "digits" / "digits_cnn_int8.onnx"
    with pytest.raises(CompileError, match="HW0404"):
        hwcompile.compile(model, tmp_path / "one", board="icebreaker")
    split(model, tmp_path / "two", ["icebreaker"] * 2, CompileOptions())
    run = verify_system(tmp_path / "two", frames=FRAMES, noise=0.002)
    assert run.wrong == {"rtl": 0, "boards": 0}
    assert run.hits
    assert run.on_time


def test_words_that_the_boards_cut_differently_are_recut(tmp_path: Path) -> None:
    model = ROOT / "examples" / "digits" / "digits_mlp_w1a1.onnx"
    system, _ = split(model, tmp_path / "two", ["icebreaker"] * 2, CompileOptions())
    _, behind = members_of(tmp_path / "two", system)
    assert behind.joint.gearbox
    run = verify_system(tmp_path / "two", ("rtl",), frames=FRAMES)
    assert run.wrong == {"rtl": 0}
    assert run.on_time
