from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings

from hwcompile.ir.types import BIPOLAR, IntArray, IntType, TensorType
from hwcompile.ops.window.op import Window
from tests.kernelbench import random_frames
from tests.ops.window.cases import windows

ORACLE = "numpy"
ORACLE_REASON = "loops over the definition of a window"


def reaches_map(op: Window, shape: tuple[int, int, int]) -> bool:
    """Some of the taps that are given lies on the map in some window."""
    rows, columns = (
        (p >= 0) & (p < shape[a]) for a in (0, 1) for p in [op.geometry.positions(a, shape)]
    )
    places = [divmod(place, op.kernel[1]) for place in op.places]
    return any(rows[:, down].any() and columns[:, across].any() for down, across in places)


def naive(op: Window, x: IntArray) -> IntArray:
    """Six loops, straight from the definition; x is [H, W, C]."""
    height, width, channels = x.shape
    rows, columns = op.geometry.output((height, width, channels))
    size = channels // op.groups
    result = []
    for row, column in np.ndindex(rows, columns):
        for group in range(op.groups):
            for down, across in (divmod(place, op.kernel[1]) for place in op.places):
                ih = row * op.strides[0] - op.pads[0] + down * op.dilations[0]
                iw = column * op.strides[1] - op.pads[1] + across * op.dilations[1]
                for channel in range(size):
                    on_map = 0 <= ih < height and 0 <= iw < width
                    result.append(x[ih, iw, group * size + channel] if on_map else op.pad_value)
    return np.array(result, dtype=np.int64).reshape(rows, columns, -1)


@settings(deadline=None, max_examples=150)
@given(windows())
def test_evaluate_equals_loops_and_fits_the_inferred_type(case: tuple[Window, TensorType]) -> None:
    op, kind = case
    assert op.problems((kind,)) == []
    x = random_frames(kind, 2, np.random.default_rng(0))
    (y,) = op.evaluate((kind,), (x,))
    (result,) = op.infer((kind,))
    expected = np.stack([naive(op, frame) for frame in x])
    np.testing.assert_array_equal(y, expected)
    assert y.shape[1:] == result.shape
    assert result.element.contains(y)


@settings(deadline=None, max_examples=100)
@given(windows())
def test_interval_is_tight(case: tuple[Window, TensorType]) -> None:
    """Both ends of the element type occur, for all-low and all-high maps."""
    op, kind = case
    (result,) = op.infer((kind,))
    assume(reaches_map(op, kind.shape))
    element = kind.element
    x = np.empty((2, *kind.shape), dtype=np.int64)
    x[0], x[1] = element.low, element.high
    (y,) = op.evaluate((kind,), (x,))
    assert (y.min(), y.max()) == (result.element.low, result.element.high)


def window(pads: tuple[int, int, int, int], pad_value: int, groups: int = 1) -> Window:
    return Window((3, 3), (1, 1), (1, 1), pads, pad_value, groups)


@pytest.mark.parametrize(
    ("pads", "pad_value", "expected"),
    [
        ((1, 1, 1, 1), 0, IntType(-1, 1)),
        ((1, 1, 1, 1), -1, BIPOLAR),
        ((1, 1, 1, 1), 1, BIPOLAR),
        ((1, 1, 1, 1), 3, IntType(-1, 3)),
        ((0, 0, 0, 0), 0, BIPOLAR),
    ],
)
def test_padding_of_a_bipolar_map(
    pads: tuple[int, int, int, int], pad_value: int, expected: IntType
) -> None:
    (result,) = window(pads, pad_value).infer((TensorType((4, 4, 2), BIPOLAR),))
    assert result.element == expected


def test_padding_that_no_window_reaches_does_not_widen() -> None:
    op = Window((2, 2), (2, 2), (1, 1), (0, 0, 1, 1), -7, 1)
    (result,) = op.infer((TensorType((4, 4, 1), IntType(0, 3)),))
    assert result.shape == (2, 2, 4)
    assert result.element == IntType(0, 3)


def test_scale_follows_its_channel() -> None:
    kind = TensorType((3, 3, 4), IntType(0, 3), (1.0, 2.0, 3.0, 4.0), (0, 1, 2, 3))
    (result,) = Window((1, 2), (1, 1), (1, 1), (0, 0, 0, 0), 0, 2).infer((kind,))
    assert result.scale == (1.0, 2.0, 1.0, 2.0, 3.0, 4.0, 3.0, 4.0)
    assert result.zero_point == (0, 1, 0, 1, 2, 3, 2, 3)


@pytest.mark.parametrize(
    ("op", "text"),
    [
        (Window((5, 1), (1, 1), (1, 1), (0, 0, 0, 0), 0, 1), "larger than the padded map"),
        (Window((1, 1), (0, 1), (1, 1), (0, 0, 0, 0), 0, 1), "at least 1"),
        (Window((1, 1), (1, 1), (1, 1), (0, 0), 0, 1), "pads four"),
        (Window((1, 1), (1, 1), (1, 1), (0, 0, 0, 0), 0, 3), "3 equal groups"),
        (Window((1, 1), (9, 9), (1, 1), (2, 0, 0, 0), 0, 1), "padding alone"),
        (Window((1, 1), (1, 1), (1, 1), (2**31, 0, 0, 0), 0, 1), "taps along an axis"),
        (Window((1, 2**31), (1, 1), (1, 1), (0, 2**31, 0, 0), 0, 1), "taps along an axis"),
    ],
)
def test_problems(op: Window, text: str) -> None:
    (problem,) = op.problems((TensorType((4, 4, 4), IntType(0, 1)),))
    assert text in problem
