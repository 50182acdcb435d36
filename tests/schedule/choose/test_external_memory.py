"""Weights that find no room on a board's FPGA are read from memory beside it, if there is one."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

import hwcompile
from hwcompile.boards import Board, load_board
from hwcompile.diagnostics import CompileError, Origin
from hwcompile.ir.graph import Builder, Graph
from hwcompile.ir.types import IntArray, IntType, TensorType
from hwcompile.ops.matmul.op import Matmul
from hwcompile.ops.threshold.op import Threshold
from hwcompile.report.external import external_reads
from hwcompile.resources import room
from hwcompile.schedule.plan import Plan
from hwcompile.schedule.planner import plan

ORACLE = "numpy"
ORACLE_REASON = "products of matrices and comparisons"

RNG = np.random.default_rng(7)
FIRST, SECOND = RNG.integers(-8, 8, (1, 60, 96)), RNG.integers(-8, 8, (1, 7, 60))
LEVELS = np.sort(RNG.integers(-400, 400, 7))


def two_layers() -> Graph:
    builder = Builder("layers")
    value = builder.input("x", TensorType((1, 1, 96), IntType(-8, 7)))
    (value,) = builder.add("first", Matmul(FIRST), (value,), Origin("m", "first", "Gemm"))
    zero, one = np.zeros(1, np.int64), np.ones(1, np.int64)
    steps = Threshold(LEVELS[None], zero, one, IntType(0, 7))
    (value,) = builder.add("levels", steps, (value,), Origin("m", "levels", "Quant"))
    (value,) = builder.add("second", Matmul(SECOND), (value,), Origin("m", "second", "Gemm"))
    return builder.build((value,))


def expected(x: IntArray) -> IntArray:
    """Of frames [n, 96]."""
    levels = (x @ FIRST[0].T)[..., None] >= LEVELS
    found: IntArray = levels.sum(-1) @ SECOND[0].T
    return found


def board_with(bram: int) -> Board:
    board = load_board("hx8k_breakout")
    return msgspec.structs.replace(
        board, capacities=msgspec.structs.replace(board.capacities, bram=bram)
    )


def outside(planned: Plan) -> dict[str, float]:
    """Bytes per cycle of the nodes whose weights are external, by name."""
    parts = [part for stage in planned.stages for part in stage.parts]
    return {
        part.node.name: part.built.needs.traffic
        for part in parts
        if part.built.parameters.get("weights") == "external"
    }


def test_what_does_not_fit_goes_outside_and_nothing_else() -> None:
    """A matrix of 23 kbit takes 6 blocks of 4 kbit, the link and the other matrix two each."""
    graph = two_layers()
    with pytest.raises(CompileError) as caught:
        plan(graph, board=board_with(bram=6))
    assert "--external-memory 400" in str(caught.value)
    planned, _ = plan(graph, board=board_with(bram=6), traffic=16.0)
    assert set(outside(planned)) == {"first"}
    planned, _ = plan(graph, board=load_board("hx8k_breakout"), traffic=16.0)
    assert not outside(planned)


@pytest.mark.parametrize("traffic", [4.0, 33.3])
def test_all_readers_together_take_no_more_than_there_is(traffic: float) -> None:
    planned, prediction = plan(two_layers(), board=board_with(bram=6), traffic=traffic)
    found = outside(planned)
    assert 0 < sum(found.values()) <= traffic
    # A byte of the bus holds two weights, and each is read once.
    assert prediction.interval * traffic * 2 >= FIRST.size


def test_more_bandwidth_is_never_slower() -> None:
    intervals = [
        plan(two_layers(), board=board_with(bram=8), traffic=traffic)[1].interval
        for traffic in (4.0, 8.0)
    ]
    assert intervals[0] == 720  # a byte is two of 60 x 96 weights
    assert intervals[1] < 720


def test_a_schedule_that_was_written_is_the_same_plan(tmp_path: Path) -> None:
    """From the option to what a user sees, and to equal integers in the predicted cycles."""
    board = tmp_path / "small.toml"
    own = (room("boards") / "hx8k_breakout" / "board.toml").read_text()
    board.write_text(own.replace("bram = 32", "bram = 6"))
    design = hwcompile.compile_graph(
        two_layers(), tmp_path / "build", board=str(board), external_memory=192.0
    )
    fit = design.report["design"]["fit"]
    assert fit["traffic"]["stated"] == 16.0
    assert 0 < fit["traffic"]["predicted"] <= 16.0
    read = external_reads(design.report)
    assert read is not None
    assert read.bytes_per_cycle == fit["traffic"]["predicted"]
    x = RNG.integers(-8, 8, (3, 1, 1, 96))
    (found,) = design.simulate(x, level="rtl").raw.values()
    np.testing.assert_array_equal(found.reshape(3, 7), expected(x.reshape(3, 96)))
    few, many = (design.verify(frames=frames, memory_latency=4) for frames in (2, 9))
    assert few.passed
    assert many.passed
    assert many.interval[0] == many.interval[1]
    assert few.starved == many.starved  # by the first rows after reset alone
    again = hwcompile.compile_graph(
        two_layers(), tmp_path / "again", schedule=tmp_path / "build" / "schedule.toml"
    )
    built = [
        {node["name"]: (node["kernel"], node["parameters"]) for node in made.report["nodes"]}
        for made in (design, again)
    ]
    assert built[0] == built[1]


def test_it_says_what_the_option_needs(tmp_path: Path) -> None:
    for options, code in (
        ({"external_memory": 400.0}, "HW0005"),
        ({"external_memory": -1.0, "board": "icestick"}, "HW0001"),
        ({"external_memory": 47.9, "board": "icestick"}, "HW0001"),  # 4 bytes at 12 MHz
    ):
        with pytest.raises(CompileError) as caught:
            hwcompile.compile_graph(two_layers(), tmp_path / "no", **options)
        assert caught.value.diagnostics[0].code == code
    assert not (tmp_path / "no").exists()
