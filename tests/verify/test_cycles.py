"""What a run must have in common with the prediction; the figures are worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np

from hwcompile.verify.compare import Mismatch
from hwcompile.verify.cycles import Late, RunCycles, last_interval
from hwcompile.verify.verification import Verification


def timing(measured: list[int], **options: Any) -> RunCycles:
    values: dict[str, Any] = {"period": 1, "exact": 3, **options}
    return RunCycles(np.array([10, 20, 30]), np.array(measured), **values)


def test_a_frame_that_ends_at_another_time_is_found() -> None:
    assert timing([10, 20, 30]).late is None
    assert timing([10, 21, 30]).late == Late(1, 20, 21)
    assert timing([10, 19, 30]).late == Late(1, 20, 19)
    assert timing([10, 19, 30], early=True).late is None
    assert timing([10, 20, 34], starved=4).late is None
    assert timing([10, 20, 35], starved=4).late == Late(2, 30, 35)
    assert timing([10, 20, 35], exact=2).late is None


def test_any_mismatch_of_timing_fails() -> None:
    """Latency, a gap and the last gap: each alone is enough."""
    for measured in ([9, 20, 30], [11, 20, 30], [10, 21, 30], [10, 20, 31], [10, 20, 29]):
        outcome = Verification(3, {"rtl": ()}, {"rtl": timing(measured)}, 10)
        assert not outcome.passed
        assert not outcome.cycles_agree
    assert Verification(3, {"rtl": ()}, {"rtl": timing([10, 20, 30])}, 10).passed


def test_a_mismatch_at_one_of_several_levels_fails() -> None:
    """The later level may not hide what the earlier one found."""
    timings = {"rtl": timing([10, 20, 31]), "netlist": timing([10, 20, 30])}
    outcome = Verification(3, {"rtl": (), "netlist": ()}, timings, 10)
    assert not outcome.passed
    assert outcome.late == Late(2, 30, 31)
    assert outcome.lines()[2:5] == [
        "rtl: interval: 10 cycles predicted, 11 measured",
        "rtl: latency: 11 cycles predicted, 11 measured",
        "rtl: frame 2 ended in cycle 31, not in the predicted 30",
    ]


def test_the_lines_say_when_frames_ended_and_when_they_should_have() -> None:
    assert timing([10, 20, 30]).lines(10) == [
        "interval: 10 cycles predicted, 10 measured",
        "latency: 11 cycles predicted, 11 measured",
        "frame 2 ended in cycle 30, as predicted",
    ]
    assert timing([10, 20, 30]).lines(12)[0] == (
        "interval: 10 cycles predicted, 10 measured; 12 once settled"
    )
    assert timing([10, 20, 28], early=True).lines(10)[2] == (
        "frame 2 ended in cycle 28, predicted for 30 at the latest"
    )
    assert timing([10, 20, 33], starved=4).lines(10)[2] == (
        "frame 2 ended in cycle 33, predicted for 30 without waiting for memory"
    )
    assert timing([10, 20, 35], exact=2).lines(10)[2:] == [
        "frame 1 ended in cycle 20, as predicted",
        "frames 2 to 2 have no exact prediction",
    ]


def test_a_wrong_integer_fails_whatever_the_timing() -> None:
    wrong = Mismatch("y", "", 0, (0, 0), 0, 1, 2, 1, 4)
    assert not Verification(3, {"rtl": (wrong,)}, {"rtl": timing([10, 20, 30])}, 10).passed


def test_a_run_that_ended_before_the_design_settled_leaves_the_interval_open() -> None:
    def recorded(settled: int) -> dict[str, Any]:
        cycles = {"predicted": settled, "measured": None}
        design = {"levels": {}, "interval_cycles": cycles, "latency_cycles": {"measured": None}}
        Verification(3, {"rtl": ()}, {"rtl": timing([10, 20, 30])}, settled).record(
            {"design": design}
        )
        return design

    assert recorded(10)["interval_cycles"]["measured"] == 10
    assert recorded(12)["interval_cycles"]["measured"] is None
    assert recorded(12)["latency_cycles"]["measured"] == 11
    assert recorded(12)["levels"] == {"rtl": {"frames": 3, "mismatches": 0}}


def test_frames_that_take_turns_have_an_average() -> None:
    assert last_interval(np.array([10, 17, 22, 29]), 2) == 6
    assert last_interval(np.array([10, 17]), 2) == 7
    assert last_interval(np.array([10]), 2) is None
