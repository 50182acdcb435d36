"""The meaning of Depthwise: against loops, and its intervals."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.ir.types import BIPOLAR, IntArray, IntType, TensorType
from hwcompile.ops.depthwise.op import Depthwise

ORACLE = "numpy"
ORACLE_REASON = "loops over the definition of a depthwise product"


def _naive(weights: IntArray, x: IntArray) -> npt.NDArray[np.object_]:
    taps, channels = weights.shape
    y = np.zeros((*x.shape[:3], channels), dtype=object)
    for place in np.ndindex(*x.shape[:3]):
        for t, c in np.ndindex(taps, channels):
            y[place][c] += int(weights[t, c]) * int(x[place][t * channels + c])
    return y


@st.composite
def _sites(draw: st.DrawFn) -> tuple[Depthwise, TensorType, np.random.Generator]:
    taps, channels = draw(st.integers(1, 9)), draw(st.integers(1, 6))
    low, span = draw(st.integers(-300, 300)), draw(st.integers(0, 300))
    element = draw(st.sampled_from([BIPOLAR, IntType(low, low + span)]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    low = draw(st.integers(-200, 200))
    weights = rng.integers(low, low + draw(st.integers(1, 200)), size=(taps, channels))
    shape = (draw(st.integers(1, 2)), draw(st.integers(1, 3)), taps * channels)
    return Depthwise(weights), TensorType(shape, element), rng


@settings(deadline=None)
@given(_sites())
def test_it_is_the_sum_over_the_taps(
    site: tuple[Depthwise, TensorType, np.random.Generator],
) -> None:
    op, kind, rng = site
    assert op.problems((kind,)) == []
    x = rng.choice(kind.element.values(), size=(2, *kind.shape))
    (y,) = op.evaluate((kind,), (x,))
    assert y.dtype == np.int64
    np.testing.assert_array_equal(y, _naive(op.weights, x))


@settings(deadline=None)
@given(_sites())
def test_both_ends_of_the_interval_are_reached_and_not_passed(
    site: tuple[Depthwise, TensorType, np.random.Generator],
) -> None:
    op, kind, _ = site
    (result,) = op.infer((kind,))
    assert result.shape == (*kind.shape[:2], op.channels)
    low, high = kind.element.low, kind.element.high
    pixel = (TensorType((1, 1, kind.channels), kind.element),)
    largest = np.where(op.weights >= 0, high, low).reshape(1, 1, 1, -1)
    smallest = np.where(op.weights >= 0, low, high).reshape(1, 1, 1, -1)
    assert op.evaluate(pixel, (largest,))[0].max() == result.element.high
    assert op.evaluate(pixel, (smallest,))[0].min() == result.element.low


def test_bounds_narrow_the_interval_and_nothing_else() -> None:
    kind = TensorType((1, 1, 4), IntType(0, 9))
    weights = np.array([[3, 3], [-2, -2]])
    assert Depthwise(weights, (-5, 20)).infer((kind,))[0].element == IntType(-5, 20)
    assert Depthwise(weights, (-99, 20)).infer((kind,))[0].element == IntType(-18, 20)
    x = np.array([[[[1, 2, 4, 0]]]])
    (y,) = Depthwise(weights, (-5, 20)).evaluate((kind,), (x,))
    assert y.ravel().tolist() == [-5, 6]
    assert "a least and a greatest" in Depthwise(weights, (4, -3)).problems((kind,))[0]


def test_what_is_not_legal_is_said() -> None:
    kind = TensorType((1, 1, 6), IntType(0, 255))
    ones = np.ones((3, 4), dtype=np.int64)
    assert Depthwise(ones).problems((kind,)) == ["its weights need 12 channels, its input has 6"]
    assert Depthwise(ones[0]).problems((kind,)) == [
        "its weights have the shape (4,) instead of [T, C]"
    ]
    assert Depthwise(ones).problems((kind, kind)) == ["it takes one input, not 2"]
    wide = TensorType((1, 1, 12), IntType(-(1 << 40), 1 << 40))
    assert Depthwise(ones << 40).problems((wide,)) == [
        "its sums need 83 bits, more than the 62 that are supported"
    ]
