"""erf and the logistic function: what is rounded to float32 is scipy's result, on a float32 grid.

scipy serves the tests only; math.erf (the C library's) is the second witness.
"""

from __future__ import annotations

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest
from scipy import special as oracle

from hwcompile_runtime import special
from hwcompile_runtime.float_kinds import KINDS

ORACLE = "numpy"
ORACLE_REASON = "functions of numbers, which no model format defines: scipy's are the formula"


def grid(step: int) -> np.ndarray:
    """Every `step`-th float32 of either sign, infinities included, as float32."""
    bits = np.arange(0, 0x7F800000 + 1, step, dtype=np.uint32)
    bits = np.append(bits, np.uint32(0x7F800000))
    return np.concatenate([bits.view(np.float32), (bits | np.uint32(1 << 31)).view(np.float32)])


def dense() -> np.ndarray:
    """The range in which the functions bend, far more densely."""
    return np.linspace(-20, 20, 400_003).astype(np.float32)


@pytest.mark.parametrize("x", [grid(4099), dense()], ids=["all magnitudes", "bent range"])
@pytest.mark.parametrize(("ours", "theirs"), [("erf", "erf"), ("logistic", "expit")])
def test_functions_round_to_the_same_float32_everywhere(
    ours: str, theirs: str, x: np.ndarray
) -> None:
    wide = x.astype(np.float64)
    found = getattr(special, ours)(wide).astype(np.float32)
    assert np.array_equal(found, getattr(oracle, theirs)(wide).astype(np.float32))


def test_erf_is_the_same_float64_where_no_exponential_takes_part() -> None:
    x = np.random.default_rng(7).uniform(-1, 1, 200_000)
    assert np.array_equal(special.erf(x), oracle.erf(x))


def test_erf_rounds_as_the_c_library_does() -> None:
    x = dense()[::7].astype(np.float64)
    expected = np.array([math.erf(value) for value in x]).astype(np.float32)
    assert np.array_equal(special.erf(x).astype(np.float32), expected)


def test_functions_made_of_them_keep_their_float32_where_digits_cancel() -> None:
    # 1 + erf(x) loses digits for negative x, so that erf's last bits are seen.
    x = np.concatenate([grid(40_009), dense()])
    wide = x.astype(np.float64)
    with np.errstate(invalid="ignore"):
        gelu = (0.5 * wide * (1 + oracle.erf(wide / np.sqrt(2)))).astype(np.float32)
        silu = (wide * oracle.expit(wide)).astype(np.float32)
        assert np.array_equal(KINDS["gelu"].evaluate(x, (), {}), gelu, equal_nan=True)
        assert np.array_equal(KINDS["silu"].evaluate(x, (), {}), silu, equal_nan=True)


def test_signs_of_zero_and_what_is_no_number_pass() -> None:
    assert math.copysign(1, special.erf(-0.0)) == -1
    assert np.isnan(special.erf(np.nan))
    assert np.isnan(special.logistic(np.nan))


def in_the_middle(x: float, ours: np.float32, theirs: np.float32) -> bool:
    """Whether float64 can hardly say which of two float32 is nearer to the logistic function.

    Its processors' `exp` differ in the last bit, and so do the results where the true number, here
    with 50 digits, is no further from the middle of both than that.
    """
    with localcontext(prec=50):
        true = 1 / (1 + (-Decimal(x)).exp())
        middle = (Decimal(float(ours)) + Decimal(float(theirs))) / 2
        return abs(true - middle) <= Decimal(float(np.spacing(np.float64(middle))))


@pytest.mark.slow
def test_all_float32_numbers_round_to_the_same_float32() -> None:
    apart: list[tuple[float, np.float32, np.float32]] = []
    for start in range(0, 0x7F800001, 1 << 22):
        bits = np.arange(start, min(start + (1 << 22), 0x7F800001), dtype=np.uint32)
        for sign in (0, 1 << 31):
            x = (bits | np.uint32(sign)).view(np.float32).astype(np.float64)
            assert np.array_equal(special.erf(x).astype("f4"), oracle.erf(x).astype("f4"))
            ours, theirs = special.logistic(x).astype("f4"), oracle.expit(x).astype("f4")
            apart += [(float(x[i]), ours[i], theirs[i]) for i in np.flatnonzero(ours != theirs)]
    assert len(apart) <= 4  # of 4,278,190,082
    assert all(in_the_middle(*each) for each in apart)


def test_what_lies_in_the_middle() -> None:
    low, high = np.float32(0.50000244), np.float32(0.5000025)
    assert in_the_middle(9.894371032714844e-06, high, low)
    assert not in_the_middle(9.894371e-06, high, low)
