"""Two-stream forms against the float32 model on all pairs of integers."""

from __future__ import annotations

import time
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.diagnostics import CompileError, Origin
from hwcompile.frontends.numbers.fractions import cheapest_coefficients, signed_digits
from hwcompile.frontends.numbers.pair_values import Branch
from hwcompile.frontends.numbers.pairing import PairForm, close_pair
from hwcompile.frontends.onnx import quantizer_sources as sources
from hwcompile.ir.types import BIPOLAR, IntArray, IntType
from hwcompile.ops.elementwise.op import Extremum, Linear, Product
from hwcompile.ops.threshold.op import Threshold
from hwcompile_runtime.chain import Chain, Dequantize, FloatOp, apply_all, join_values
from hwcompile_runtime.quantizers import Quantizer
from hwcompile_runtime.rows import floats, integers
from tests.frontends.running import run_pair

ORACLE = "this project"
ORACLE_REASON = "a form of two streams is held to the float32 chains on all pairs, see test_chain"

ORIGIN = Origin("net.onnx", "Add_9", "Add")
INT8 = IntType(-128, 127)
# The operator, two streams, what comes behind, and the quantizer.
Meeting = tuple[str, Branch, Branch, tuple[FloatOp, ...], Quantizer]
# The same and a number of rows.
Case = tuple[str, Branch, Branch, tuple[FloatOp, ...], Quantizer, int]
scales = st.one_of(
    st.floats(2**-9, 2, width=32), st.sampled_from([1.0, 0.5, 0.125, 0.75, 0.1, 1 / 3])
)
intervals = st.builds(
    lambda low, span: IntType(low, low + span), st.integers(-140, 20), st.integers(0, 255)
)


def branch(scale: float | np.floating, element: IntType, zero: int = 0, *ops: FloatOp) -> Branch:
    return Branch(Chain(Dequantize(floats(scale), integers(zero)), ops), element)


def expected_of(meeting: Meeting, a: IntArray, b: IntArray) -> IntArray:
    kind, left, right, ops, quantizer = meeting
    joined = join_values(kind, left.chain.apply(a), right.chain.apply(b))
    return np.broadcast_to(quantizer.quantize(apply_all(ops, joined)), a.shape)


def check(
    kind: str,
    left: Branch,
    right: Branch,
    ops: tuple[FloatOp, ...],
    quantizer: Quantizer,
    rows: int = 1,
    pairs: list[IntArray] | None = None,
) -> PairForm:
    """The form agrees with the float32 model on all pairs (or on the given ones)."""
    form = close_pair(kind, left, right, ops, quantizer, ORIGIN)
    if pairs is None:
        grid = np.meshgrid(left.element.values(), right.element.values(), indexing="ij")
        pairs = [g.reshape(-1) for g in grid]
    a, b = (np.tile(p, (rows, 1)) for p in pairs)
    expected = expected_of((kind, left, right, ops, quantizer), a, b)
    found, results = run_pair(form, left.element, right.element, a, b)
    np.testing.assert_array_equal(results, expected)
    assert found.encoding is quantizer.element.encoding
    return form


def factors(form: PairForm) -> tuple[int, ...]:
    assert isinstance(form.first, Linear)
    return form.first.coefficients


@st.composite
def cases(draw: st.DrawFn) -> Case:
    rows = draw(st.sampled_from([1, 1, 3]))
    kind = draw(st.sampled_from(["add", "sub", "mul", "max", "min"]))
    sides: list[Branch] = []
    for _ in range(2):
        element = draw(st.one_of(intervals, st.just(BIPOLAR)))
        zero = draw(st.sampled_from([0, 0, -5, 17]))
        before = draw(st.sampled_from([(), (), (FloatOp("relu"),)]))
        sides.append(branch(draw(scales), element, zero, *before))
    ops: list[FloatOp] = []
    for word in draw(
        st.lists(st.sampled_from(["relu", "add", "neg", "abs", "sigmoid"]), max_size=2)
    ):
        if word == "add":
            ops.append(FloatOp("add", (floats([draw(st.floats(-9, 9)) for _ in range(rows)]),)))
        else:
            ops.append(FloatOp(word))
    scale = draw(scales)
    quantizer = draw(
        st.sampled_from(
            [
                sources.from_quantize_linear(scale, 3, -128, 127),
                sources.from_qonnx_quant(scale, 0, 4, False, False),
                sources.from_bipolar_quant(scale),
            ]
        )
    )
    left, right = sides
    return kind, left, right, tuple(ops), quantizer, rows


