"""The proof that float32 does not round, against float32."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.frontends.numbers.pair_lattice import (
    Lattice,
    exact_product,
    exact_sum,
    lattice_of,
)
from hwcompile.ir.types import IntType
from hwcompile_runtime.chain import Chain, Dequantize, FloatOp
from hwcompile_runtime.rows import AnyArray, floats, integers

ORACLE = "numpy"
ORACLE_REASON = "float32 beside float64: what is claimed to be exact is"

steps = st.builds(
    lambda odd, power: np.float32((2 * odd + 1) * 2.0**power),
    st.one_of(st.integers(0, 40), st.integers(0, (1 << 18) - 1)),
    st.integers(-22, 6),
)
BYTE = IntType(-128, 127)


def _stream(step: float | np.float32, zero: int) -> tuple[AnyArray, Lattice | None]:
    chain = Chain(Dequantize(floats(step), integers(zero)))
    return chain.apply(BYTE.values()), lattice_of(chain, BYTE)


def _lattice(step: float) -> Lattice:
    found = _stream(step, 0)[1]
    assert found is not None
    return found


@settings(deadline=None, max_examples=300)
@given(
    steps=st.tuples(steps, steps),
    zeros=st.tuples(st.integers(-200, 200), st.integers(-200, 200)),
    sign=st.sampled_from([1, -1]),
)
def test_what_is_called_exact_is(
    steps: tuple[np.float32, np.float32], zeros: tuple[int, int], sign: int
) -> None:
    (u, left), (v, right) = (_stream(s, z) for s, z in zip(steps, zeros, strict=True))
    if left is None or right is None:
        return
    a, b = BYTE.values()[:, None], BYTE.values()[None, :]
    total = exact_sum(left, right, sign)
    if total is not None:
        z = total.left_factor * a + total.right_factor * b + total.offset
        real = u[:, None] + np.float32(sign) * v[None, :]
        np.testing.assert_array_equal(real, z.astype(np.float32) * total.step)
        np.testing.assert_array_equal(real.astype(np.float64), z * float(total.step))
    step = exact_product(left, right)
    if step is not None:
        z = (a - left.zero) * (b - right.zero)
        real = u[:, None] * v[None, :]
        np.testing.assert_array_equal(real.astype(np.float64), z * float(step))


def test_powers_of_two_and_equal_short_scales_are_exact() -> None:
    cases = ((0.5, 0.125, (4, 1)), (0.75, 0.5, (3, 2)), (3.0, 3.0, (1, 1)))
    for left, right, factors in cases:
        total = exact_sum(_lattice(left), _lattice(right), 1)
        assert total is not None
        assert (total.left_factor, total.right_factor) == factors


def test_what_float32_rounds_is_not_exact() -> None:
    assert _stream(0.1, 0)[1] is None
    coarse, fine = _lattice(1.0), _lattice(2.0**-20)
    assert exact_sum(coarse, fine, 1) is None
    odd = _lattice(1025 * 2.0**-10)
    assert exact_product(odd, odd) is None
    chain = Chain(Dequantize(floats(0.5)), (FloatOp("relu"),))
    assert lattice_of(chain, BYTE) is None
