from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ir.verify import verify
from hwcompile.ops.depthwise.op import Depthwise
from hwcompile.ops.matmul.op import Matmul
from hwcompile.ops.threshold.op import Threshold
from hwcompile.passes.split_levels import split_levels
from tests.kernelbench import random_frames
from tests.passes.test_lower_conv import chain

ORACLE = "this project"
ORACLE_REASON = "a pass must not change the meaning of a graph: evaluated before and after"

BYTE = IntType(-128, 127)


def matrix(levels: list[list[int]], fan_in: int, seed: int = 0) -> Matmul:
    """A row for each list of levels, of which every one occurs."""
    rng = np.random.default_rng(seed)
    weights = np.array([rng.choice(row, fan_in) for row in levels], dtype=np.int64)
    for row, numbers in zip(weights, levels, strict=True):
        row[rng.permutation(fan_in)[: len(numbers)]] = numbers
    return Matmul(weights[None])


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.lists(st.integers(-127, 127), min_size=1, max_size=3), min_size=1, max_size=5),
    st.booleans(),
    st.integers(3, 60),
    st.integers(0, 999),
)
def test_results_and_types_are_those_of_one_matrix(
    levels: list[list[int]], zero: bool, fan_in: int, seed: int
) -> None:
    levels = [[0, *row[:2]] if zero else row for row in levels]
    op, kind = matrix(levels, fan_in, seed), TensorType((2, 3, fan_in), BYTE)
    (result,) = op.infer((kind,))
    middle = (result.element.low + result.element.high) // 2
    ones = np.ones(1, dtype=np.int64)
    # The last step is beyond every sum, so it must stay beyond.
    steps = Threshold(np.array([[middle, result.element.high + 1]]), 0 * ones, ones, IntType(0, 1))
    before = chain(kind, op, steps)
    after = split_levels(before)
    verify(after, "split_levels")
    assert {v: after.types[v] for v in before.types} == before.types
    x = {"x": random_frames(kind, 3, np.random.default_rng(0))}
    for value, numbers in before.evaluate(x).items():
        np.testing.assert_array_equal(after.evaluate(x)[value], numbers)
    if len(after.nodes) > len(before.nodes):
        sums, products = after.nodes[0].op, after.nodes[1].op
        assert isinstance(sums, Matmul)
        assert isinstance(products, Depthwise)
        assert set(np.unique(sums.weights)) <= {0, 1}
        assert np.count_nonzero(sums.weights) == np.count_nonzero(op.weights)


@pytest.mark.parametrize(
    ("levels", "fan_in", "element", "splits"),
    [
        ([[-5, 0, 77]] * 3, 40, BYTE, True),
        # Levels of a row; one or two of them.
        ([[-5, 0, 77], [0, 9, 33], [0, -100]], 40, BYTE, True),
        # Nothing is zero.
        ([[-5, 77]] * 3, 40, BYTE, True),
        ([[-5, 0, 77, 3]] * 3, 40, BYTE, False),
        ([[-5, 0, 77]] * 3, 12, BYTE, False),
        # Added and subtracted, shifted, in tables, selected.
        ([[-1, 0, 1]] * 3, 40, BYTE, False),
        ([[-4, 0, 64]] * 3, 40, BYTE, False),
        ([[-5, 0, 3]] * 3, 40, IntType(0, 3), False),
        ([[-5, 0, 77]] * 3, 40, BIPOLAR, False),
    ],
)
def test_which_matrices_are_split(
    levels: list[list[int]], fan_in: int, element: IntType, splits: bool
) -> None:
    before = chain(TensorType((1, 2, fan_in), element), matrix(levels, fan_in))
    after = split_levels(before)
    assert [n.op.family for n in after.nodes] == ["matmul"] + ["depthwise"] * splits