@settings(deadline=None, max_examples=120)
@given(case=cases())
def test_every_pair(case: Case) -> None:
    """Narrow streams: a form or, for some rows that differ, a refusal by name."""
    try:
        check(*case)
    except CompileError as error:
        (finding,) = error.diagnostics
        assert finding.code == "HW0222"
        assert case[-1] > 1 or case[1].element.levels * case[2].element.levels > 1 << 16


@settings(deadline=None, max_examples=25)
@given(
    left=scales,
    right=scales,
    out=st.floats(0.03125, 4, width=32),
    zeros=st.tuples(st.integers(-9, 9), st.integers(-9, 9)),
)
def test_residual_add_of_bytes(
    left: float, right: float, out: float, zeros: tuple[int, int]
) -> None:
    quantizer = sources.from_quantize_linear(out, 3, -128, 127)
    check("add", branch(left, INT8, zeros[0]), branch(right, INT8, zeros[1]), (), quantizer)


def test_scales_without_ties_need_two_factors_and_thresholds_only() -> None:
    rng = np.random.default_rng(11)
    for kind in ("add", "sub", "mul") * 5:
        left, right = rng.uniform(0.005, 0.1, 2).astype(np.float32)
        out = max(left, right) * rng.uniform(0.7, 1.8)
        if kind == "mul":
            out = left * right * rng.uniform(40, 140)
        quantizer = sources.from_quantize_linear(out, 3, -128, 127)
        form = check(kind, branch(left, INT8, 4), branch(right, INT8, -128), (), quantizer)
        assert [op.family for op in form.then] == ["threshold"]
        if kind != "mul":
            assert max(map(abs, factors(form))) < 1 << 15


def test_equal_scales_give_a_plain_sum() -> None:
    quantizer = sources.from_quantize_linear(0.013, 0, -128, 127)
    form = check("add", branch(0.01, INT8), branch(0.01, INT8), (), quantizer)
    assert factors(form) == (1, 1)
    minus = check("sub", branch(0.01, INT8), branch(0.01, INT8), (), quantizer)
    assert factors(minus) == (1, -1)


def test_batch_norm_per_channel_behind_a_sum() -> None:
    rng = np.random.default_rng(7)
    rows = 24
    parts = (rng.normal(0, 1, rows), rng.normal(0, 1, rows), rng.normal(0, 1, rows))
    constants = tuple(p.astype(np.float32) for p in (*parts, rng.uniform(0.5, 4, rows)))
    norm = FloatOp("batch_norm", constants)
    quantizer = sources.from_qonnx_quant(0.21, 0, 4, False, False)
    started = time.process_time()
    form = check("add", branch(0.031, INT8), branch(0.017, INT8), (norm,), quantizer, rows)
    stairs = form.then[0]
    assert isinstance(stairs, Threshold)
    assert set(stairs.slope) == {1, -1}
    assert stairs.thresholds.shape[0] == rows
    assert time.process_time() - started < 20


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**32))
def test_rows_with_different_offsets_share_two_factors(seed: int) -> None:
    """Each row narrows the interval of the factors; no table could serve all rows."""
    rng = np.random.default_rng(seed)
    bias = FloatOp("add", (floats(rng.uniform(-1, 1, 6)),))
    element = IntType(-20, 25)
    left, right = (branch(s, element) for s in rng.uniform(0.02, 0.2, 2))
    quantizer = sources.from_qonnx_quant(rng.uniform(0.1, 0.4), 0, 5, True, False)
    form = check("add", left, right, (bias,), quantizer, 6)
    assert isinstance(form.first, Linear)


