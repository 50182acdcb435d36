"""Ties to even: a shift instead of a multiplier, beside numpy's `rint`."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.ir.types import IntArray, IntType, TensorType
from hwcompile.ops.contract.site import Site
from hwcompile.ops.threshold import FAMILY, Threshold
from hwcompile.ops.threshold.multiplier import holds, solve_shift
from hwcompile.ops.threshold.ties import solve_even
from tests.kernelbench import check_kernel

ORACLE = "numpy"
ORACLE_REASON = "its rounding is IEEE 754's default, which ONNX's quantizers follow"

SHIFT = FAMILY.kernel("shift")


def rounded(x: IntArray, offset: float, shift: int, zero: int, low: int, high: int) -> IntArray:
    """IEEE 754's default rounding, as numpy has it."""
    result: IntArray = np.clip(np.rint((x + offset) / 2**shift) + zero, low, high).astype(np.int64)
    return result


def site_of(
    element: IntType, result: IntType, offsets: list[float], shift: int, zero: int
) -> Site[Threshold]:
    """A row per channel; the thresholds are counted off what numpy says."""
    x = element.values()
    levels = np.arange(result.low + 1, result.high + 1)
    y = [rounded(x, offset, shift, zero, result.low, result.high) for offset in offsets]
    rows = element.low + np.stack([np.searchsorted(row, levels) for row in y])
    count = len(offsets)
    op = Threshold(rows, np.full(count, result.low), np.ones(count, dtype=np.int64), result)
    return Site.of(op, TensorType((1, 2, count), element))


def test_the_worked_example() -> None:
    steps = np.array([[3, 6, 11, 14, 19]])
    one = np.ones(1, dtype=np.int64)
    assert solve_shift(steps, one, 0, 21) is None
    solved = solve_even(steps, one, 0, 21)
    assert solved is not None
    found, left = solved
    assert (left, found.shift, found.late, int(found.bias[0])) == (0, 2, 1, 2)
    assert holds(found, steps, one, 0, 21)


@settings(max_examples=200)
@given(
    shift=st.integers(1, 6),
    zero=st.integers(-3, 3),
    halves=st.lists(st.integers(-200, 200), min_size=1, max_size=4),
    bits=st.integers(2, 6),
)
def test_what_numpy_rounds_is_a_shift(shift: int, zero: int, halves: list[int], bits: int) -> None:
    """Offsets are whole, or lie in the middle between two values of x, where there are no ties."""
    element, result = IntType(-256, 255), IntType(-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
    offsets = [half / 2 for half in halves]
    site = site_of(element, result, offsets, shift, zero)
    assert SHIFT.refuses(site) is None
    x = element.values()
    want = [rounded(x, offset, shift, zero, result.low, result.high) for offset in offsets]
    frames = np.broadcast_to(x[:, None, None, None], (x.size, 1, 2, len(offsets)))
    (got,) = site.op.evaluate(site.inputs, (frames,))
    np.testing.assert_array_equal(got[:, 0, 1, :].T, want)


@settings(max_examples=3, deadline=None)
@given(
    shift=st.integers(1, 5),
    zero=st.integers(-2, 2),
    offsets=st.lists(st.sampled_from([-31.0, -4.5, 0.0, 8.0, 17.0]), min_size=3, max_size=3),
    parallel=st.integers(1, 3),
)
def test_hardware_rounds_like_numpy(
    shift: int, zero: int, offsets: list[float], parallel: int
) -> None:
    element, result = IntType(-100, 120), IntType(-5, 9)
    x = element.values()
    site = site_of(element, result, offsets, shift, zero)
    frames = np.broadcast_to(x[:, None, None, None], (x.size, 1, 2, 3)).copy()
    check_kernel(site, SHIFT, {"parallel": parallel}, inputs=(frames,))


@pytest.mark.parametrize("moved", [0, 1, 4])
def test_a_step_elsewhere_is_no_tie(moved: int) -> None:
    steps = np.array([[3, 6, 11, 14, 19]])
    steps[0, moved] += 2
    assert solve_even(steps, np.ones(1, dtype=np.int64), 0, 30) is None


def test_sixteen_bits_need_no_memory() -> None:
    """A sum of products of 16 bits that is rounded to 16: 65,535 thresholds, and no table."""
    element, result = IntType(-(2**33), 2**33 - 1), IntType(-(2**15), 2**15 - 1)
    levels = np.arange(result.low + 1, result.high + 1, dtype=np.int64)
    rows = (levels << 15) - (1 << 14) + (levels & 1)
    op = Threshold(rows[None], np.array([result.low]), np.ones(1, dtype=np.int64), result)
    site = Site.of(op, TensorType((1, 1, 4), element))
    assert SHIFT.refuses(site) is None
    needs = SHIFT.at(site, {"parallel": 1}).needs
    assert not needs.memories
    assert not needs.products
