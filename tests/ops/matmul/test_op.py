"""The meaning of Matmul: against loops, at the limits of every number type, and its intervals."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.ir.types import BIPOLAR, Encoding, IntArray, IntType, TensorType
from hwcompile.ops.matmul.op import Matmul

ORACLE = "numpy"
ORACLE_REASON = "loops over the definition of a product"

ELEMENTS = st.one_of(
    st.just(BIPOLAR),
    st.builds(
        lambda low, span: IntType(low, low + span), st.integers(-300, 300), st.integers(0, 300)
    ),
)


def _naive(weights: IntArray, x: IntArray) -> npt.NDArray[np.object_]:
    groups, rows, fan_in = weights.shape
    frames, height, width, _ = x.shape
    y = np.zeros((frames, height, width, groups * rows), dtype=object)
    for place in np.ndindex(frames, height, width):
        for g, m, k in np.ndindex(groups, rows, fan_in):
            y[place][g * rows + m] += int(weights[g, m, k]) * int(x[place][g * fan_in + k])
    return y


@st.composite
def _sites(draw: st.DrawFn) -> tuple[Matmul, TensorType, np.random.Generator]:
    groups, rows, fan_in = (draw(st.integers(1, 4)) for _ in range(3))
    element = draw(ELEMENTS)
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    low = draw(st.integers(-200, 200))
    weights = rng.integers(low, low + draw(st.integers(1, 200)), size=(groups, rows, fan_in))
    kind = TensorType((draw(st.integers(1, 2)), draw(st.integers(1, 3)), groups * fan_in), element)
    return Matmul(weights), kind, rng


@settings(deadline=None)
@given(_sites())
def test_it_is_the_sum_of_products(site: tuple[Matmul, TensorType, np.random.Generator]) -> None:
    op, kind, rng = site
    assert op.problems((kind,)) == []
    x = rng.choice(kind.element.values(), size=(2, *kind.shape))
    (y,) = op.evaluate((kind,), (x,))
    assert y.dtype == np.int64
    np.testing.assert_array_equal(y, _naive(op.weights, x))


@settings(deadline=None)
@given(_sites())
def test_both_ends_of_the_interval_are_reached_and_not_passed(
    site: tuple[Matmul, TensorType, np.random.Generator],
) -> None:
    op, kind, _ = site
    (result,) = op.infer((kind,))
    assert result.shape == (*kind.shape[:2], op.groups * op.rows)
    assert result.element.encoding is Encoding.INTEGER
    low, high = kind.element.low, kind.element.high
    # For every output the input that makes it largest, and the one that makes it smallest.
    largest = np.where(op.weights >= 0, high, low).transpose(1, 0, 2).reshape(op.rows, 1, 1, -1)
    smallest = np.where(op.weights >= 0, low, high).transpose(1, 0, 2).reshape(op.rows, 1, 1, -1)
    pixel = (TensorType((1, 1, kind.channels), kind.element),)
    (top,) = op.evaluate(pixel, (largest,))
    (bottom,) = op.evaluate(pixel, (smallest,))
    own = np.arange(op.rows)
    shape = (op.rows, op.groups, op.rows)
    assert top.reshape(shape)[own, :, own].max() == result.element.high
    assert bottom.reshape(shape)[own, :, own].min() == result.element.low


@pytest.mark.parametrize("bits", [11, 12, 13, 25, 26, 27, 29])
def test_sums_stay_exact_beyond_the_precision_of_floating_point(bits: int) -> None:
    rng = np.random.default_rng(bits)
    element = IntType(-(1 << bits), (1 << bits) - 1)
    weights = rng.integers(element.low, element.high, size=(2, 3, 5), endpoint=True)
    weights[0, 0] = element.low
    op = Matmul(weights)
    kind = TensorType((1, 2, 10), element)
    assert op.problems((kind,)) == []
    x = rng.integers(element.low, element.high, size=(3, *kind.shape), endpoint=True)
    x[0] = element.low
    x[1] |= 1  # odd numbers need every bit of a product
    (y,) = op.evaluate((kind,), (x,))
    np.testing.assert_array_equal(y, _naive(weights, x))
    assert op.infer((kind,))[0].element.contains(y)


def test_many_pixels_go_through_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hwcompile.ops.matmul.op._BLOCK_ELEMENTS", 64)
    rng = np.random.default_rng(0)
    op = Matmul(rng.integers(-8, 8, size=(2, 3, 4)))
    kind = TensorType((5, 7, 8), IntType(-8, 7))
    x = rng.integers(-8, 8, size=(3, *kind.shape))
    (y,) = op.evaluate((kind,), (x,))
    np.testing.assert_array_equal(y, _naive(op.weights, x))


def test_what_is_not_legal_is_said() -> None:
    kind = TensorType((1, 1, 6), IntType(0, 255))
    ones = np.ones((2, 3, 4), dtype=np.int64)
    assert Matmul(ones).problems((kind,)) == ["its weights need 8 channels, its input has 6"]
    assert Matmul(ones[0]).problems((kind,)) == [
        "its weights have the shape (3, 4) instead of [G, M, K]"
    ]
    assert Matmul(ones).problems((kind, kind)) == ["it takes one input, not 2"]
    wide = TensorType((1, 1, 4), IntType(-(1 << 40), 1 << 40))
    assert Matmul(ones[:1] << 40).problems((wide,)) == [
        "its sums need 84 bits, more than the 62 that are supported"
    ]
