"""Constant matrices as adder graphs: their sums, their widths, their circuits, who takes them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hwcompile
from hwcompile.diagnostics import CompileError, Origin
from hwcompile.ir.graph import Builder, Graph
from hwcompile.ir.types import BIPOLAR, IntArray, IntType, TensorType
from hwcompile.ops import family
from hwcompile.ops.arithmetic.adders import kernel as adders
from hwcompile.ops.arithmetic.adders.draft import Draft
from hwcompile.ops.arithmetic.adders.graph import Adder, AdderGraph, Term
from hwcompile.ops.arithmetic.adders.pipeline import AdderPipeline
from hwcompile.ops.arithmetic.adders.signs import with_best_signs
from hwcompile.ops.arithmetic.adders.solving import adder_graph, digits_of_matrix, side_by_side
from hwcompile.ops.arithmetic.adders.sums import reordered
from hwcompile.ops.contract.site import Site
from hwcompile.ops.depthwise.op import Depthwise
from hwcompile.ops.matmul.op import Matmul
from hwcompile.ops.threshold.op import Threshold
from hwcompile.schedule.planner import plan
from tests.kernelbench import check_kernel

ORACLE = "numpy"
ORACLE_REASON = "numpy multiplies matrices; what adders take follows from their definition"

KERNEL = family("matmul").kernel("adder_graph")
TAPS = family("depthwise").kernel("adder_graph")
ELEMENTS = (IntType(0, 1), IntType(0, 5), IntType(-3, 12), IntType(-128, 127), IntType(2, 9))
NUMBERS = ([-1, 0, 1], [0, 1], [-8, 3, 7, 0], list(range(-32, 32)), [0, 96, -66, 255, -32768])


@st.composite
def matrices(draw: st.DrawFn) -> tuple[IntArray, IntType]:
    """Weights with zero, equal and opposite rows and columns, and a type of inputs."""
    rows, columns = draw(st.integers(1, 9)), draw(st.integers(1, 8))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    matrix = rng.choice(draw(st.sampled_from(NUMBERS)), (rows, columns)).astype(np.int64)
    for _ in range(draw(st.integers(0, 3))):
        factor = rng.choice([0, 1, -1])
        matrix[rng.integers(rows)] = factor * matrix[rng.integers(rows)]
        matrix[:, rng.integers(columns)] = factor * matrix[:, rng.integers(columns)]
    return matrix, draw(st.sampled_from(ELEMENTS))


def inputs_of(element: IntType, count: int) -> IntArray:
    """Random vectors, and every corner that a sum of few inputs has."""
    rng = np.random.default_rng(3)
    values = rng.integers(element.low, element.high + 1, (300, count))
    values[:200] = rng.choice([element.low, element.high], (200, count))
    values[0], values[1] = element.low, element.high
    return values


def ends(element: IntType, count: int) -> tuple[IntArray, IntArray]:
    return np.full(count, element.low), np.full(count, element.high)


@settings(max_examples=12, deadline=None)
@given(matrices())
def test_adders_make_the_matrix_in_as_many_bits_as_they_have(
    drawn: tuple[IntArray, IntType],
) -> None:
    matrix, element = drawn
    graph = adder_graph(matrix, *ends(element, matrix.shape[1]))
    values = inputs_of(element, matrix.shape[1])
    np.testing.assert_array_equal(graph.matrix, matrix)
    np.testing.assert_array_equal(graph.evaluate(values), values @ matrix.T)
    for adder in graph.adders:
        assert not all(term.minus for term in adder.terms)
        assert min(term.shift for term in adder.terms) == 0
    for other in (reordered(graph), with_best_signs(graph)):
        np.testing.assert_array_equal(other.evaluate(values), values @ matrix.T)
    assert with_best_signs(graph).cost <= graph.cost


@settings(max_examples=8, deadline=None)
@given(matrices(), st.integers(1, 4))
def test_every_sum_is_there_in_the_cycle_that_reads_it(
    drawn: tuple[IntArray, IntType], per_cycle: int
) -> None:
    matrix, element = drawn
    graph = adder_graph(matrix, *ends(element, matrix.shape[1]))
    pipeline = AdderPipeline(graph, per_cycle, element.bits, 30)
    cycles, last = pipeline.cycles, pipeline.last
    assert pipeline.stages == max(-(-graph.depth // per_cycle), 1)
    for at, adder in enumerate(graph.adders, graph.inputs):
        for term in adder.terms:
            assert cycles[term.node] <= cycles[at] <= last[term.node]
    assert all(len(way) <= per_cycle for way in pipeline.longest)
    assert max(last, default=0) <= pipeline.stages


def test_what_is_there_already_is_not_added_again() -> None:
    rng = np.random.default_rng(0)
    matrix = rng.integers(-8, 8, (5, 4))
    low, high = ends(IntType(-8, 7), 4)
    alone = adder_graph(matrix, low, high)
    more = np.concatenate([matrix, matrix, matrix << 3, np.zeros((1, 4), np.int64)])
    again = adder_graph(more, low, high)
    assert again.cost == alone.cost
    assert again.outputs[-1] is None
    spread = np.zeros((5, 7), np.int64)
    spread[:, [1, 2, 4, 6]] = matrix
    assert adder_graph(spread, *ends(IntType(-8, 7), 7)).cost == alone.cost


def test_columns_that_are_multiples_are_added_first() -> None:
    column = np.array([3, -5, 7, 11, 0, 13])
    matrix = np.stack([column, -column, column << 2], axis=1)
    graph = adder_graph(matrix, *ends(IntType(0, 15), 3))
    single = adder_graph(column[:, None], *ends(IntType(0, 15), 1))
    assert len(graph.adders) == len(single.adders) + 2


@pytest.mark.parametrize("size", [4, 8])
def test_a_walsh_hadamard_transform_takes_its_butterflies(size: int) -> None:
    """n log2 n additions (1412.7149, section 3)."""
    matrix = np.ones((1, 1), np.int64)
    while matrix.shape[0] < size:
        matrix = np.block([[matrix, matrix], [matrix, -matrix]])
    graph = adder_graph(matrix, *ends(IntType(-128, 127), size))
    assert len(graph.adders) == size * (size.bit_length() - 1)
    assert graph.depth == size.bit_length() - 1


def test_bits_that_nobody_reads_are_not_added() -> None:
    # (x0 + x1) - x1 - x0 + x2 in 4 bits: the sums in between wrap.
    draft = Draft(*ends(IntType(0, 15), 3))
    total = draft.add(Term(0), Term(1))
    wide = AdderGraph(
        draft.low, draft.high,
        (
            Adder(Term(0), Term(1)), Adder(Term(3), Term(2)), Adder(Term(4), Term(1, minus=True)),
            Adder(Term(5), Term(0, minus=True)),
        ),
        (Term(6),),
    )  # fmt: skip
    assert total == Term(3)
    assert wide.bits == (4, 4, 4, 4, 4, 4, 4)
    values = inputs_of(IntType(0, 15), 3)
    np.testing.assert_array_equal(wide.evaluate(values)[:, 0], values[:, 2])


def test_low_bits_pass_where_they_are_those_of_one_operand() -> None:
    one, other = Term(0), Term(1, 3)
    assert Adder(one, other).passed == 3
    assert Adder(one, replace(other, minus=True)).passed == 3
    assert Adder(replace(one, minus=True), other).passed == 0


def test_parts_side_by_side_are_one_graph() -> None:
    rng = np.random.default_rng(2)
    first, second = rng.integers(-9, 9, (3, 2)), rng.integers(-9, 9, (2, 4))
    graphs = [adder_graph(m, *ends(IntType(0, 7), m.shape[1])) for m in (first, second)]
    both = np.zeros((5, 6), np.int64)
    both[:3, :2], both[3:, 2:] = first, second
    np.testing.assert_array_equal(side_by_side(graphs).matrix, both)


def test_digits_are_those_of_the_canonical_form() -> None:
    assert [digits_of_matrix(np.array([w])) for w in (0, 1, 3, 7, -7, 11, 85)] == [
        0,
        1,
        2,
        2,
        2,
        3,
        4,
    ]


@st.composite
def sites(draw: st.DrawFn) -> Site[Matmul]:
    """Several groups and pixels, all axes of different sizes."""
    groups, rows, columns = draw(st.sampled_from([(1, 5, 7), (3, 2, 4), (2, 7, 3), (1, 1, 6)]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    weights = rng.choice(draw(st.sampled_from(NUMBERS[:4])), (groups, rows, columns))
    element = draw(st.sampled_from((*ELEMENTS, BIPOLAR)))
    shape = (*draw(st.sampled_from([(1, 1), (2, 3)])), groups * columns)
    return Site.of(Matmul(weights.astype(np.int64)), TensorType(shape, element))


@settings(max_examples=2, deadline=None)
@given(sites(), st.integers(0, 2), st.integers(0, 2**32))
def test_circuits_compute_what_is_meant(site: Site[Matmul], registers: int, seed: int) -> None:
    check_kernel(site, KERNEL, {"registers": registers}, frames=12, seed=seed)


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(matrices())
def test_many_matrices(drawn: tuple[IntArray, IntType]) -> None:
    matrix, element = drawn
    graph = adder_graph(matrix, *ends(element, matrix.shape[1]))
    values = inputs_of(element, matrix.shape[1])
    np.testing.assert_array_equal(graph.evaluate(values), values @ matrix.T)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(sites(), st.integers(0, 2), st.integers(0, 2**32))
def test_many_circuits_compute_what_is_meant(site: Site[Matmul], registers: int, seed: int) -> None:
    check_kernel(site, KERNEL, {"registers": registers}, frames=40, seed=seed)


def test_taps_of_channels_with_bipolar_inputs() -> None:
    op = Depthwise(np.random.default_rng(4).choice([-3, 0, 1, 6], (5, 3)))
    check_kernel(Site.of(op, TensorType((2, 4, 15), BIPOLAR)), TAPS, {}, frames=9)


def network(rows: int, columns: int, seed: int = 5) -> Graph:
    """A matrix and thresholds behind it, on vectors."""
    rng = np.random.default_rng(seed)
    builder = Builder("net")
    value = builder.input("x", TensorType((1, 1, columns), IntType(0, 15)))
    origin = Origin("bench", "node", "Bench")
    op = Matmul(rng.integers(-8, 8, (1, rows, columns)))
    (total,) = builder.add("product", op, (value,), origin)
    steps = np.sort(rng.integers(-300, 300, (1, 7)))
    thresholds = Threshold(steps, np.zeros(1, np.int64), np.ones(1, np.int64), IntType(0, 7))
    return builder.build(builder.add("steps", thresholds, (total,), origin))


def test_the_planner_takes_them_for_a_vector_in_every_cycle_alone() -> None:
    graph = network(13, 11)
    names = {}
    for cycles in (1, 11, 143):
        planned, prediction = plan(graph, target_cycles=cycles)
        assert prediction.interval <= cycles
        (product,) = (p for s in planned.stages for p in s.parts if p.node.name == "product")
        names[cycles] = product.built.kernel.name
    assert names == {1: "adder_graph", 11: "folded", 143: "folded"}


@pytest.mark.parametrize("size", [(6, 9), (64, 64)])
def test_others_are_built_of_lanes_unless_a_schedule_asks(size: tuple[int, int]) -> None:
    planned, _ = plan(network(*size), target_cycles=1)
    assert planned.stages[0].parts[0].built.kernel.name == "folded"


def test_designs_are_exact_behind_thresholds(tmp_path: Path) -> None:
    schedule = {"nodes": {"product": {"kernel": "adder_graph", "registers": 1}}}
    design = hwcompile.compile_graph(network(6, 9), tmp_path / "out", schedule=schedule)
    # The adders are a pipe like the thresholds behind them, so there is one stage.
    assert len(plan(network(6, 9), schedule=schedule)[0].stages) == 1
    assert design.verify(levels=("reference", "hls", "rtl"), frames=50).passed
    manifest = json.loads((design.directory / "manifest.json").read_text())
    assert set(manifest["packages"]) == {"numpy", "onnx", "da4ml"}
    names = [path.name for path in (design.directory / "rtl").iterdir()]
    assert "net__product_adder_graph.sv" in names


def test_too_many_weights_are_refused_in_figures(tmp_path: Path) -> None:
    schedule = {"nodes": {"product": {"kernel": "adder_graph"}}}
    with pytest.raises(CompileError) as caught:
        hwcompile.compile_graph(network(130, 140), tmp_path / "out", schedule=schedule)
    assert "more than 16,384" in str(caught.value)
    wide = Site.of(Matmul(np.full((1, 1, 1), 40_000)), TensorType((1, 1, 1), IntType(0, 1)))
    assert "17 bits, more than 16" in str(KERNEL.refuses(wide))


def test_without_the_solver_the_kernel_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(adders, "solver_is_there", lambda: False)
    (site, *_) = family("matmul").examples()
    assert 'pip install "hwcompile[adders]"' in str(KERNEL.refuses(site))
    planned, _ = plan(network(13, 11), target_cycles=1)
    assert planned.stages[0].parts[0].built.kernel.name == "folded"
