"""Filters that are equal are computed once."""

from __future__ import annotations

import numpy as np
import pytest

from hwcompile.ir.graph import Graph
from hwcompile.ir.types import IntArray, IntType, TensorType
from hwcompile.ops.elementwise.op import Linear
from hwcompile.ops.matmul.op import Matmul
from hwcompile.ops.threshold.op import Threshold
from hwcompile.passes.prune import prune
from tests.passes.test_prune import NIBBLE, Net, channels, equal

ORACLE = "this project"
ORACLE_REASON = "a pass must not change the meaning of a graph: evaluated before and after"


def two_layers(rows: list[int], offsets: list[int], second: IntArray) -> Graph:
    """A matrix whose rows are these of four, thresholds, and a matrix on the result."""
    net = Net.of(3)
    x = net.builder.input("x", TensorType((2, 3, 5), NIBBLE))
    weights = net.rng.integers(-7, 8, (4, 5))[rows]
    value = net.add("first", Matmul(weights[None]), x)
    ones = np.ones(len(rows), dtype=np.int64)
    thresholds = np.array([[-9, 2, 11]]) + np.array(offsets)[:, None]
    value = net.add("quant", Threshold(thresholds, 0 * ones, ones, IntType(0, 3)), value)
    return net.builder.build((net.add("y", Matmul(second[None]), value),))


def test_equal_filters_are_computed_once() -> None:
    """Rows and thresholds are equal; columns of the reader are added up."""
    second = np.random.default_rng(0).integers(-20, 21, (3, 8))
    before = two_layers([0, 1, 0, 2, 1, 3, 0, 1], [0, 0, 0, 0, 0, 0, 0, 4], second)
    after = prune(before)
    equal(before, after)
    assert channels(after) == {"x": 5, "first": 5, "quant": 5, "y": 3}
    by_hand = [second[:, [0, 2, 6]].sum(1), second[:, [1, 4]].sum(1), *second[:, [3, 5, 7]].T]
    (matrix,) = (node.op for node in after.nodes if node.name == "y")
    assert isinstance(matrix, Matmul)
    np.testing.assert_array_equal(matrix.weights[0], np.array(by_hand).T)


def test_weights_that_must_not_grow_read_copies() -> None:
    """Sums of bipolar weights would be multiplied: the channel is wired to both columns instead."""
    signs = np.random.default_rng(0).choice([-1, 1], (3, 6))
    before = two_layers([0, 1, 0, 2, 1, 1], [0] * 6, signs)
    after = prune(before)
    equal(before, after)
    assert channels(after)["first"] == 3
    assert [node.op.family for node in after.nodes] == ["matmul", "threshold", "gather", "matmul"]


def test_equal_outputs_are_copies() -> None:
    net = Net.of(0)
    x = net.builder.input("x", TensorType((2, 1, 5), NIBBLE))
    weights = net.rng.integers(-7, 8, (3, 5))[[0, 1, 1, 0, 0]]
    before = net.builder.build((net.add("y", Matmul(weights[None]), x),))
    after = prune(before)
    equal(before, after)
    assert channels(after) == {"x": 5, "y_once": 2, "y": 5}


@pytest.mark.parametrize("rows", [[0, 1, 2, 3, 0], [0, 0]])
def test_equal_filters_that_somebody_reads_for_themselves_stay(rows: list[int]) -> None:
    """A residual sum of both with something else; a copy is not worth a node."""
    net = Net.of(4)
    x = net.builder.input("x", TensorType((2, 1, 5), NIBBLE))
    y = net.builder.input("z", TensorType((2, 1, len(rows)), NIBBLE))
    first = net.add("first", Matmul(net.rng.integers(-7, 8, (4, 5))[rows][None]), x)
    added = net.add("sum", Linear((1, 1), 0), first, y)
    graph = net.builder.build((net.add("y", Matmul(np.array([[[3] * len(rows)]])), added),))
    assert channels(prune(graph)) == channels(graph)
