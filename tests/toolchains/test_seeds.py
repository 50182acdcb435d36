"""Seeds of place and route that are tried at once: the result is that of one after the other.

The oracle of the choice is its definition, seed after seed; of a whole build, nextpnr itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hwcompile
from hwcompile.boards import load_board
from hwcompile.families.flow import NETLIST, REPORT
from hwcompile.families.programs import ToolError
from hwcompile.processes import Jobs
from hwcompile.toolchains import place_and_route as module
from hwcompile.toolchains.place_and_route import LOG, Routed, place_and_route
from tests.models import ROOT

BOARD = load_board("icebreaker")
BROKEN = 0.0
"""Stands for a seed at which nextpnr fails."""

CLOCKS = (11.0, 12.0, 13.0, 14.0, 15.0)


@pytest.fixture(autouse=True)
def jobs() -> Iterator[None]:
    """What a test says of jobs holds for it alone."""
    yield
    Jobs.most = None


class Placer:
    """Stands for nextpnr: reaches a clock for each seed."""

    def __init__(self, clocks: Sequence[float]) -> None:
        self.clocks, self.tried = clocks, list[int]()

    def run(self, command: Sequence[str], name: str, folder: Path, log: Path) -> str:
        seed = int(command[list(command).index("--seed") + 1])
        self.tried.append(seed)
        log.write_text(f"seed {seed} of {(folder / NETLIST).read_text()}")
        mhz = self.clocks[seed - 1]
        if mhz == BROKEN:
            raise ToolError(name, f"seed {seed} is broken", log)
        (folder / "routed.asc").write_text(f"routed by {seed}")
        used = {"ICESTORM_LC": {"used": 10 * seed, "available": 99}}
        report = {"utilization": used, "fmax": {"clk": {"achieved": mhz}}}
        (folder / REPORT).write_text(json.dumps(report))
        return ""


def placed(
    folder: Path, placer: Placer, clock: float, at_once: bool, patch: pytest.MonkeyPatch
) -> Routed:
    patch.setattr(module, "run_logged", placer.run)
    return place_and_route(
        BOARD,
        1,
        folder,
        clock_mhz=clock,
        seeds=len(placer.clocks),
        progress=lambda _: None,
        at_once=at_once,
    )


def expected(clocks: Sequence[float], clock: float) -> int | None:
    """The seed that trying one after the other finds; None where one fails before."""
    best = 0
    for seed, mhz in enumerate(clocks, 1):
        if mhz == BROKEN:
            return None
        if not best or mhz > clocks[best - 1]:
            best = seed
        if mhz >= clock:
            break
    return best


@settings(deadline=None, max_examples=60)
@given(
    clocks=st.lists(
        st.sampled_from([BROKEN, 11.0, 12.0, 13.0, 14.0, 15.0]), min_size=1, max_size=7
    ),
    clock=st.sampled_from([12.5, 14.5, 1000.0]),
    most=st.integers(1, 4),
    at_once=st.booleans(),
)
def test_the_seed_is_that_of_one_after_the_other(
    clocks: list[float],
    clock: float,
    most: int,
    at_once: bool,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("placed")
    (folder / NETLIST).write_text(f"{clocks} {clock}")
    Jobs.most = most
    placer, right = Placer(clocks), expected(clocks, clock)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HWCOMPILE_CACHE", str(folder / "cache"))
        if right is None:
            first = clocks.index(BROKEN) + 1
            with pytest.raises(ToolError, match=f"seed {first} is broken") as problem:
                placed(folder, placer, clock, at_once, patch)
            assert problem.value.log.read_text().startswith(f"seed {first} of")
            return
        routed = placed(folder, placer, clock, at_once, patch)
        again = Placer(clocks)
        assert placed(folder, again, clock, at_once, patch) == routed
    assert (routed.seed, routed.fmax_mhz, routed.use.lut) == (right, clocks[right - 1], 10 * right)
    assert (folder / "routed.asc").read_text() == f"routed by {right}"
    assert (folder / LOG).read_text().startswith(f"seed {right} of")
    assert not list(folder.glob("seed-*"))
    # A good seed is placed once; what was in vain beside it is less than what runs at once.
    assert set(again.tried) <= {seed for seed, mhz in enumerate(clocks, 1) if mhz == BROKEN}
    met = next((seed for seed, mhz in enumerate(clocks, 1) if mhz >= clock), len(clocks))
    assert met <= len(placer.tried) < met + most
    if not at_once and clocks[0] >= clock:
        assert placer.tried == [1]


@pytest.mark.parametrize("changed", ["netlist", "clock"])
def test_seeds_of_another_design_are_placed_anew(
    changed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HWCOMPILE_CACHE", str(tmp_path / "cache"))
    (tmp_path / NETLIST).write_text("one")
    placed(tmp_path, Placer([30.0]), 12.0, False, monkeypatch)
    if changed == "netlist":
        (tmp_path / NETLIST).write_text("another")
    other = Placer([40.0])
    routed = placed(tmp_path, other, 12.0 if changed == "netlist" else 13.0, False, monkeypatch)
    assert (other.tried, routed.fmax_mhz) == ([1], 40.0)


@pytest.mark.slow
def test_a_build_of_several_seeds_is_the_same_with_one_job_and_with_three(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = ROOT / "examples/digits/digits_mlp_w1a1.onnx"
    design = hwcompile.compile(model, tmp_path / "design", target_cycles=4000)
    made = []
    for most in (1, 3):
        monkeypatch.setenv("HWCOMPILE_CACHE", str(tmp_path / f"cache{most}"))
        Jobs.most = most
        built = design.build("icebreaker", clock="auto", seeds=3)
        made.append((built.fmax_mhz, built.seed, built.clock_mhz, built.bitstream.read_bytes()))
    assert made[0] == made[1]
