"""Meaning of `Threshold`: against plain loops, and inference against all inputs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.ir.types import BIPOLAR, Encoding, IntArray, IntType, TensorType
from hwcompile.ops.contract.site import Site
from hwcompile.ops.threshold import FAMILY, Threshold
from hwcompile.ops.threshold.staircase import staircase

ORACLE = "numpy"
ORACLE_REASON = "loops over the definition of a threshold"

ELEMENTS = (IntType(-7, 9), IntType(0, 15), IntType(-20, -3), IntType(4, 4), BIPOLAR)


def naive(op: Threshold, kind: TensorType, values: IntArray) -> IntArray:
    """The definition, element by element."""
    rows = op.base.size
    flat = values.reshape(len(values), -1)
    result = np.zeros_like(flat)
    for place in range(flat.shape[1]):
        row = 0 if rows == 1 else place if rows == kind.size else place % kind.channels
        for frame in range(len(flat)):
            count = sum(1 for t in op.thresholds[row] if flat[frame, place] >= t)
            step = 2 if op.element.encoding is Encoding.BIPOLAR else 1
            result[frame, place] = op.base[row] + op.slope[row] * step * count
    return result.reshape(values.shape)


@st.composite
def sites(draw: st.DrawFn) -> Site[Threshold]:
    """Any legal threshold node on a small feature map."""
    shape = (draw(st.integers(1, 2)), draw(st.integers(1, 3)), draw(st.integers(1, 4)))
    element = draw(st.sampled_from(ELEMENTS))
    rows = draw(st.sampled_from((1, shape[2], shape[0] * shape[1] * shape[2])))
    bipolar = draw(st.booleans())
    count = 1 if bipolar else draw(st.integers(1, 9))
    numbers = st.integers(element.low - 3, element.high + 3)
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    spread = sorted((draw(numbers), draw(numbers)))
    thresholds = np.sort(rng.integers(spread[0], spread[1] + 1, (rows, count)), axis=1)
    slope = rng.choice(np.array([-1, 1]), rows)
    base = -slope if bipolar else rng.integers(-5, 6, rows)
    result = BIPOLAR if bipolar else IntType(-15, 15)
    return Site.of(Threshold(thresholds, base, slope, result), TensorType(shape, element))


def all_inputs(site: Site[Threshold]) -> IntArray:
    """Frames in which every element takes every value of the type once."""
    kind = site.inputs[0]
    values = kind.element.values()
    return np.broadcast_to(values[:, None, None, None], (values.size, *kind.shape)).copy()


@settings(max_examples=150, deadline=None)
@given(sites())
def test_evaluate_equals_the_definition(site: Site[Threshold]) -> None:
    assert site.op.problems(site.inputs) == []
    values = all_inputs(site)
    (result,) = site.op.evaluate(site.inputs, (values,))
    np.testing.assert_array_equal(result, naive(site.op, site.inputs[0], values))


@settings(max_examples=150, deadline=None)
@given(sites())
def test_inferred_interval_is_reached_at_both_ends(site: Site[Threshold]) -> None:
    (result,) = site.op.evaluate(site.inputs, (all_inputs(site),))
    element = site.outputs[0].element
    assert element.contains(result)
    if element.encoding is Encoding.INTEGER:
        assert (result.min(), result.max()) == (element.low, element.high)


@settings(max_examples=150, deadline=None)
@given(sites())
def test_staircase_on_bits_equals_evaluate(site: Site[Threshold]) -> None:
    stairs = staircase(site)
    values = all_inputs(site)
    (result,) = site.op.evaluate(site.inputs, (values,))
    kind, rows = site.inputs[0], stairs.base.size
    code = (values + 1) >> 1 if kind.element.encoding is Encoding.BIPOLAR else values
    columns = code.reshape(-1, rows)
    assert columns.min() >= stairs.low
    assert columns.max() <= stairs.high
    counts = (columns[:, :, None] >= stairs.thresholds).sum(axis=2)
    found = (stairs.base + stairs.slope * counts).reshape(values.shape)
    if site.outputs[0].element.encoding is Encoding.BIPOLAR:
        found = 2 * found - 1
    np.testing.assert_array_equal(found, result)


def test_many_thresholds_and_values_are_fast_and_right() -> None:
    rng = np.random.default_rng(5)
    thresholds = np.sort(rng.integers(-(2**23), 2**23, (64, 65535)), axis=1)
    op = Threshold(thresholds, np.full(64, -32768), np.ones(64, np.int64), IntType(-32768, 32767))
    kind = TensorType((8, 8, 64), IntType(-(2**23), 2**23))
    values = rng.integers(-(2**23), 2**23, (20, 8, 8, 64))
    (result,) = op.evaluate((kind,), (values,))
    for place in ((0, 0, 0, 0), (3, 7, 2, 63), (19, 7, 7, 31)):
        assert result[place] == np.sum(values[place] >= thresholds[place[3]]) - 32768


def _op(thresholds: list[list[int]], base: list[int], slope: list[int], to: IntType) -> Threshold:
    return Threshold(np.array(thresholds), np.array(base), np.array(slope), to)


@pytest.mark.parametrize(
    ("op", "part"),
    [
        (_op([[3, 1]], [0], [1], IntType(0, 2)), "ascending"),
        (_op([[1, 3]], [0], [2], IntType(0, 4)), "slope"),
        (_op([[1], [2]], [0, 0], [1, 1], IntType(0, 1)), "2 rows"),
        (_op([[1]], [0, 0], [1], IntType(0, 1)), "base (2,)"),
        (_op([[1, 2]], [0], [1], IntType(0, 1)), "reach [0, 2]"),
        (_op([[1, 2]], [-1], [1], BIPOLAR), "bipolar"),
        (_op([[1]], [1], [1], BIPOLAR), "bipolar"),
        (Threshold(np.zeros((1, 0), np.int64), np.array([0]), np.array([1]), BIPOLAR), "n >= 1"),
    ],
)
def test_illegal_instances_are_named(op: Threshold, part: str) -> None:
    (problem,) = op.problems((TensorType((1, 2, 3), IntType(-4, 4)),))
    assert part in problem


def test_a_threshold_that_is_never_reached_needs_no_room_in_the_output() -> None:
    op = _op([[1, 100]], [0], [1], IntType(0, 1))
    kind = TensorType((1, 1, 1), IntType(-4, 4))
    assert op.problems((kind,)) == []
    assert op.infer((kind,))[0].element == IntType(0, 1)


def test_examples_are_legal_and_cover_every_kernel() -> None:
    for site in FAMILY.examples():
        assert site.op.problems(site.inputs) == []
    for kernel in FAMILY.kernels:
        assert any(kernel.refuses(site) is None for site in FAMILY.examples()), kernel.name
