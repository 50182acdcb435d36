"""Sums that are rounded after every addition: integers against numpy's float32 and float16."""

from __future__ import annotations

import numpy as np
import pytest

from hwcompile.ir.types import BIPOLAR, IntArray, IntType, TensorType
from hwcompile.ops.contract.site import Site
from hwcompile.ops.reduce.rounded_sum import RoundedSum, significant
from hwcompile.ops.reduce.rounding import Rounding
from tests.kernelbench import check_kernel

ORACLE = "numpy"
ORACLE_REASON = "IEEE 754 additions of float16 (11 digits) and float32 (24 digits), one by one"

KERNEL = Rounding()


def float_sum(values: IntArray, taps: int, number: type[np.floating]) -> IntArray:
    """`values` [n, H, W, taps * C] added in a float type, in the order of the taps."""
    split = values.reshape(*values.shape[:-1], taps, -1)
    total = np.zeros(split[..., 0, :].shape, dtype=number)
    for tap in range(taps):
        summand = split[..., tap, :].astype(number)
        assert np.array_equal(summand.astype(np.int64), split[..., tap, :])
        total = total + summand
    assert total.dtype == number
    return total.astype(np.int64)


@pytest.mark.parametrize(
    ("number", "digits", "element"),
    [
        (np.float16, 11, IntType(-2048, 2047)),
        (np.float16, 11, IntType(0, 1999)),
        (np.float16, 11, IntType(-2048, -1)),
        (np.float32, 24, IntType(-(1 << 24), 1 << 24)),
        (np.float32, 24, IntType(1, 1 << 24)),
    ],
)
@pytest.mark.parametrize("taps", [1, 2, 9, 23])
def test_rounded_sum_is_the_float_sum_of_integers(
    number: type[np.floating], digits: int, element: IntType, taps: int
) -> None:
    op = RoundedSum(taps, digits)
    source = TensorType((3, 5, taps * 7), element)
    assert op.problems((source,)) == []
    rng = np.random.default_rng(taps)
    x = rng.integers(element.low, element.high, (50, *source.shape), endpoint=True)
    x[0], x[1] = element.low, element.high
    x[2:20] >>= rng.integers(0, 12, x[2:20].shape)
    (y,), (result,) = op.evaluate((source,), (x,)), op.infer((source,))
    np.testing.assert_array_equal(y, float_sum(x, taps, number))
    assert (y.min(), y.max()) == (result.element.low, result.element.high)


def test_ties_of_both_signs_go_to_even_and_carry_into_a_new_digit() -> None:
    values = np.array([15, 17, 18, 19, 20, 22, 31, 34, 38, 63, 65, 0])
    kept = np.array([15, 16, 18, 20, 20, 22, 32, 32, 40, 64, 64, 0])
    found = significant(np.concatenate([values, -values]), 4)
    # By hand: 17 and 19 lie between neighbours in steps of 2, 34 and 38 in steps of 4.
    np.testing.assert_array_equal(found[: values.size], kept)
    np.testing.assert_array_equal(found[values.size :], -kept)


CASES: dict[str, tuple[RoundedSum, tuple[int, int, int], IntType, int]] = {
    "signed, one word per tap": (RoundedSum(9, 4), (2, 3, 27), IntType(-23, 20), 3),
    "signed, ragged words": (RoundedSum(4, 3), (2, 2, 20), IntType(-8, 7), 2),
    "unsigned": (RoundedSum(6, 4), (2, 3, 12), IntType(0, 31), 2),
    "negative": (RoundedSum(5, 2), (1, 3, 10), IntType(-9, -2), 1),
    "far from zero": (RoundedSum(3, 4), (1, 3, 6), IntType(40, 60), 2),
    "nothing to round": (RoundedSum(3, 9), (1, 3, 6), IntType(-8, 7), 1),
    "a single digit": (RoundedSum(4, 1), (2, 2, 8), IntType(-3, 3), 2),
    "a single tap": (RoundedSum(1, 3), (2, 2, 5), IntType(-30, 31), 2),
    "float32": (RoundedSum(4, 24), (2, 2, 12), IntType(-(1 << 31), 1 << 31), 2),
}


DEFAULT = ("signed, ragged words", "unsigned", "float32")


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(c, id=n, marks=() if n in DEFAULT else pytest.mark.slow)
        for n, c in CASES.items()
    ],
)
def test_rtl_of_a_rounded_sum_equals_meaning_and_prediction(
    case: tuple[RoundedSum, tuple[int, int, int], IntType, int],
) -> None:
    op, shape, element, pe = case
    check_kernel(Site.of(op, TensorType(shape, element)), KERNEL, {"pe": pe}, frames=20)


@pytest.mark.slow
def test_only_the_last_tap_of_a_rounded_sum_waits_for_room() -> None:
    op, shape, element, pe = CASES["signed, ragged words"]
    check_kernel(Site.of(op, TensorType(shape, element)), KERNEL, {"pe": pe}, depth=1)


@pytest.mark.parametrize(
    ("op", "element", "text"),
    [
        (RoundedSum(5, 4), IntType(0, 1), "5 equal taps"),
        (RoundedSum(2, 0), IntType(0, 1), "not at least one"),
        (RoundedSum(2, 4), BIPOLAR, "use a sum"),
        (RoundedSum(2, 24), IntType(0, 1 << 60), "more than 62"),
    ],
)
def test_rounded_sums_that_have_no_meaning_say_why(
    op: RoundedSum, element: IntType, text: str
) -> None:
    (problem,) = op.problems((TensorType((1, 1, 4), element),))
    assert text in problem
