"""Convolutions in tiles: chosen where products are dear, said, planned again, forbidden."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hwcompile
from hwcompile.boards import load_board
from hwcompile.compiler import planned_network
from hwcompile.diagnostics import Origin
from hwcompile.ir.graph import Builder, Graph
from hwcompile.ir.types import IntType, TensorType
from hwcompile.ops.conv.op import Conv
from hwcompile.options import CompileOptions
from hwcompile.passes.pipelines import LOWERING, run_passes
from hwcompile.report.tiles import tile_notes
from hwcompile.schedule.choose.estimate import estimate
from hwcompile.schedule.choose.schedule_file import schedule_text
from hwcompile.schedule.plan import Plan
from hwcompile.schedule.time.prediction import Prediction
from hwcompile.technology.model import Need, technology

ORACLE = "this project"
ORACLE_REASON = "which design is smaller; `benchmarks/tiles.py` has what Yosys makes of both"

BOARD, CYCLES = "colorlight_i5", 4200
"""28 DSP blocks, where 35 products take place per cycle."""

TILES = "conv_tile_products"


@cache
def layer() -> Graph:
    """A convolution of 16 channels to 16 on 8 x 8 pixels, behind a host that sends bytes."""
    builder = Builder("layer")
    x = builder.input("x", TensorType((8, 8, 16), IntType(0, 255)))
    weights = np.random.default_rng(0).integers(-128, 128, (16, 3, 3, 16))
    conv = Conv(weights, 1, (1, 1), (1, 1), (1, 1, 1, 1), 0)
    return builder.build(builder.add("conv", conv, (x,), Origin("layer", "conv", "Conv")))


def planned(**options: Any) -> tuple[Plan, Prediction]:
    plan, prediction, _ = planned_network(layer(), CompileOptions(**options))
    return plan, prediction


@cache
def chosen() -> tuple[Plan, Prediction]:
    """What nothing but a board and a target asks for."""
    return planned(board=BOARD, target_cycles=CYCLES)


@cache
def direct() -> tuple[Plan, Prediction]:
    return planned(board=BOARD, target_cycles=CYCLES, winograd=False)


def need(plan: Plan) -> Need:
    return estimate(plan, technology(load_board(BOARD).device.family)).total


def test_tiles_are_chosen_where_dsp_blocks_run_short() -> None:
    plan, prediction = chosen()
    assert TILES in plan.graph.types
    assert prediction.interval <= CYCLES
    assert direct()[1].interval <= CYCLES
    # 28 DSP blocks do not hold 36 products, which all stay in logic then; they do hold 16.
    assert (need(direct()[0]).dsp, need(plan).dsp) == (0, 16)
    assert need(plan).lut < 0.8 * need(direct()[0]).lut


def test_notes_say_which_convolutions_are_in_tiles() -> None:
    lowered = run_passes(layer(), LOWERING)
    (note,) = tile_notes(lowered, chosen()[0])
    assert "conv with 65,536 products instead of 147,456" in note
    assert tile_notes(lowered, direct()[0]) == ()


@pytest.mark.parametrize(
    "options",
    [
        # Products enough.
        {"board": BOARD, "target_cycles": 12300},
        # Memory for weights of 16 matrices is what runs short here.
        {"board": "icebreaker", "target_cycles": 8192},
        # Nothing says what is short, or how fast it is to be.
        {"target_cycles": CYCLES},
        {"board": BOARD, "schedule": {"nodes": {"conv": {"kernel": "folded"}}}},
    ],
    ids=["slow", "no memory", "no board", "a schedule"],
)
def test_the_convolution_stays_as_it_is(options: dict[str, Any]) -> None:
    assert TILES not in planned(**options)[0].graph.types


def test_they_are_weighed_without_a_board_where_they_are_asked_for() -> None:
    plan, prediction = planned(target_cycles=CYCLES, winograd=True)
    assert prediction.interval <= CYCLES
    assert TILES in plan.graph.types


@pytest.mark.parametrize("winograd", [None, False])
def test_a_plan_that_was_written_is_planned_again(winograd: bool | None, tmp_path: Path) -> None:
    for made in (chosen(), direct()):
        file = tmp_path / "schedule.toml"
        file.write_text(schedule_text(*made), encoding="utf-8")
        options = {"board": BOARD, "target_cycles": CYCLES, "schedule": file}
        again = planned(**options, winograd=winograd)
        assert again[0].graph.types == made[0].graph.types
        assert schedule_text(*again) == schedule_text(*made)


def test_a_part_of_a_plan_asks_for_tiles_and_one_of_the_convolution_does_not() -> None:
    part = {"nodes": {TILES: {"kernel": "folded", "pe": 4, "simd": 8}}}
    assert TILES in planned(target_cycles=CYCLES, schedule=part)[0].graph.types
    part = {"nodes": {"conv": {"kernel": "folded", "pe": 4, "simd": 9}}}
    assert TILES not in planned(board=BOARD, target_cycles=CYCLES, schedule=part)[0].graph.types


@pytest.mark.slow
def test_rtl_and_cpp_give_what_the_convolution_gives(tmp_path: Path) -> None:
    """Cycles are measured as predicted; both forms give the numbers of the convolution."""
    x = np.random.default_rng(1).integers(0, 256, (5, 8, 8, 16))
    x[3], x[4] = 0, 255
    np.save(tmp_path / "x.npy", x)
    expected = layer().evaluate({"x": x})["conv"]
    for winograd in (None, False):
        design = hwcompile.compile_graph(
            layer(), tmp_path / "out", board=BOARD, target_cycles=CYCLES, winograd=winograd,
            force=True,
        )  # fmt: skip
        assert any("tiles of 2 x 2" in note for note in design.notes) == (winograd is None)
        found = design.verify(levels=("rtl", "hls"), inputs=tmp_path / "x.npy")
        assert found.passed, found.findings
        got = design.simulate({"x": x}, stall=0.4).raw
        np.testing.assert_array_equal(got["conv"].reshape(expected.shape), expected)
