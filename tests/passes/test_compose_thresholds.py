"""Two requantizations in a row become one, with the same result on every input."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hwcompile.diagnostics import Origin
from hwcompile.ir.graph import Builder
from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ir.verify import verify
from hwcompile.ops.threshold import Threshold
from hwcompile.passes.compose_thresholds import compose_thresholds
from hwcompile.passes.dead_nodes import remove_dead_nodes

ORACLE = "this project"
ORACLE_REASON = "a pass must not change the meaning of a graph: evaluated before and after"

ORIGIN = Origin("file", "node", "Quant")
LOW, HIGH, CHANNELS = -40, 45, 3


@st.composite
def steps(draw: st.DrawFn, low: int, high: int, bipolar: bool = False) -> Threshold:
    rows = draw(st.sampled_from([1, CHANNELS]))
    count = 1 if bipolar else draw(st.integers(1, 6))
    numbers = st.lists(st.integers(low - 2, high + 2), min_size=count, max_size=count)
    thresholds = np.array([sorted(draw(numbers)) for _ in range(rows)])
    slope = np.array([draw(st.sampled_from([-1, 1])) for _ in range(rows)])
    if bipolar:
        return Threshold(thresholds, -slope, slope, BIPOLAR)
    return Threshold(thresholds, np.where(slope > 0, 0, count), slope, IntType(0, count))


@st.composite
def two(draw: st.DrawFn) -> tuple[Threshold, Threshold]:
    inner = draw(st.booleans().flatmap(lambda b: steps(LOW, HIGH, b)))
    element = inner.element
    outer = draw(st.booleans().flatmap(lambda b: steps(element.low, element.high, b)))
    return inner, outer


@given(two())
def test_the_composition_is_exact_on_the_whole_interval(ops: tuple[Threshold, Threshold]) -> None:
    builder = Builder("two")
    kind = TensorType((1, 1, CHANNELS), IntType(LOW, HIGH))
    (a,) = builder.add("a", ops[0], (builder.input("x", kind),), ORIGIN)
    (b,) = builder.add("b", ops[1], (a,), ORIGIN)
    before = builder.build((b,))
    after = remove_dead_nodes(compose_thresholds(before))
    verify(after)
    assert len(after.nodes) == 1
    x = np.repeat(kind.element.values(), CHANNELS).reshape(-1, 1, 1, CHANNELS)
    (want,), (got,) = before.evaluate({"x": x}).values(), after.evaluate({"x": x}).values()
    np.testing.assert_array_equal(got, want)


def test_a_result_that_is_read_twice_is_kept() -> None:
    builder = Builder("kept")
    x = builder.input("x", TensorType((1, 1, 2), IntType(0, 9)))
    step = Threshold(np.array([[3, 6]]), np.array([0]), np.array([1]), IntType(0, 2))
    (a,) = builder.add("a", step, (x,), ORIGIN)
    (b,) = builder.add("b", step, (a,), ORIGIN)
    graph = compose_thresholds(builder.build((a, b)))
    assert [len(node.inputs) for node in graph.nodes] == [1, 1]
    assert graph.producer("b") is not None
    assert graph.nodes[1].inputs == ("a",)
