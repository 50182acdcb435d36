from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.ir.types import BIPOLAR, IntArray, IntType, TensorType
from hwcompile.ops.conv import op as module
from hwcompile.ops.conv.op import Conv
from tests.kernelbench import random_frames
from tests.ops.window.cases import geometries, maps

ORACLE = "numpy"
ORACLE_REASON = "loops over the definition of a convolution"


def naive(op: Conv, x: IntArray) -> IntArray:
    """All loops of the definition in Python's own integers; x is [H, W, C]."""
    height, width, channels = x.shape
    rows, columns = op.geometry.output((height, width, channels))
    filters = op.weights.shape[0]
    size, fan = filters // op.groups, channels // op.groups
    result = np.zeros((rows, columns, filters), dtype=object)
    for row, column, m in np.ndindex(rows, columns, filters):
        for down, across, c in np.ndindex(*op.kernel, fan):
            ih = row * op.strides[0] - op.pads[0] + down * op.dilations[0]
            iw = column * op.strides[1] - op.pads[1] + across * op.dilations[1]
            on_map = 0 <= ih < height and 0 <= iw < width
            value = int(x[ih, iw, m // size * fan + c]) if on_map else op.pad_value
            result[row, column, m] += int(op.weights[m, down, across, c]) * value
    return result.astype(np.int64)


@st.composite
def convolutions(draw: st.DrawFn) -> tuple[Conv, TensorType]:
    """A small convolution, dense, grouped or depthwise, and the type of its input."""
    groups = draw(st.sampled_from((1, 1, 2, 3)))
    kind = draw(maps(groups * draw(st.integers(1, 3))))
    g = draw(geometries(kind.shape))
    filters = groups * draw(st.integers(1, 3))
    seed = draw(st.integers(0, 1000))
    shape = (filters, *g.kernel, kind.channels // groups)
    weights = np.random.default_rng(seed).integers(-4, 4, size=shape, endpoint=True)
    pad_value = draw(st.integers(-6, 6))
    return Conv(weights, groups, g.strides, g.dilations, g.pads, pad_value), kind


@settings(deadline=None, max_examples=100)
@given(convolutions())
def test_evaluate_equals_loops_and_fits_the_inferred_type(case: tuple[Conv, TensorType]) -> None:
    op, kind = case
    assert op.problems((kind,)) == []
    x = random_frames(kind, 2, np.random.default_rng(0))
    (y,) = op.evaluate((kind,), (x,))
    (result,) = op.infer((kind,))
    np.testing.assert_array_equal(y, np.stack([naive(op, frame) for frame in x]))
    assert y.shape[1:] == result.shape
    assert result.element.contains(y)


@pytest.mark.parametrize("magnitude", [3, 2**21, 2**40])
def test_exact_at_every_magnitude(magnitude: int) -> None:
    """Sums within float32's, float64's and only int64's exact integers."""
    rng = np.random.default_rng(0)
    weights = rng.integers(-magnitude, magnitude, size=(3, 3, 3, 4), endpoint=True)
    kind = TensorType((5, 5, 4), IntType(-1000, 1000))
    op = Conv(weights, 1, (1, 1), (1, 1), (1, 1, 1, 1), 0)
    x = random_frames(kind, 1, rng)
    (y,) = op.evaluate((kind,), (x,))
    np.testing.assert_array_equal(y[0], naive(op, x[0]))


def test_interval_uses_the_weights_and_is_reached() -> None:
    weights = np.array([[3, -2, 1], [1, 1, 1]], dtype=np.int64).reshape(2, 1, 3, 1)
    op = Conv(weights, 1, (1, 1), (1, 1), (0, 0, 0, 0), 0)
    kind = TensorType((1, 3, 1), IntType(-1, 4))
    (result,) = op.infer((kind,))
    assert result.element == IntType(-3 - 8 - 1, 12 + 2 + 4)
    x = np.array([[-1, 4, -1], [4, -1, 4]], dtype=np.int64).reshape(2, 1, 3, 1)
    (y,) = op.evaluate((kind,), (x,))
    assert (y.min(), y.max()) == (result.element.low, result.element.high)


def test_zero_padding_of_a_bipolar_map_keeps_the_interval() -> None:
    """Zeros lie between -1 and +1."""
    op = Conv(np.ones((1, 3, 3, 1), dtype=np.int64), 1, (1, 1), (1, 1), (1, 1, 1, 1), 0)
    (result,) = op.infer((TensorType((4, 4, 1), BIPOLAR),))
    assert result.element == IntType(-9, 9)


def conv(shape: tuple[int, ...], groups: int, weight: int = 1) -> Conv:
    weights = np.full(shape, weight, dtype=np.int64)
    return Conv(weights, groups, (1, 1), (1, 1), (0, 0, 0, 0), 0)


@pytest.mark.parametrize(
    ("op", "text"),
    [
        (conv((2, 3, 3), 1), "not of shape (2, 3, 3)"),
        (conv((3, 1, 1, 2), 2), "3 filters"),
        (conv((2, 1, 1, 3), 1), "1 groups of 3 channels do not fit 4"),
        (conv((2, 5, 1, 4), 1), "larger than the padded map"),
        (conv((2, 1, 1, 4), 1, 2**60), "bits"),
    ],
)
def test_problems(op: Conv, text: str) -> None:
    (problem,) = op.problems((TensorType((4, 4, 4), IntType(0, 7)),))
    assert text in problem


@settings(deadline=None, max_examples=30)
@given(convolutions(), st.sampled_from((1, 20, 100)))
def test_blocks_change_no_integer(case: tuple[Conv, TensorType], elements: int) -> None:
    """Some frames at a time, or some lines of a frame, or a single one."""
    op, kind = case
    x = random_frames(kind, 5, np.random.default_rng(1))
    (whole,) = op.evaluate((kind,), (x,))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_BLOCK_ELEMENTS", elements)
        np.testing.assert_array_equal(op.evaluate((kind,), (x,))[0], whole)
