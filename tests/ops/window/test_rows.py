"""Rows of windows say what the whole frame's counts say."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.ir.types import TensorType
from hwcompile.ops.window.needs import WindowLayout, least_depth, sustains
from hwcompile.ops.window.op import Window
from hwcompile.ops.window.rows import WindowReads
from tests.ops.window.cases import windows

ORACLE = "this project"
ORACLE_REASON = "rows are held against the counts of the whole frame"


@settings(deadline=None, max_examples=80)
@given(windows(), st.integers(1, 3))
def test_rows_are_the_frame(case: tuple[Window, TensorType], words: int) -> None:
    op, kind = case
    layout = WindowLayout(op.geometry, kind.shape, op.groups, words, op.taps)
    need, free = layout.need(), layout.free()
    reads = WindowReads(layout)
    reader = reads.actor("lines")
    np.testing.assert_array_equal(reader.reads["lines"].need, need)
    np.testing.assert_array_equal(reader.reads["lines"].free, free)
    assert reader.phases == int(reader.writes["out"][-1]) == layout.reads
    least = least_depth(need, free)
    assert reads.least_depth == least
    for depth in range(least, least + 40, 3):
        assert reads.sustains(depth) == sustains(need, free, depth)


def test_rows_that_do_the_same_are_kept_once() -> None:
    window = Window((3, 3), (1, 1), (1, 1), (1, 1, 1, 1), 0, 1)
    layout = WindowLayout(window.geometry, (200, 30, 4), 1, 2)
    assert sum(times for _, times in WindowReads(layout).rows) == 200
    assert len(WindowReads(layout).rows) <= 5
