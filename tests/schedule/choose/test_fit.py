"""The fastest folding that fits a board."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from hwcompile.boards import Board, load_board
from hwcompile.diagnostics import CompileError, Origin
from hwcompile.ir.graph import Builder
from hwcompile.ir.types import IntType, TensorType
from hwcompile.ops.matmul.op import Matmul
from hwcompile.ops.threshold.op import Threshold
from hwcompile.report.fit import fit_notes, fit_report
from hwcompile.schedule.choose.fit import Fitter
from hwcompile.schedule.planner import plan
from hwcompile.technology.design import FILL
from tests.schedule.test_planner import cnn

GRAPH = cnn(10, (8, 12), 10)


def board_with(**capacities: int) -> Board:
    board = load_board("icebreaker")
    changed = msgspec.structs.replace(board.capacities, **capacities)
    return msgspec.structs.replace(board, capacities=changed)


@pytest.mark.parametrize("name", ["icebreaker", "ulx3s_25", "tang_nano_9k"])
def test_it_fits_and_the_next_faster_one_does_not(name: str) -> None:
    fitter = Fitter(GRAPH, {}, load_board(name))
    best = fitter.fastest()
    assert best.excess <= 1
    faster = [step for step in fitter.space.steps if step < best.target]
    if faster:
        assert fitter.attempt(faster[-1]).excess > 1


def test_a_larger_fpga_is_never_slower() -> None:
    intervals = []
    for lut in (2300, 3200, 12000):
        board = board_with(lut=lut, ff=lut, bram=60)
        intervals.append(plan(GRAPH, board=board)[1].interval)
    assert intervals == sorted(intervals, reverse=True)
    assert intervals[0] > intervals[-1]


def kernels_on(board: Board) -> tuple[set[str], int]:
    """Kernels of windows, and cycles per frame, of the fastest folding."""
    planned, prediction = plan(GRAPH, board=board)
    parts = [part for stage in planned.stages for part in stage.parts]
    return {p.built.kernel.name for p in parts if p.node.op.family == "window"}, prediction.interval


def test_room_for_more_than_one_tap_per_cycle_is_used() -> None:
    """The usual kernels stop at pixels times taps of the slowest layer."""
    least = Fitter(GRAPH, {}, load_board("ulx3s_85")).space.steps[0]
    names, interval = kernels_on(load_board("ulx3s_85"))
    assert "parallel" in names
    assert interval < least
    few, slower = kernels_on(board_with(lut=3200, ff=3200, bram=60))
    assert few == {"line_buffer"}
    assert slower >= least


def test_the_finished_plan_keeps_the_margin_with_its_fifos() -> None:
    board = load_board("icebreaker")
    planned, prediction = plan(GRAPH, board=board)
    fit = fit_report(planned, board)
    for part, share in FILL.items():
        assert fit["predicted"][part] <= share * fit["capacities"][part] + 1
    assert set(fit["stages"]) == {stage.name for stage in planned.stages}
    assert fit_notes(fit) == ()
    assert prediction.interval > 0


def test_scarce_memory_is_paid_for_with_logic() -> None:
    plenty = Fitter(GRAPH, {}, board_with(lut=20000, ff=20000, bram=64)).attempt(2000)
    scarce = Fitter(GRAPH, {}, board_with(lut=20000, ff=20000, bram=4)).attempt(2000)
    assert scarce.found.total.bram < plenty.found.total.bram


def test_nothing_fits() -> None:
    with pytest.raises(CompileError, match="'cnn' does not fit 'icebreaker'") as caught:
        plan(GRAPH, board=board_with(lut=900))
    finding = caught.value.diagnostics[0]
    assert finding.code == "HW0404"
    assert " of 900 logic cells" in finding.what
    assert finding.why.count("%") >= 2


def test_what_does_not_fit_is_told_by_the_layer_whose_weights_take_the_room() -> None:
    """The stage is called after the quantizer behind the layer; the user knows the layer."""
    builder = Builder("big")
    x = builder.input("x", TensorType((1, 1, 96), IntType(-8, 7)))
    weights = np.random.default_rng(1).integers(-8, 8, (1, 80, 96))
    layer = Origin("m.onnx", "big_layer", "MatMul")
    value = builder.add("product", Matmul(weights), (x,), layer)[0]
    steps = Threshold(np.array([[0, 9, 20]]), np.array([0]), np.array([1]), IntType(0, 3))
    quantizer = Origin("m.onnx", "quantizer", "QuantizeLinear")
    value = builder.add("levels", steps, (value,), quantizer)[0]
    with pytest.raises(CompileError) as caught:
        plan(builder.build((value,)), board=board_with(bram=2))
    assert str(caught.value) == (
        "error[HW0404]: 'big' does not fit 'icebreaker': about 7 of 2 block RAMs, because this is "
        "the smallest folding found; 'big_layer' takes 71 %, the link to the host takes 29 %. Try: "
        "a larger board, or a network with fewer channels or narrower numbers, or weights in "
        "external memory (`--external-memory 400`, in MB/s)."
    )


def test_a_target_is_met_whether_it_fits_or_not() -> None:
    board = board_with(lut=1500)
    planned, prediction = plan(GRAPH, board=board, target_cycles=1000)
    assert prediction.interval <= 1000
    (note,) = fit_notes(fit_report(planned, board))
    assert "may not fit 'icebreaker'" in note
    assert "of 1,500 logic cells" in note


def test_fixed_nodes_stay_fixed() -> None:
    schedule = {"nodes": {"m0": {"kernel": "folded", "pe": 1, "simd": 3}}}
    planned, _ = plan(GRAPH, board=load_board("ulx3s_85"), schedule=schedule)
    (found,) = (part for stage in planned.stages for part in stage.parts if part.node.name == "m0")
    assert dict(found.built.parameters) == {"pe": 1, "simd": 3}
    assert found.built.number("pe") * found.built.number("simd") == 3
