"""The proof that float32 does not round, against float32."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.frontends.numbers.exact_lines import (
    ExactLine,
    ExactSum,
    exact_lines_of,
    exact_product,
    exact_sum,
)
from hwcompile.frontends.numbers.pairing import chain_of_sum
from hwcompile.ir.types import IntArray, IntType
from hwcompile_runtime.chain import Chain, Dequantize, FloatOp, Integers
from hwcompile_runtime.rows import floats, integers

ORACLE = "numpy"
ORACLE_REASON = "float32 beside float64: what is claimed to be exact is"

ROWS = 3
BYTE = IntType(-128, 127)
numbers = st.builds(
    lambda odd, power, sign: np.float32(sign * (2 * odd + 1) * 2.0**power),
    st.one_of(st.integers(0, 40), st.integers(0, (1 << 18) - 1)),
    st.integers(-22, 6),
    st.sampled_from([1, -1]),
)
few = st.lists(numbers, min_size=1, max_size=1) | st.lists(numbers, min_size=ROWS, max_size=ROWS)


@st.composite
def chains(draw: st.DrawFn) -> Chain:
    """Affine operations on a byte, with constants for one row or several."""
    zero = draw(st.integers(-200, 200))
    start = Dequantize(np.abs(floats(draw(few))), integers(zero))
    cast = (FloatOp("cast", attributes={"to": "float32"}),)
    chain = Chain(start) if draw(st.integers(0, 4)) else Chain(Integers(), cast)
    for _ in range(draw(st.integers(0, 3))):
        kind = draw(st.sampled_from(["add", "sub", "rsub", "mul", "div", "neg"]))
        constants = () if kind == "neg" else (floats(draw(few)),)
        chain = chain.then(FloatOp(kind, constants))
    return chain


@settings(deadline=None, max_examples=400)
@given(left=chains(), right=chains(), sign=st.sampled_from([1, -1]))
def test_what_is_called_exact_is(left: Chain, right: Chain, sign: int) -> None:
    a: IntArray = BYTE.values().reshape(1, -1, 1)
    b: IntArray = BYTE.values().reshape(1, 1, -1)
    u, v = left.apply(a), right.apply(b)
    lines = (exact_lines_of(left, BYTE), exact_lines_of(right, BYTE))
    for chain, found in zip((left, right), lines, strict=True):
        for row, line in enumerate(found or ()):
            parts = math.lcm(line.slope.denominator, line.offset.denominator)
            slope, offset = int(line.slope * parts), int(line.offset * parts)
            want = [slope * int(q) + offset for q in BYTE.values()]
            real = chain.apply(BYTE.values().reshape(1, -1))
            got = real[row if real.shape[0] > 1 else 0].reshape(-1)
            assert [w / parts for w in want] == got.astype(np.float64).tolist()
            assert line.reach == Fraction(max(map(abs, want)), parts)
    if lines[0] is None or lines[1] is None:
        return
    total = exact_sum(lines[0], lines[1], sign)
    if total is not None:
        factors = ([row.left for row in total], [row.right for row in total])
        first, second = (np.array(f, dtype=np.int64).reshape(-1, 1, 1) for f in factors)
        meant = chain_of_sum(total).apply(first * a + second * b)
        np.testing.assert_array_equal(u + np.float32(sign) * v, meant)
    product = exact_product(lines[0], lines[1])
    if product is not None:
        one, two = (column([getattr(row, name) for row in product]) for name in ("left", "right"))
        steps = [row.step.as_integer_ratio() for row in product]
        over, under = (column([step[side] for step in steps]) for side in (0, 1))
        # Integers of any size, one over another: fractions take ten times as long.
        meant = ((a - one) * (b - two) * over / under).astype(np.float64)
        np.testing.assert_array_equal((u * v).astype(np.float64) + 0 * meant, meant)


def column(rows: list[int]) -> np.ndarray:
    """Integers of any size, [rows, 1, 1]."""
    return np.array(rows, dtype=object).reshape(-1, 1, 1)


def line(step: float, zero: int = 0, *ops: FloatOp) -> tuple[ExactLine, ...] | None:
    return exact_lines_of(Chain(Dequantize(floats(step), integers(zero)), ops), BYTE)


def surely(found: tuple[ExactLine, ...] | None) -> tuple[ExactLine, ...]:
    assert found is not None
    return found


def summed(left: float, right: float) -> tuple[ExactSum, ...] | None:
    return exact_sum(surely(line(left)), surely(line(right)), 1)


def test_powers_of_two_and_equal_short_scales_are_exact() -> None:
    cases = ((0.5, 0.125, (4, 1)), (0.75, 0.5, (3, 2)), (3.0, 3.0, (1, 1)))
    for left, right, factors in cases:
        total = summed(left, right)
        assert total is not None
        assert [(row.left, row.right) for row in total] == [factors]


def test_what_float32_rounds_is_not_exact() -> None:
    assert line(0.1) is None
    assert summed(1.0, 2.0**-20) is None
    odd = surely(line(1025 * 2.0**-10))
    assert exact_product(odd, odd) is None
    assert line(0.5, 0, FloatOp("div", (floats(3),))) is None
    assert line(0.5, 0, FloatOp("mul", (floats(0),))) is None
    assert line(2.0**-10, 0, FloatOp("add", (floats(2.0**15),))) is None


def test_other_operations_are_no_lines() -> None:
    assert line(0.5, 0, FloatOp("relu")) is None
    assert exact_lines_of(Chain(Integers()), BYTE) is None
