"""Sums that are brought into a range after every addition: what `acc += x` of `ap_fixed` does."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from hwcompile.ir.types import BIPOLAR, IntArray, IntType, TensorType
from hwcompile.ops.contract.site import Site
from hwcompile.ops.reduce.limited_sum import LimitedSum
from hwcompile.ops.reduce.limiting import Limiting
from tests.kernelbench import check_kernel
from tests.ops.cast.test_cast import ap_types

ORACLE = ("hls4ml C simulation", "hardware tools")
ORACLE_REASON = "Xilinx' headers inside hls4ml, compiled with g++, add one by one"

KERNEL = Limiting()

PROGRAM = """
#include "ap_fixed.h"
#include <cstdio>
template <class A> void sums(int rows, int taps, const long *x) {
  for (int row = 0; row < rows; row++) {
    A acc = 0;
    for (int tap = 0; tap < taps; tap++) {
      ap_fixed<12, 12> term = x[row * taps + tap];
      acc += term;
    }
    std::printf("%ld ", (long)acc.to_int());
  }
  std::printf("\\n");
}
"""

ACCUMULATORS: dict[str, LimitedSum] = {
    "ap_fixed<7, 7, AP_TRN, AP_SAT>": LimitedSum(9, -64, 63),
    "ap_fixed<7, 7, AP_TRN, AP_SAT_SYM>": LimitedSum(9, -63, 63),
    "ap_fixed<7, 7, AP_TRN, AP_SAT_ZERO>": LimitedSum(9, -64, 63, "zero"),
    "ap_ufixed<6, 6, AP_TRN, AP_SAT>": LimitedSum(9, 0, 63),
    "ap_ufixed<6, 6, AP_TRN, AP_SAT_ZERO>": LimitedSum(9, 0, 63, "zero"),
}


def added(folder: Path, terms: IntArray) -> list[IntArray]:
    """Every row of `terms` added in each of the accumulators."""
    listed = ", ".join(map(str, terms.reshape(-1).tolist()))
    rows, taps = terms.shape
    calls = [f"  sums<{kind} >({rows}, {taps}, x);\n" for kind in ACCUMULATORS]
    source, program = folder / "sums.cpp", folder / "sums"
    main = f"static const long x[] = {{{listed}}};\nint main() {{\n{''.join(calls)}}}\n"
    source.write_text(PROGRAM + main)
    command = ["g++", "-O0", "-w", f"-I{ap_types()}", str(source), "-o", str(program)]
    subprocess.run(command, check=True, capture_output=True)
    text = subprocess.run([program], check=True, capture_output=True, text=True).stdout
    return [np.array(line.split(), dtype=np.int64) for line in text.splitlines()]


def test_limited_sums_are_those_of_ap_fixed(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    terms = rng.integers(-40, 41, (400, 9))
    terms[0], terms[1] = -2048, 2047
    terms[2:20] *= 20
    for op, expected in zip(ACCUMULATORS.values(), added(tmp_path, terms), strict=True):
        source = TensorType((1, 1, 9), IntType(-2048, 2047))
        (found,) = op.evaluate((source,), (terms.reshape(-1, 1, 1, 9),))
        np.testing.assert_array_equal(found.reshape(-1), expected)


CASES: dict[str, tuple[LimitedSum, tuple[int, int, int], IntType, int]] = {
    "signed, ragged words": (LimitedSum(4, -9, 8), (2, 2, 20), IntType(-8, 7), 2),
    "symmetric, one word per tap": (LimitedSum(9, -31, 31), (2, 3, 27), IntType(-23, 20), 3),
    "signed to unsigned": (LimitedSum(5, 0, 30), (2, 3, 10), IntType(-16, 31), 1),
    "to zero": (LimitedSum(5, -20, 19, "zero"), (1, 3, 15), IntType(-9, 12), 2),
    "to zero, unsigned": (LimitedSum(3, 0, 40, "zero"), (1, 2, 6), IntType(-3, 33), 2),
    "only below zero": (LimitedSum(3, -20, 7), (1, 3, 6), IntType(-9, -2), 1),
    "never out of range": (LimitedSum(3, -900, 700), (1, 3, 6), IntType(-8, 7), 1),
    "wider than the range": (LimitedSum(4, -4, 3), (1, 3, 12), IntType(-500, 400), 3),
    "a single tap": (LimitedSum(1, -7, 7), (2, 2, 5), IntType(-30, 31), 2),
    "wide": (LimitedSum(4, -(1 << 40), 1 << 40), (2, 2, 12), IntType(-(1 << 39), 1 << 39), 2),
}

DEFAULT = ("signed, ragged words", "to zero, unsigned")


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(c, id=n, marks=() if n in DEFAULT else pytest.mark.slow)
        for n, c in CASES.items()
    ],
)
def test_rtl_of_a_limited_sum_equals_meaning_and_prediction(
    case: tuple[LimitedSum, tuple[int, int, int], IntType, int],
) -> None:
    op, shape, element, pe = case
    check_kernel(Site.of(op, TensorType(shape, element)), KERNEL, {"pe": pe}, frames=20)


@pytest.mark.slow
def test_only_the_last_tap_of_a_limited_sum_waits_for_room() -> None:
    op, shape, element, pe = CASES["signed, ragged words"]
    check_kernel(Site.of(op, TensorType(shape, element)), KERNEL, {"pe": pe}, depth=1)


@pytest.mark.parametrize("op", [c[0] for c in CASES.values()])
@pytest.mark.parametrize("element", [IntType(-9, 7), IntType(-9, -2), IntType(3, 30)])
def test_no_sum_leaves_its_interval(op: LimitedSum, element: IntType) -> None:
    source = TensorType((3, 5, op.taps * 7), element)
    rng = np.random.default_rng(op.taps)
    x = rng.integers(element.low, element.high, (60, *source.shape), endpoint=True)
    x[0], x[1] = element.low, element.high
    (y,), (result,) = op.evaluate((source,), (x,)), op.infer((source,))
    assert y.min() >= result.element.low
    assert y.max() <= result.element.high
    if op.overflow == "saturate":
        assert (y.min(), y.max()) == (result.element.low, result.element.high)


@pytest.mark.parametrize(
    ("op", "element", "text"),
    [
        (LimitedSum(5, -4, 3), IntType(0, 1), "5 equal taps"),
        (LimitedSum(2, 1, 3), IntType(0, 1), "does not hold 0"),
        (LimitedSum(2, 0, 0), IntType(0, 1), "does not hold 0"),
        (LimitedSum(2, -4, 3, "wrap"), IntType(0, 1), "one of saturate, zero"),
        (LimitedSum(2, -4, 3), BIPOLAR, "use a sum"),
        (LimitedSum(2, -4, 3), IntType(0, 1 << 61), "more than 62"),
    ],
)
def test_limited_sums_that_have_no_meaning_say_why(
    op: LimitedSum, element: IntType, text: str
) -> None:
    (problem,) = op.problems((TensorType((1, 1, 4), element),))
    assert text in problem
