from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.ir.types import BIPOLAR, IntArray, IntType, TensorType
from hwcompile.ops.pool.op import KINDS, Pool
from tests.kernelbench import random_frames
from tests.ops.window.cases import geometries, maps

ORACLE = "numpy"
ORACLE_REASON = "loops over the definition of a pool"


def naive(op: Pool, x: IntArray) -> IntArray:
    """All loops of the definition; x is [H, W, C]."""
    height, width, channels = x.shape
    rows, columns = op.geometry.output((height, width, channels))
    ways: dict[str, Callable[[Iterable[int]], int]] = {"max": max, "sum": sum}
    python = ways[op.kind]
    result = np.zeros((rows, columns, channels), dtype=np.int64)
    for row, column, channel in np.ndindex(rows, columns, channels):
        taps = []
        for down, across in np.ndindex(*op.kernel):
            ih = row * op.strides[0] - op.pads[0] + down * op.dilations[0]
            iw = column * op.strides[1] - op.pads[1] + across * op.dilations[1]
            on_map = 0 <= ih < height and 0 <= iw < width
            taps.append(int(x[ih, iw, channel]) if on_map else op.pad_value)
        result[row, column, channel] = python(taps)
    return result


@st.composite
def pools(draw: st.DrawFn) -> tuple[Pool, TensorType]:
    """A small pooling and the type of its input; maxima are padded with the lowest number."""
    kind = draw(maps(draw(st.integers(1, 4))))
    g = draw(geometries(kind.shape))
    what = draw(st.sampled_from(KINDS))
    pad_value = kind.element.low if what == "max" else draw(st.integers(-6, 6))
    return Pool(what, g.kernel, g.strides, g.dilations, g.pads, pad_value), kind


@settings(deadline=None, max_examples=100)
@given(pools())
def test_evaluate_equals_loops_and_fits_the_inferred_type(case: tuple[Pool, TensorType]) -> None:
    op, kind = case
    assert op.problems((kind,)) == []
    x = random_frames(kind, 2, np.random.default_rng(0))
    (y,) = op.evaluate((kind,), (x,))
    (result,) = op.infer((kind,))
    np.testing.assert_array_equal(y, np.stack([naive(op, frame) for frame in x]))
    assert y.shape[1:] == result.shape
    assert result.element.contains(y)
    if op.kind == "max":
        assert result.element == kind.element


def test_sum_of_a_padded_bipolar_map() -> None:
    op = Pool("sum", (2, 2), (2, 2), (1, 1), (0, 0, 1, 1), 0)
    kind = TensorType((3, 3, 2), BIPOLAR, (0.5,), (0,))
    (result,) = op.infer((kind,))
    assert result.element == IntType(-4, 4)
    assert result.scale == (0.5,)


def test_a_sum_has_the_zero_points_of_all_taps() -> None:
    op = Pool("sum", (2, 2), (1, 1), (1, 1), (0, 0, 0, 0), 0)
    (result,) = op.infer((TensorType((3, 3, 2), IntType(0, 9), (0.5, 0.25), (3, 1)),))
    assert (result.scale, result.zero_point) == ((0.5, 0.25), (12, 4))


@pytest.mark.parametrize(
    ("op", "text"),
    [
        (Pool("mean", (1, 1), (1, 1), (1, 1), (0, 0, 0, 0), 0), "not 'mean'"),
        (Pool("max", (5, 1), (1, 1), (1, 1), (0, 0, 0, 0), 0), "larger than the padded map"),
    ],
)
def test_problems(op: Pool, text: str) -> None:
    (problem,) = op.problems((TensorType((4, 4, 4), IntType(0, 1)),))
    assert text in problem
