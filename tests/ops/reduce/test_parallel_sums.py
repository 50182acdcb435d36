"""Sums whose order counts, all taps of some channels per cycle."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hwcompile.ir.types import IntType, TensorType
from hwcompile.ops import family
from hwcompile.ops.contract.kernel import AnyKernel
from hwcompile.ops.contract.site import Blocks, Parameters, Site
from hwcompile.ops.reduce.limited_sum import LimitedSum
from hwcompile.ops.reduce.rounded_sum import RoundedSum
from tests.kernelbench import check_kernel

ORACLE = "this project"
ORACLE_REASON = "`evaluate` is held to Xilinx' headers and to float32 beside this file"

ROUNDING: AnyKernel = family("reduce").kernel("parallel_rounding")
LIMITING: AnyKernel = family("reduce").kernel("parallel_limiting")

Sum = LimitedSum | RoundedSum


def site(op: Sum, channels: int, element: IntType, shape: tuple[int, int] = (2, 3)) -> Site[Sum]:
    return Site.of(op, TensorType((*shape, op.taps * channels), element))


def kernel_of(op: Sum) -> AnyKernel:
    return LIMITING if isinstance(op, LimitedSum) else ROUNDING


CASES: dict[str, tuple[Site[Sum], Parameters, int | None]] = {
    "saturates": (site(LimitedSum(9, -20, 25), 4, IntType(-8, 7)), {"pe": 2}, None),
    "becomes 0": (site(LimitedSum(4, -9, 11, "zero"), 3, IntType(-6, 7)), {"pe": 3}, 1),
    "without a sign": (site(LimitedSum(5, 0, 40), 2, IntType(0, 31)), {"pe": 1}, None),
    "two taps": (site(LimitedSum(2, -4, 3), 2, IntType(-8, 7)), {"pe": 2}, 2),
    "terms wider than sums": (site(LimitedSum(3, -3, 3), 2, IntType(-99, 50)), {"pe": 1}, None),
    "rounds": (site(RoundedSum(9, 3), 4, IntType(-9, 5)), {"pe": 2}, None),
    "rounds without a sign": (site(RoundedSum(4, 5), 3, IntType(0, 60)), {"pe": 1}, 1),
    "nothing to round": (site(RoundedSum(3, 30), 2, IntType(-9, 5)), {"pe": 2}, None),
    "two pixels of three": (
        site(LimitedSum(4, -9, 8), 2, IntType(-8, 7)),
        {"pe": 2, "pixels": 2},
        None,
    ),
    "a row of pixels": (site(RoundedSum(4, 3), 2, IntType(-8, 7)), {"pe": 2, "pixels": 3}, None),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_rtl_equals_meaning_and_prediction(case: tuple[Site[Sum], Parameters, int | None]) -> None:
    here, parameters, depth = case
    check_kernel(here, kernel_of(here.op), parameters, frames=4, depth=depth)


def test_the_order_of_the_taps_counts() -> None:
    """Up to the end of the range and back; and two digits after every addition."""
    taps = np.array([[[[7, 5, -5, 0]]], [[[-8, -8, 7, 1]]]], dtype=np.int64)
    limited = site(LimitedSum(4, -9, 9), 1, IntType(-8, 7), (1, 1))
    rounded = site(RoundedSum(4, 2), 1, IntType(-8, 7), (1, 1))
    for here, expected in ((limited, [4, -1]), (rounded, [8, -8])):
        (found,) = here.op.evaluate(here.inputs, (taps,))
        assert found.ravel().tolist() == expected
        check_kernel(here, kernel_of(here.op), {"pe": 1}, inputs=(taps,))


def test_words_hold_all_taps_of_a_block() -> None:
    built = LIMITING.at(site(LimitedSum(3, -9, 9), 8, IntType(0, 5)), {"pe": 4})
    (source,) = built.ports.inputs
    assert (source.parallel, source.words, source.order) == (12, 12, Blocks(3, 4))
    assert (built.interval, built.timing.stages) == (12, 3)


@st.composite
def sums(draw: st.DrawFn) -> tuple[Site[Sum], Parameters]:
    """A sum, and one of the parameter sets of its kernel."""
    taps, channels = draw(st.integers(2, 7)), draw(st.integers(1, 6))
    low = draw(st.integers(-200, 10))
    element = IntType(low, low + draw(st.integers(1, 300)))
    op: Sum = RoundedSum(taps, draw(st.integers(1, 9)))
    if draw(st.booleans()):
        ends = draw(st.integers(0, 90)), draw(st.integers(1, 300))
        op = LimitedSum(taps, -ends[0], ends[1], draw(st.sampled_from(("saturate", "zero"))))
    here = site(op, channels, element, (draw(st.integers(1, 3)), draw(st.integers(1, 5))))
    kernel = kernel_of(op)
    choices = [*kernel.space(here), *kernel.space_of_pixels(here)]
    return here, dict(draw(st.sampled_from(choices)))


@pytest.mark.slow
@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
@given(sums(), st.integers(0, 99), st.sampled_from((None, 1, 2)))
def test_random_sums(case: tuple[Site[Sum], Parameters], seed: int, depth: int | None) -> None:
    """Widths, ranges, foldings, and room at the output; with and without stalls."""
    here, parameters = case
    check_kernel(here, kernel_of(here.op), parameters, frames=4, seed=seed, depth=depth)
