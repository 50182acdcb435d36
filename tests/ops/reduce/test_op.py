from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ops.reduce.op import KINDS, Reduce
from tests.kernelbench import random_frames

ORACLE = "numpy"
ORACLE_REASON = "loops over the definition of a reduction"

ELEMENTS = (BIPOLAR, IntType(0, 1), IntType(-4, 3), IntType(0, 9), IntType(3, 5), IntType(-9, -2))


@settings(deadline=None, max_examples=100)
@given(
    st.sampled_from(KINDS),
    st.integers(1, 6),
    st.integers(1, 5),
    st.integers(1, 3),
    st.sampled_from(ELEMENTS),
)
def test_evaluate_equals_loops_and_the_interval_is_tight(
    kind: str, taps: int, channels: int, width: int, element: IntType
) -> None:
    op = Reduce(kind, taps)
    source = TensorType((2, width, taps * channels), element)
    assert op.problems((source,)) == []
    x = random_frames(source, 4, np.random.default_rng(0))
    (y,) = op.evaluate((source,), (x,))
    (result,) = op.infer((source,))
    assert y.shape == (4, *result.shape)
    ways: dict[str, Callable[[Iterable[int]], int]] = {"max": max, "min": min, "sum": sum}
    python = ways[kind]
    for place in np.ndindex(4, 2, width, channels):
        vector = x[place[:3]]
        assert y[place] == python(int(vector[t * channels + place[3]]) for t in range(taps))
    assert result.element.contains(y)
    # The last two frames are all-low and all-high.
    assert (y.min(), y.max()) == (result.element.low, result.element.high)


def test_selection_keeps_the_encoding_and_a_sum_counts() -> None:
    source = TensorType((1, 1, 6), BIPOLAR)
    assert Reduce("max", 3).infer((source,))[0].element == BIPOLAR
    assert Reduce("min", 3).infer((source,))[0].element == BIPOLAR
    assert Reduce("sum", 3).infer((source,))[0].element == IntType(-3, 3)
    assert Reduce("sum", 1).infer((source,))[0].element == BIPOLAR


def test_meaning() -> None:
    source = TensorType((1, 1, 4), IntType(0, 7), (0.5, 0.25, 0.5, 0.25), (1, 2, 1, 2))
    (largest,) = Reduce("max", 2).infer((source,))
    assert (largest.scale, largest.zero_point) == ((0.5, 0.25), (1, 2))
    (total,) = Reduce("sum", 2).infer((source,))
    assert (total.scale, total.zero_point) == ((0.5, 0.25), (2, 4))


@pytest.mark.parametrize(
    ("op", "text"),
    [
        (Reduce("mean", 2), "not 'mean'"),
        (Reduce("max", 5), "5 equal taps"),
        (Reduce("max", 0), "0 equal taps"),
    ],
)
def test_problems(op: Reduce, text: str) -> None:
    (problem,) = op.problems((TensorType((1, 1, 4), IntType(0, 1)),))
    assert text in problem
