"""Sparse layers of few bits as truth tables: nothing changes but what they are built of."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.diagnostics import Origin
from hwcompile.ir.graph import Builder, Graph
from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ir.verify import verify
from hwcompile.ops.cast.op import Cast
from hwcompile.ops.gather.op import Gather
from hwcompile.ops.matmul.op import Matmul
from hwcompile.ops.table.op import Table
from hwcompile.ops.threshold.op import Threshold
from hwcompile.ops.truth_table import TruthTable
from hwcompile.passes.truth_tables import SparseLayer, sparse_layers, with_truth_tables

ORACLE = "this project"
ORACLE_REASON = "a pass must not change the meaning of a graph: evaluated before and after"

ORIGIN = Origin("file", "node", "Op")
ELEMENTS = (IntType(0, 3), IntType(-1, 1), IntType(-2, 1), BIPOLAR, IntType(0, 1))
LAST = ("threshold", "table", "cast", "both", "nothing")


def add_matrix(
    builder: Builder, value: str, rng: np.random.Generator, groups: int, most: int
) -> str:
    """A grouped matrix of which every row has at most so many weights."""
    fan_in = builder.types[value].channels // groups
    rows = int(rng.integers(1, 5))
    weights = np.zeros((groups, rows, fan_in), dtype=np.int64)
    for row in weights.reshape(-1, fan_in):
        used = rng.permutation(fan_in)[: rng.integers(0, most + 1)]
        row[used] = rng.integers(-3, 4, used.size)
    weights[0, 0, 0] = 1
    return builder.add("matrix", Matmul(weights), (value,), ORIGIN)[0]


def add_activation(builder: Builder, value: str, rng: np.random.Generator, kind: str) -> str:
    """What is done to each sum, by one row of constants, one per channel, or one per element."""
    shape, element = builder.types[value].shape, builder.types[value].element
    size = shape[0] * shape[1] * shape[2]
    rows = int(rng.choice([1, shape[2], size]))
    if kind in ("threshold", "both"):
        steps = np.sort(rng.integers(element.low, element.high + 2, (rows, 2)), axis=1)
        slope = rng.choice([-1, 1], rows)
        op = Threshold(steps, np.where(slope > 0, 0, 2), slope, IntType(0, 2))
        (value,) = builder.add("steps", op, (value,), ORIGIN)
        element = builder.types[value].element
    if kind in ("table", "both"):
        values = rng.integers(-1, 2, (rows, element.levels))
        (value,) = builder.add("table", Table(values, IntType(-1, 1)), (value,), ORIGIN)
    if kind == "cast":
        flat = np.zeros(rows, dtype=np.int64)
        op_cast = Cast(0, 1, flat + 1, flat + 1, flat, flat + 3, "floor", "saturate")
        (value,) = builder.add("cast", op_cast, (value,), ORIGIN)
    return value


@st.composite
def networks(draw: st.DrawFn) -> Graph:
    """One or two sparse layers, some behind a choice of channels, of one pixel or several."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    height, width = draw(st.sampled_from(((1, 1), (2, 3))))
    channels = draw(st.integers(1, 3)) * 2
    element = draw(st.sampled_from(ELEMENTS))
    builder = Builder("sparse")
    value = builder.input("x", TensorType((height, width, channels), element))
    for _ in range(draw(st.integers(1, 2))):
        kind = builder.types[value]
        if draw(st.booleans()):
            lanes = rng.integers(0, kind.channels, 4)
            index = np.arange(kind.size).reshape(kind.shape)[:, :, lanes]
            (value,) = builder.add("choice", Gather(index, 0), (value,), ORIGIN)
        groups = 2 if builder.types[value].channels % 2 == 0 and draw(st.booleans()) else 1
        value = add_matrix(builder, value, rng, groups, 3)
        value = add_activation(builder, value, rng, draw(st.sampled_from(LAST)))
    return builder.build((value,))


def frames_of(graph: Graph) -> np.ndarray:
    kind = graph.types["x"]
    frames = np.random.default_rng(1).choice(kind.element.values(), (60, *kind.shape))
    frames[-2], frames[-1] = kind.element.low, kind.element.high
    return frames


def buildable(graph: Graph) -> list[SparseLayer]:
    return [layer for layer in sparse_layers(graph) if layer.problem is None]


@settings(max_examples=150, deadline=None)
@given(networks(), st.data())
def test_recognition_changes_no_result(graph: Graph, data: st.DataObject) -> None:
    layers = buildable(graph)
    chosen = [layer for layer in layers if data.draw(st.booleans())]
    after = with_truth_tables(graph, chosen)
    verify(after)
    tables = [node.name for node in after.nodes if isinstance(node.op, TruthTable)]
    assert tables == [layer.name for layer in chosen]
    assert after.outputs == graph.outputs
    frames = frames_of(graph)
    (want,) = graph.evaluate({"x": frames}).values()
    (got,) = after.evaluate({"x": frames}).values()
    np.testing.assert_array_equal(got, want)
    assert after.types[after.outputs[0]] == graph.types[graph.outputs[0]]


def test_the_whole_layer_becomes_one_node() -> None:
    builder, rng = Builder("one"), np.random.default_rng(3)
    value = builder.input("x", TensorType((1, 1, 6), IntType(0, 3)))
    (value,) = builder.add("choice", Gather(np.array([[[5, 0, 3, 1]]]), 0), (value,), ORIGIN)
    weights = np.array([[[2, 0, -1, 0], [0, 0, 3, 0]]])
    (value,) = builder.add("matrix", Matmul(weights), (value,), ORIGIN)
    value = add_activation(builder, value, rng, "both")
    graph = builder.build((value,))
    (layer,) = sparse_layers(graph)
    assert [node.name for node in layer.nodes] == ["choice", "matrix", "steps", "table"]
    assert layer.sparse
    assert layer.address_bits == 4
    after = with_truth_tables(graph, [layer])
    assert [node.name for node in after.nodes] == ["table"]
    assert layer.op.sources.tolist() == [[5, 3], [3, -1]]


def test_a_sum_that_is_read_twice_ends_the_layer() -> None:
    builder, rng = Builder("twice"), np.random.default_rng(3)
    total = add_matrix(builder, builder.input("x", TensorType((1, 1, 4), IntType(0, 1))), rng, 1, 2)
    value = add_activation(builder, total, rng, "threshold")
    for outputs in ((value, total), (total, value)):
        (layer,) = sparse_layers(builder.build(outputs))
        assert [node.name for node in layer.nodes] == ["matrix"]


@pytest.mark.parametrize(("weights", "bits"), [(9, 18), (40, 80)])
def test_layers_that_read_too_much_say_how_much(weights: int, bits: int) -> None:
    builder = Builder("wide")
    value = builder.input("x", TensorType((1, 1, 64), IntType(0, 3)))
    matrix = np.zeros((1, 3, 64), dtype=np.int64)
    matrix[:, 1, :weights] = 1
    (value,) = builder.add("matrix", Matmul(matrix), (value,), ORIGIN)
    (layer,) = sparse_layers(builder.build((value,)))
    assert layer.problem is not None
    assert f"a neuron reads {bits} bits" in layer.problem
