from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ops.contract.kernel import AnyKernel
from hwcompile.ops.contract.site import Parameters, Site
from hwcompile.ops.window import FAMILY
from hwcompile.ops.window.line_buffer import LineBuffer
from hwcompile.ops.window.op import Window
from hwcompile.schedule.time.tokens import simulate
from tests.kernelbench import check_kernel, one_node_plan
from tests.ops.window.cases import windows

ORACLE = "this project"
ORACLE_REASON = "`evaluate` defines the operation; its circuits are simulated beside it"

KERNEL: AnyKernel = LineBuffer()
BYTE, NIBBLE = IntType(0, 255), IntType(-8, 7)
NO_PADS, ONE, ALL_ROUND = (0, 0, 0, 0), (1, 1), (1, 1, 1, 1)


def site(op: Window, shape: tuple[int, int, int], element: IntType) -> Site[Window]:
    return Site.of(op, TensorType(shape, element))


CASES: dict[str, tuple[Site, dict[str, int]]] = {
    "one word per pixel": (
        site(Window((3, 3), ONE, ONE, NO_PADS, 0, 1), (6, 7, 4), BYTE),
        {"parallel": 4},
    ),
    "ragged words, padded": (
        site(Window((3, 3), ONE, ONE, ALL_ROUND, 5, 1), (5, 6, 5), BYTE),
        {"parallel": 2},
    ),
    "least depth waits between frames": (
        site(Window((3, 3), ONE, ONE, NO_PADS, 0, 1), (6, 5, 2), BYTE),
        {"parallel": 1, "depth": 32},
    ),
    "stride leaves rows and columns over": (
        site(Window((2, 2), (2, 2), ONE, NO_PADS, 0, 1), (7, 5, 3), NIBBLE),
        {"parallel": 3},
    ),
    "stride beyond the kernel": (
        site(Window(ONE, (3, 2), ONE, NO_PADS, 0, 1), (8, 7, 2), NIBBLE),
        {"parallel": 2, "depth": 2},
    ),
    "bipolar, zero padding, ragged": (
        site(Window((3, 3), (2, 1), ONE, (1, 0, 1, 2), 0, 1), (5, 5, 3), BIPOLAR),
        {"parallel": 2},
    ),
    "bipolar, padded with -1": (
        site(Window((3, 3), ONE, ONE, ALL_ROUND, -1, 1), (4, 4, 8), BIPOLAR),
        {"parallel": 8},
    ),
    "unsigned, negative padding": (
        site(Window((2, 2), ONE, ONE, (1, 1, 0, 0), -9, 1), (4, 4, 3), IntType(0, 5)),
        {"parallel": 3},
    ),
    "groups, padded below only": (
        site(Window((2, 3), ONE, ONE, (0, 0, 1, 0), -1, 3), (4, 4, 6), NIBBLE),
        {"parallel": 1},
    ),
    "dilated, asymmetric, signed and wider": (
        site(Window((3, 2), (1, 2), (2, 3), (3, 0, 1, 4), 20, 1), (6, 7, 2), NIBBLE),
        {"parallel": 2},
    ),
    "one dimension, padded on the right only": (
        site(Window((1, 5), (1, 2), ONE, (0, 0, 0, 4), 0, 1), (1, 12, 3), NIBBLE),
        {"parallel": 3},
    ),
    "kernel larger than the map": (
        site(Window((4, 4), ONE, ONE, (2, 3, 2, 1), 7, 1), (2, 2, 2), NIBBLE),
        {"parallel": 2},
    ),
    "five of nine taps, padded": (
        site(Window((3, 3), ONE, ONE, ALL_ROUND, 5, 1, (1, 3, 4, 5, 7)), (5, 6, 5), BYTE),
        {"parallel": 2},
    ),
    "two taps of groups, dilated, strides": (
        site(Window((3, 2), (1, 2), (2, 3), (3, 0, 1, 4), 20, 2, (3, 4)), (6, 7, 4), NIBBLE),
        {"parallel": 2},
    ),
    "one tap, not the first": (
        site(Window((3, 3), (2, 1), ONE, NO_PADS, 0, 1, (5,)), (7, 5, 3), BIPOLAR),
        {"parallel": 3},
    ),
    "windows right of and below the map": (
        site(Window(ONE, ONE, ONE, (2, 2, 3, 3), -8, 1), (2, 3, 1), NIBBLE),
        {"parallel": 1},
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_rtl_equals_meaning_and_prediction(case: tuple[Site, dict[str, int]]) -> None:
    example, parameters = case
    check_kernel(example, KERNEL, parameters, frames=4)


def test_waits_for_room_exactly_as_predicted() -> None:
    """An output FIFO of one word: nearly every phase of the reader waits for it."""
    example, parameters = CASES["ragged words, padded"]
    check_kernel(example, KERNEL, parameters, depth=1)


@pytest.mark.slow
@pytest.mark.parametrize("index", range(len(FAMILY.examples())))
def test_whole_space_of_the_examples(index: int) -> None:
    example = FAMILY.examples()[index]
    for parameters in KERNEL.space(example):
        check_kernel(example, KERNEL, parameters, frames=4)


@pytest.mark.slow
@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
@given(windows(), st.integers(0, 99), st.booleans())
def test_random_windows(case: tuple[Window, TensorType], seed: int, tight: bool) -> None:
    example = Site.of(*case)
    choices = list(KERNEL.space(example))
    parameters = dict(choices[seed % len(choices)])
    if tight:
        parameters["depth"] = smallest_legal_depth(example, parameters)
    check_kernel(example, KERNEL, parameters, frames=4, seed=seed)


def smallest_legal_depth(example: Site, parameters: Parameters) -> int:
    depth = 2
    while KERNEL.check(example, {**parameters, "depth": depth}) is not None:
        depth *= 2
    return depth


@settings(deadline=None, max_examples=80)
@given(windows())
def test_space_is_legal_and_ports_carry_the_tensors(case: tuple[Window, TensorType]) -> None:
    example = Site.of(*case)
    space = list(KERNEL.space(example))
    assert space
    for parameters in space:
        assert KERNEL.check(example, parameters) is None
        ports = KERNEL.at(example, parameters).ports
        (source,) = ports.inputs
        assert source.vectors * source.size == example.inputs[0].size
        assert ports.output.vectors * ports.output.size == example.outputs[0].size
        assert KERNEL.at(example, parameters).timing.interval == max(
            source.words, ports.output.words
        )


@pytest.mark.parametrize(
    ("groups", "parameters", "text"),
    [
        (1, {"parallel": 0}, "from 1 to 6"),
        (1, {"parallel": 7}, "from 1 to 6"),
        (1, {}, "not None"),
        (1, {"parallel": 2, "lanes": 1}, "no parameter 'lanes'"),
        (1, {"parallel": 6, "depth": 48}, "2, 4, 8"),
        (1, {"parallel": 6, "depth": 1}, "2, 4, 8"),
        (1, {"parallel": 6, "depth": 8}, "deadlock; the windows need 13 words"),
        (2, {"parallel": 2}, "must divide the 3 channels"),
    ],
)
def test_check_says_why(groups: int, parameters: dict[str, int], text: str) -> None:
    example = site(Window((3, 3), ONE, ONE, NO_PADS, 0, groups), (5, 5, 6), NIBBLE)
    reason = KERNEL.check(example, parameters)
    assert reason is not None
    assert text in reason


def test_extremes_pass_unchanged() -> None:
    """The widest elements that occur; alternating extremes in neighbouring pixels."""
    element = IntType(-(2**15), 2**15 - 1)
    example = site(Window((2, 2), ONE, ONE, ALL_ROUND, element.low, 1), (3, 3, 2), element)
    x = np.where(np.indices((2, 3, 3, 2)).sum(axis=0) % 2, element.low, element.high)
    check_kernel(example, KERNEL, {"parallel": 2}, inputs=(x.astype(np.int64),))


def test_least_depth_costs_cycles_between_frames() -> None:
    """Why the automatic choice is larger; the RTL is held to both predictions above."""
    example, tight = CASES["least depth waits between frames"]
    interval = KERNEL.at(example, tight).interval
    waiting = simulate(one_node_plan(example, KERNEL, tight), 4).frame_ends
    flowing = simulate(one_node_plan(example, KERNEL, {"parallel": 1}), 4).frame_ends
    assert flowing[3] - flowing[2] == interval
    assert waiting[3] - waiting[2] > interval
