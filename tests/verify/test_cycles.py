from __future__ import annotations

import numpy as np

from hwcompile.verify.cycles import first_late, later_ends, measured_interval


def test_the_last_frames_repeat() -> None:
    assert later_ends([10, 15, 25], 10, 1, 5) == [10, 15, 25, 35, 45]
    assert later_ends([10, 17, 22, 29, 34], 6, 2, 9) == [10, 17, 22, 29, 34, 41, 46, 53, 58]
    assert later_ends([10, 17, 22], 6, 2, 2) == [10, 17]


def test_a_frame_that_is_late_is_found() -> None:
    predicted = [10, 20, 30]
    assert first_late(predicted, np.array(predicted), False) is None
    assert first_late(predicted, np.array([10, 21, 30]), False) == (1, 20, 21)
    assert first_late(predicted, np.array([10, 19, 30]), False) == (1, 20, 19)
    assert first_late(predicted, np.array([10, 19, 30]), True) is None
    assert first_late(predicted, np.array([10, 20, 34]), False, starved=4) is None


def test_frames_that_take_turns_have_an_average() -> None:
    assert measured_interval(np.array([10, 17, 22, 29]), 2) == 6
    assert measured_interval(np.array([10, 17]), 2) == 7
    assert measured_interval(np.array([10]), 2) is None