def test_wide_sums_of_exact_scales() -> None:
    quantizer = sources.from_quantize_linear(0.3, 1, -128, 127)
    wide = IntType(-(1 << 20), 1 << 20)
    rng = np.random.default_rng(0)
    pairs = [np.append(rng.integers(wide.low, wide.high, 200_000), ends)
             for ends in ([wide.low, wide.high], [wide.high, wide.high])]  # fmt: skip
    form = check(
        "add", branch(2**-10, wide), branch(3 * 2**-12, wide), (FloatOp("relu"),), quantizer,
        1, pairs,
    )  # fmt: skip
    assert factors(form) == (4, 3)
    narrow = branch(0.37, IntType(-8, 7))
    small = [pairs[0], rng.integers(-8, 8, pairs[0].size)]
    steps = sources.from_qonnx_quant(0.3, 0, 3, True, False)
    mixed = check("add", branch(0.0011, wide), narrow, (), steps, 1, small)
    assert mixed.then[0].family == "threshold"


def test_wide_sums_that_float32_rounds_are_refused_by_name() -> None:
    wide = IntType(-(1 << 20), 1 << 20)
    with pytest.raises(CompileError) as caught:
        close_pair(
            "add", branch(0.1, wide), branch(0.1, wide), (),
            sources.from_quantize_linear(0.3, 1, -128, 127), ORIGIN,
        )  # fmt: skip
    (finding,) = caught.value.diagnostics
    assert (finding.code, finding.origin) == ("HW0222", ORIGIN)
    assert "put a quantizer on both branches before 'add'" in finding.fix


def test_products() -> None:
    quantizer = sources.from_quantize_linear(0.3, 1, -128, 127)
    form = check("mul", branch(0.25, INT8, 3), branch(0.5, INT8), (), quantizer)
    assert isinstance(form.first, Product)
    assert len(form.left) == 1
    assert form.right == ()
    form = check("mul", branch(0.0123, INT8), branch(0.037, INT8, -128), (), quantizer)
    assert form.first.family == "elementwise"
    signs = check(
        "mul", branch(0.3, BIPOLAR), branch(0.2, BIPOLAR), (), sources.from_bipolar_quant(1)
    )
    assert signs.first.family == "elementwise"


def test_extremes_close_each_stream() -> None:
    wide = IntType(-(1 << 20), 1 << 20)
    rng = np.random.default_rng(0)
    pairs = [rng.integers(wide.low, wide.high, 100_000) for _ in range(2)]
    quantizer = sources.from_quantize_linear(0.3, 1, -128, 127)
    left, right = branch(0.0001, wide), branch(0.0003, wide)
    ops = (FloatOp("relu"), FloatOp("neg"))
    form = check("max", left, right, ops, quantizer, 1, pairs)
    assert isinstance(form.first, Extremum)
    assert form.first.kind == "min"
    form = check("min", left, right, ops[:1], quantizer, 1, pairs)
    assert isinstance(form.first, Extremum)
    assert form.first.kind == "min"


@settings(deadline=None, max_examples=300)
@given(
    low=st.one_of(st.none(), st.fractions(-50, 50, max_denominator=900)),
    high=st.one_of(st.none(), st.fractions(-50, 50, max_denominator=900)),
)
def test_coefficients_lie_strictly_inside(low: Fraction | None, high: Fraction | None) -> None:
    found = cheapest_coefficients(low, high)
    if low is not None and high is not None and low >= high:
        assert found is None
        return
    assert found is not None
    p, q = found
    assert q > 0
    assert p != 0
    assert low is None or low < Fraction(p, q)
    assert high is None or Fraction(p, q) < high


def test_signed_digits() -> None:
    assert [signed_digits(v) for v in (0, 1, -2, 3, 5, 7, 255, 85)] == [0, 1, 1, 2, 2, 2, 2, 4]


def test_simplest_coefficients() -> None:
    half = Fraction(1, 1000)
    assert cheapest_coefficients(Fraction(1, 3) - half, Fraction(1, 3) + half) == (1, 3)
    assert cheapest_coefficients(Fraction(-2) - half, Fraction(-2) + half) == (-2, 1)
    assert cheapest_coefficients(None, None) == (1, 1)
