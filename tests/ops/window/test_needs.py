from __future__ import annotations

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hwcompile.ir.types import IntArray, TensorType
from hwcompile.ops.contract.site import Site
from hwcompile.ops.window.line_buffer import LineBuffer, automatic_depth
from hwcompile.ops.window.needs import WindowLayout, least_depth, sustains
from hwcompile.ops.window.op import Window
from hwcompile.schedule.time.tokens import simulate
from tests.kernelbench import one_node_plan
from tests.ops.window.cases import windows

ORACLE = "this project"
ORACLE_REASON = "`evaluate` defines the operation; its circuits are simulated beside it"


def layout(op: Window, kind: TensorType, words: int) -> WindowLayout:
    return WindowLayout(op.geometry, kind.shape, op.groups, words, op.taps)


def firings(need: IntArray, free: IntArray, depth: int, frames: int) -> IntArray | None:
    """Cycles of the reader's phases, cycle by cycle; None when both sides wait for ever."""
    words, reads = int(free[-1]), free.size
    written = released = done = 0
    cycles: list[int] = []
    for cycle in range(4 * frames * (words + reads)):
        frame, phase = divmod(done, reads)
        can_read = frame < frames and frame * words + need[phase] <= written
        can_write = written < frames * words and written - released < depth
        if frame == frames:
            return np.array(cycles).reshape(frames, reads)
        if not can_read and not can_write:
            return None
        if can_read:
            released = frame * words + free[phase]
            done += 1
            cycles.append(cycle)
        written += can_write
    raise AssertionError("no end")


@settings(deadline=None, max_examples=150)
@given(windows(), st.integers(1, 2))
def test_nothing_is_released_that_is_needed_later(
    case: tuple[Window, TensorType], words: int
) -> None:
    """Every tap on the map reads a word that has arrived and is still kept."""
    op, kind = case
    plan = layout(op, kind, words)
    need, free = plan.need(), plan.free()
    height, width, _ = kind.shape
    numbers = np.arange(plan.words).reshape(height, width, plan.pixel_words)
    # The window op itself, applied to the numbers of the words, says which words are read.
    reader = Window(op.kernel, op.strides, op.dilations, op.pads, -1, op.groups, op.taps)
    inner = TensorType((height, width, plan.pixel_words), kind.element)
    read = reader.evaluate((inner,), (numbers[None],))[0].ravel()
    assert read.size == plan.reads == need.size == free.size
    on_map = read >= 0
    assert np.all(read[on_map] < need[on_map])
    assert np.all(read[on_map] >= np.append(0, free[:-1])[on_map])
    assert np.all(np.diff(need) >= 0)
    assert np.all(np.diff(free) >= 0)
    assert need.max() <= plan.words
    assert free[-1] == plan.words


@settings(deadline=None, max_examples=60)
@given(windows())
def test_least_depth_is_the_least(case: tuple[Window, TensorType]) -> None:
    op, kind = case
    plan = layout(op, kind, 1)
    need, free = plan.need(), plan.free()
    least = least_depth(need, free)
    assert firings(need, free, least, 2) is not None
    assert least == 1 or firings(need, free, least - 1, 2) is None


@settings(deadline=None, max_examples=60)
@given(windows(), st.integers(0, 40))
def test_sustains_agrees_with_a_simulation(case: tuple[Window, TensorType], extra: int) -> None:
    op, kind = case
    plan = layout(op, kind, 1)
    assume(plan.words + plan.reads < 1500)
    need, free = plan.need(), plan.free()
    depth = least_depth(need, free) + extra
    cycles = firings(need, free, depth, 8)
    assert cycles is not None
    # Eight frames: a shortfall shows in the second half, after every transient has gone.
    measured = (cycles[7, -1] - cycles[3, -1]) / 4
    assert sustains(need, free, depth) == (measured == max(plan.words, plan.reads))


@settings(deadline=None, max_examples=30)
@given(windows())
def test_automatic_depth_reaches_the_interval(case: tuple[Window, TensorType]) -> None:
    """The whole stage, FIFOs included, settles to the interval that the kernel promises."""
    op, kind = case
    site, kernel = Site.of(op, kind), LineBuffer()
    parameters = next(iter(kernel.space(site)))
    plan = one_node_plan(site, kernel, parameters)
    ends = simulate(plan, 6).frame_ends
    assert ends[5] - ends[4] == kernel.at(site, parameters).interval
    assert kernel.at(site, parameters).interval == kernel.at(site, parameters).timing.interval


def test_a_small_convolution_needs_its_lines() -> None:
    """3x3 on 32x32: two lines and three pixels; one more window row for the next frame's start."""
    plan = WindowLayout(
        Window((3, 3), (1, 1), (1, 1), (0, 0, 0, 0), 0, 1).geometry, (32, 32, 64), 1, 1
    )
    assert least_depth(plan.need(), plan.free()) == 2 * 32 + 3
    assert automatic_depth(plan) == 128


def test_a_pointwise_stride_needs_almost_nothing() -> None:
    """A 1x1 kernel with stride 2 drops the pixels in between as they arrive."""
    plan = WindowLayout(
        Window((1, 1), (2, 2), (1, 1), (0, 0, 0, 0), 0, 1).geometry, (16, 16, 1), 1, 1
    )
    assert least_depth(plan.need(), plan.free()) == 1
    assert automatic_depth(plan) == 2
