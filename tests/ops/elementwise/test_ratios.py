from __future__ import annotations

import fractions
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.ir.types import BIPOLAR, IntArray, IntType, TensorType
from hwcompile.ops import family
from hwcompile.ops.contract.site import Site
from hwcompile.ops.elementwise.ratios import Fraction, SquareRoot
from tests.kernelbench import check_kernel, random_frames

ORACLE = ("numpy", "this project")
ORACLE_REASON = "the bench compares circuits with `evaluate`, which is held to whole numbers"

FAMILY = family("elementwise")
DIVIDER, ROOT = FAMILY.kernel("divider"), FAMILY.kernel("root")

numerators = st.tuples(st.integers(-500, 60), st.integers(0, 900)).map(
    lambda t: IntType(t[0], sum(t))
)
divisors = st.tuples(st.integers(0, 90), st.integers(0, 900)).map(lambda t: IntType(t[0], sum(t)))


def quotients(digits: int, first: IntType, second: IntType, channels: int = 5) -> Site[Fraction]:
    return Site.of(
        Fraction(digits), *(TensorType((2, 1, channels), element) for element in (first, second))
    )


def rounded(x: int, y: int, digits: int) -> int:
    """Halves away from zero, no further than 1."""
    if abs(x) >= y:
        return -(1 << digits) if x < 0 else 1 << digits
    exact = fractions.Fraction(abs(x) << digits, y)
    return (-1 if x < 0 else 1) * math.floor(exact + fractions.Fraction(1, 2))


@settings(deadline=None, max_examples=80)
@given(st.integers(1, 20), numerators, divisors, st.integers(0, 99))
def test_quotients_are_those_of_exact_numbers(
    digits: int, first: IntType, second: IntType, seed: int
) -> None:
    site, rng = quotients(digits, first, second), np.random.default_rng(seed)
    x, y = (random_frames(kind, 4, rng) for kind in site.inputs)
    (z,) = site.op.evaluate(site.inputs, (x, y))
    pairs = zip(x.ravel().tolist(), y.ravel().tolist(), strict=True)
    assert z.ravel().tolist() == [rounded(a, b, digits) for a, b in pairs]
    assert site.outputs[0].element.contains(z)


@settings(deadline=None, max_examples=80)
@given(st.lists(st.integers(0, 1 << 40), min_size=1, max_size=9), st.integers(0, 9))
def test_roots_are_those_of_whole_numbers(numbers: list[int], digits: int) -> None:
    numbers += [n * n for n in numbers if n < 1 << 20]
    kind = TensorType((1, 1, len(numbers)), IntType(0, max(numbers)))
    site = Site.of(SquareRoot(digits), kind)
    (z,) = site.op.evaluate((kind,), (np.array(numbers, dtype=np.int64).reshape(1, 1, 1, -1),))
    assert z.ravel().tolist() == [math.isqrt(n << 2 * digits) for n in numbers]
    assert site.outputs[0].element.contains(z)


def test_roots_at_the_edge_of_float64() -> None:
    top = (1 << 30) - 1
    for n in (top, top - 1, 94906267, 94906266):
        edge: IntArray = np.array([n * n - 1, n * n, n * n + 1], dtype=np.int64)
        kind = TensorType((1, 1, 3), IntType(0, (1 << 60) - 1))
        (z,) = SquareRoot(0).evaluate((kind,), (edge.reshape(1, 1, 1, 3),))
        assert z.ravel().tolist() == [math.isqrt(int(e)) for e in edge]


@pytest.mark.parametrize("parallel", [1, 3])
def test_dividers(parallel: int) -> None:
    site = quotients(5, IntType(-21, 60), IntType(0, 44))
    values = np.stack(np.meshgrid(np.arange(-21, 61), np.arange(45))).reshape(2, -1)
    frames = -(-values.shape[1] // 10)
    x, y = np.resize(values, (2, frames * 10)).reshape(2, frames, 2, 1, 5)
    if parallel == 1:
        x, y = x[:9], y[:9]
    check_kernel(site, DIVIDER, {"parallel": parallel}, inputs=(x, y))


def test_dividers_of_narrow_by_wide_and_wide_by_narrow() -> None:
    check_kernel(quotients(7, IntType(0, 3), IntType(1, 900)), DIVIDER, {"parallel": 5})
    check_kernel(quotients(2, IntType(-900, -2), IntType(0, 1)), DIVIDER, {"parallel": 2})


@pytest.mark.parametrize(("most", "digits"), [(700, 0), (40, 3), (1, 1)])
def test_every_root(most: int, digits: int) -> None:
    site = Site.of(SquareRoot(digits), TensorType((1, 2, 11), IntType(0, most)))
    frames = -(-(most + 1) // 22)
    x = np.resize(np.arange(most + 1), (frames, 1, 2, 11))
    check_kernel(site, ROOT, {"parallel": 4}, inputs=(x,))


def test_illegal_operands_are_told() -> None:
    wide = TensorType((1, 1, 2), IntType(0, 1 << 50))
    small, negative = wide.with_element(IntType(0, 7)), wide.with_element(IntType(-1, 7))
    bipolar = wide.with_element(BIPOLAR)
    assert "negative" in Fraction(4).problems((small, negative))[0]
    assert "bipolar" in Fraction(4).problems((bipolar, small))[0]
    assert "60" in Fraction(14).problems((wide, small))[0]
    assert "no root" in SquareRoot(1).problems((negative,))[0]
    assert "no root" in SquareRoot(1).problems((bipolar,))[0]
    assert "5 digits" in SquareRoot(5).problems((wide,))[0]
    assert "one input" in SquareRoot(1).problems((small, small))[0]
