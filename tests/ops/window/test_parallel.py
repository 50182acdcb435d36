from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ops.contract.kernel import AnyKernel
from hwcompile.ops.contract.site import Site
from hwcompile.ops.window.needs import least_depth, sustains
from hwcompile.ops.window.op import Window
from hwcompile.ops.window.parallel import Parallel, TapsAbreast
from hwcompile.schedule.time.tokens import simulate
from tests.kernelbench import check_kernel, one_node_plan
from tests.ops.window.cases import WIDE, windows

ORACLE = "this project"
ORACLE_REASON = "`evaluate` defines the operation; its circuits are simulated beside it"

KERNEL: AnyKernel = Parallel()
BYTE, NIBBLE = IntType(0, 255), IntType(-8, 7)
NO_PADS, ONE, ALL_ROUND = (0, 0, 0, 0), (1, 1), (1, 1, 1, 1)


def site(op: Window, shape: tuple[int, int, int], element: IntType) -> Site[Window]:
    return Site.of(op, TensorType(shape, element))


CASES: dict[str, tuple[Site, int]] = {
    "no padding": (site(Window((3, 2), ONE, ONE, NO_PADS, 0, 1), (5, 7, 3), NIBBLE), 3),
    "padded all round": (site(Window((3, 3), ONE, ONE, ALL_ROUND, -3, 1), (5, 6, 2), NIBBLE), 2),
    "five by five, far past the edge": (
        site(Window((5, 5), ONE, ONE, (2, 2, 2, 2), 1, 1), (6, 7, 2), BYTE),
        2,
    ),
    "parts of a pixel": (site(Window((3, 3), ONE, ONE, ALL_ROUND, 7, 1), (4, 5, 6), NIBBLE), 2),
    "stride and a tail": (
        site(Window((3, 3), (2, 2), ONE, (0, 0, 1, 1), 0, 1), (8, 6, 3), NIBBLE),
        3,
    ),
    "stride leaves rows and columns over": (
        site(Window((2, 2), (3, 2), ONE, NO_PADS, 0, 1), (7, 5, 3), NIBBLE),
        1,
    ),
    "bipolar, zero padding": (
        site(Window((3, 3), (1, 2), ONE, ALL_ROUND, 0, 1), (4, 5, 4), BIPOLAR),
        4,
    ),
    "groups one after the other": (
        site(Window((2, 3), ONE, ONE, (1, 0, 0, 2), -1, 3), (4, 5, 6), NIBBLE),
        2,
    ),
    "groups abreast": (site(Window((3, 2), ONE, ONE, (1, 1, 1, 0), 2, 4), (4, 5, 8), NIBBLE), 4),
    "dilated": (site(Window((3, 2), ONE, (2, 3), (2, 1, 1, 2), 20, 1), (6, 7, 2), NIBBLE), 2),
    "one dimension": (site(Window((1, 5), ONE, ONE, (0, 2, 0, 2), 0, 1), (1, 11, 3), NIBBLE), 3),
    "one dimension, causal, in parts": (
        site(Window((1, 4), (1, 2), (1, 2), (0, 6, 0, 0), 0, 1), (1, 9, 4), BYTE),
        2,
    ),
    "one column": (site(Window((4, 1), ONE, ONE, (1, 0, 2, 0), 5, 1), (6, 1, 2), NIBBLE), 2),
    "five of nine taps, in parts": (
        site(Window((3, 3), ONE, ONE, ALL_ROUND, 7, 1, (1, 3, 4, 5, 7)), (4, 5, 6), NIBBLE),
        2,
    ),
    "two taps of groups abreast, dilated": (
        site(Window((3, 2), (1, 2), (2, 3), (2, 1, 1, 2), 20, 4, (1, 2)), (6, 7, 8), NIBBLE),
        4,
    ),
    "kernel larger than the map": (
        site(Window((4, 3), ONE, ONE, (2, 1, 2, 1), 7, 1), (2, 3, 2), NIBBLE),
        2,
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_rtl_equals_meaning_and_prediction(case: tuple[Site, int]) -> None:
    example, parallel = case
    check_kernel(example, KERNEL, {"parallel": parallel}, frames=4)


@pytest.mark.parametrize("case", WIDE.values(), ids=WIDE.keys())
def test_wide_maps_keep_a_row_less_than_windows_reach_over(case: tuple[Site, int]) -> None:
    example, parallel = case
    built = KERNEL.at(example, {"parallel": parallel})
    assert isinstance(built, TapsAbreast)
    assert built.recent > 0
    assert built.rows == built.walk.reach[0]
    check_kernel(example, KERNEL, {"parallel": parallel}, frames=4)
    check_kernel(example, KERNEL, {"parallel": parallel}, frames=4, depth=1)


SEVERAL: dict[str, tuple[Site, int]] = {
    "padded, a ragged row": (
        site(Window((3, 3), ONE, ONE, ALL_ROUND, -3, 1), (4, 7, 2), NIBBLE),
        3,
    ),
    "no padding, fewer windows": (
        site(Window((2, 3), ONE, ONE, NO_PADS, 0, 1), (5, 6, 3), BYTE),
        4,
    ),
    "stride, half as many windows": (
        site(Window((3, 3), (2, 2), ONE, (0, 0, 1, 1), 7, 1), (8, 6, 3), NIBBLE),
        4,
    ),
    "some taps": (
        site(Window((3, 3), ONE, ONE, ALL_ROUND, -3, 1, (0, 4, 5)), (4, 7, 2), NIBBLE),
        3,
    ),
    "a whole row": (site(Window((3, 5), ONE, ONE, (1, 2, 1, 2), 1, 1), (4, 5, 2), NIBBLE), 5),
    "groups, dilated, bipolar": (
        site(Window((1, 3), ONE, (1, 2), (0, 3, 0, 1), 1, 2), (3, 8, 4), BIPOLAR),
        3,
    ),
}


@pytest.mark.parametrize("case", SEVERAL.values(), ids=SEVERAL.keys())
def test_several_pixels_per_word(case: tuple[Site, int]) -> None:
    example, pixels = case
    parameters = {"parallel": example.inputs[0].channels, "pixels": pixels}
    assert KERNEL.check(example, parameters) is None
    check_kernel(example, KERNEL, parameters, frames=4)


def test_waits_for_room_exactly_as_predicted() -> None:
    """An output FIFO of one word: nearly every window waits for it, and words arrive meanwhile."""
    example, parallel = CASES["five by five, far past the edge"]
    check_kernel(example, KERNEL, {"parallel": parallel}, depth=1, frames=4)


def test_extremes_pass_unchanged() -> None:
    """The widest elements that occur; alternating extremes in neighbouring pixels."""
    element = IntType(-(2**15), 2**15 - 1)
    example = site(Window((2, 2), ONE, ONE, (1, 1, 0, 0), element.low, 1), (3, 4, 2), element)
    x = np.where(np.indices((2, 3, 4, 2)).sum(axis=0) % 2, element.low, element.high)
    check_kernel(example, KERNEL, {"parallel": 2}, inputs=(x.astype(np.int64),))


@st.composite
def wide_windows(draw: st.DrawFn) -> Site[Window]:
    """A window of several rows over a map whose rows are so long that one of them is not kept."""

    def pick(*numbers: int) -> int:
        return draw(st.sampled_from(numbers))

    shape = (draw(st.integers(2, 7)), draw(st.integers(32, 40)), pick(1, 1, 2))
    kernel, apart = (draw(st.integers(2, 5)), draw(st.integers(1, 3))), (pick(1, 1, 2), 1)
    pads = tuple(draw(st.integers(0, kernel[i % 2] - 1)) for i in range(4))
    window = Window(kernel, (pick(1, 1, 2, 3), pick(1, 2)), apart, pads, pick(0, 3, -9), 1)
    kind = TensorType(shape, draw(st.sampled_from((NIBBLE, BYTE, BIPOLAR))))
    assume(not window.problems((kind,)))
    return Site.of(window, kind)


@pytest.mark.slow
@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
@given(wide_windows(), st.integers(0, 99), st.sampled_from((None, 1, 2)))
def test_random_wide_windows(example: Site[Window], seed: int, depth: int | None) -> None:
    assume(KERNEL.refuses(example) is None)
    parameters = {"parallel": example.inputs[0].channels}
    check_kernel(example, KERNEL, parameters, frames=4, seed=seed, depth=depth)


@settings(deadline=None, max_examples=60)
@given(wide_windows())
def test_words_that_wait_slow_nobody_down(example: Site[Window]) -> None:
    """Frames follow each other as fast as the slower side alone, at any number of rows kept."""
    assume(KERNEL.refuses(example) is None)
    parameters = {"parallel": example.inputs[0].channels}
    plan = one_node_plan(example, KERNEL, parameters)
    ends = simulate(plan, 6).frame_ends
    assert ends[5] - ends[4] == KERNEL.at(example, parameters).interval


@st.composite
def parallel_windows(draw: st.DrawFn) -> tuple[Site, dict[str, int]]:
    """A window that the kernel builds, and one of its parameter sets."""
    case = draw(windows().filter(lambda case: KERNEL.refuses(Site.of(*case)) is None))
    example = Site.of(*case)
    choices = [*KERNEL.space(example), *KERNEL.space_of_pixels(example)]
    return example, dict(draw(st.sampled_from(choices)))


@pytest.mark.slow
@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
@given(parallel_windows(), st.integers(0, 99), st.sampled_from((None, 1, 2)))
def test_random_windows(case: tuple[Site, dict[str, int]], seed: int, depth: int | None) -> None:
    """Shapes, groups, foldings, and room at the output; with and without stalls on both sides."""
    check_kernel(case[0], KERNEL, case[1], frames=4, seed=seed, depth=depth)


BELOW_ONE_ROW = Window((2, 1), (1, 1), (1, 1), (0, 0, 1, 0), 0, 2)
"""Its memory of lines is filled, and no read of it needs a word."""


@settings(deadline=None, max_examples=60)
@given(parallel_windows())
@example((Site.of(BELOW_ONE_ROW, TensorType((1, 4, 4), BIPOLAR)), {"parallel": 1}))
def test_line_memory_is_enough_and_ports_carry_the_tensors(
    case: tuple[Site, dict[str, int]],
) -> None:
    site, parameters = case
    assert KERNEL.check(site, parameters) is None
    built = KERNEL.at(site, parameters)
    (source,) = built.ports.inputs
    assert source.vectors * source.size == site.inputs[0].size
    assert built.ports.output.vectors * built.ports.output.size == site.outputs[0].size
    access = built.timing.actors["read"].reads["lines"]
    capacity = built.timing.buffers["lines"].capacity
    assert np.all(np.diff(access.need) >= 0)
    assert np.all(np.diff(access.free) >= 0)
    assert least_depth(access.need, access.free) <= capacity
    assert sustains(access.need, access.free, capacity)


@pytest.mark.parametrize("padding", [1, 2])
def test_padding_takes_no_cycles(padding: int) -> None:
    """Frames of a padded map follow each other every height * width cycles."""
    size = 2 * padding + 1
    window = Window((size, size), ONE, ONE, (padding,) * 4, 0, 1)
    example = site(window, (6, 7, 2), NIBBLE)
    ends = simulate(one_node_plan(example, KERNEL, {"parallel": 2}), 5).frame_ends
    assert [ends[i + 1] - ends[i] for i in range(4)] == [42] * 4


@pytest.mark.parametrize(
    ("groups", "parameters", "text"),
    [
        (1, {"parallel": 0}, "from 1 to 12"),
        (1, {"parallel": 13}, "from 1 to 12"),
        (1, {}, "not None"),
        (1, {"parallel": 2, "lanes": 1}, "no parameter 'lanes'"),
        (1, {"parallel": 5}, "divides the 12 channels"),
        (4, {"parallel": 2}, "divides the 3 channels"),
        (4, {"parallel": 9}, "some of the 4 groups"),
        (1, {"parallel": 12, "pixels": 7}, "from 1 to 6 (pixels of a row)"),
        (1, {"parallel": 6, "pixels": 2}, "'parallel' is 12 (all channels)"),
    ],
)
def test_check_says_why(groups: int, parameters: dict[str, int], text: str) -> None:
    example = site(Window((3, 3), ONE, ONE, NO_PADS, 0, groups), (5, 6, 12), NIBBLE)
    reason = KERNEL.check(example, parameters)
    assert reason is not None
    assert text in reason


def test_windows_far_outside_are_refused() -> None:
    """More windows in a row than columns: they would leave faster than the walk brings words."""
    example = site(Window((3, 3), ONE, ONE, (2, 2, 2, 2), 0, 1), (4, 5, 2), NIBBLE)
    reason = KERNEL.refuses(example)
    assert reason is not None
    assert "outside of the map" in reason


def test_a_row_past_the_map_that_ends_in_the_same_row_is_refused() -> None:
    """Both rows of windows end in the only row: the second one's read would be a cycle late."""
    example = site(Window((1, 2), ONE, ONE, (0, 0, 1, 1), 0, 1), (1, 1, 1), BIPOLAR)
    reason = KERNEL.refuses(example)
    assert reason is not None
    assert "end in one row" in reason
