"""Closed chains against the float32 chain itself, on every integer of the interval."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.diagnostics import CompileError, Origin
from hwcompile.frontends.numbers import closing
from hwcompile.frontends.numbers.closing import Domain, close
from hwcompile.frontends.onnx import quantizer_sources as sources
from hwcompile.ir.op import Op
from hwcompile.ir.types import BIPOLAR, IntArray, IntType
from hwcompile.ops.elementwise.op import Linear
from hwcompile.ops.threshold.op import Threshold
from hwcompile_runtime.chain import Chain, Dequantize, FloatOp, Integers
from hwcompile_runtime.quantizers import IntegerQuantizer, Quantizer
from hwcompile_runtime.rows import FloatArray, floats, integers
from tests.frontends.running import run

ORACLE = "this project"
ORACLE_REASON = (
    "a closed form is held to the float32 chain, whose operations test_chain holds to ONNX Runtime"
)

ORIGIN = Origin("net.onnx", "Relu_7", "Quant")
MODES = ["ROUND", "CEIL", "FLOOR", "UP", "DOWN", "HALF_UP", "HALF_DOWN"]

positive = st.floats(2**-9, 4, width=32)
factor = st.one_of(st.floats(-4, 4, width=32), st.sampled_from([1.0, -1.0, 0.0, 0.5]))
offset = st.floats(-40, 40, width=32)


def per_row(draw: st.DrawFn, rows: int, elements: st.SearchStrategy[float]) -> FloatArray:
    count = draw(st.sampled_from([1, rows]))
    return floats(draw(st.lists(elements, min_size=count, max_size=count)))


MONOTONE = ["relu", "sigmoid", "tanh", "softplus", "elu", "selu", "softsign", "erf", "floor", "neg"]
OTHERS = ["abs", "gelu", "silu", "mish", "hard_swish"]


@st.composite
def float_ops(draw: st.DrawFn, rows: int, kinds: list[str]) -> FloatOp:
    kind = draw(
        st.sampled_from(
            ["mul", "add", "div", "batch_norm", "clip", "prelu", "fake", "join", *kinds]
        )
    )
    if kind == "mul":
        return FloatOp("mul", (per_row(draw, rows, factor),))
    if kind == "div":
        return FloatOp("div", (per_row(draw, rows, positive),))
    if kind == "add":
        return FloatOp("add", (per_row(draw, rows, offset),))
    if kind == "prelu":
        return FloatOp("prelu", (per_row(draw, rows, factor),))
    if kind == "clip":
        return FloatOp("clip", (floats(draw(st.floats(-9, 0))), floats(draw(st.floats(0, 9)))))
    if kind == "batch_norm":
        parts = [per_row(draw, rows, e) for e in (factor, offset, offset, positive)]
        return FloatOp("batch_norm", tuple(parts), {"epsilon": 1e-5})
    if kind == "fake":
        bits, signed = draw(st.integers(2, 8)), draw(st.booleans())
        made = sources.from_qonnx_quant(draw(positive), 0, bits, signed, False)
        return FloatOp("fake_quant", quantizer=made)
    if kind == "join":
        inner = FloatOp(draw(st.sampled_from(["relu", "sigmoid", "tanh"])))
        word = draw(st.sampled_from(["add", "mul", "max", "sub"]))
        return FloatOp("join", attributes={"op": word}, branches=((), (inner,)))
    return FloatOp(kind)


@st.composite
def quantizers(draw: st.DrawFn, rows: int) -> Quantizer:
    form = draw(st.sampled_from(["qonnx", "linear", "bipolar", "steps", "steps2"]))
    scale = per_row(draw, rows, positive)
    if form == "bipolar":
        return sources.from_bipolar_quant(scale)
    if form.startswith("steps"):
        count = 1 if form == "steps2" else draw(st.integers(2, 9))
        table = [
            [draw(offset) for _ in range(count)] for _ in range(draw(st.sampled_from([1, rows])))
        ]
        return sources.from_multi_threshold(np.array(table), 2.0, -1.0)
    zero, bits = draw(st.integers(-9, 9)), draw(st.integers(1, 8))
    if form == "linear":
        return sources.from_quantize_linear(scale, zero, 0, 2**bits - 1)
    signed, narrow, mode = draw(st.booleans()), draw(st.booleans()), draw(st.sampled_from(MODES))
    narrow = narrow and bits > 1
    return sources.from_qonnx_quant(scale, zero, bits, signed, narrow, mode)


Case = tuple[Chain, Quantizer, IntType, int]


@st.composite
def cases(draw: st.DrawFn, kinds: list[str], widest: int) -> Case:
    rows = draw(st.sampled_from([1, 3]))
    ops = tuple(draw(st.lists(float_ops(rows, kinds), max_size=4)))
    start = Dequantize(per_row(draw, rows, positive), integers(draw(st.integers(-30, 30))))
    quantizer = draw(quantizers(rows))
    low = draw(st.integers(-widest, widest))
    element = IntType(low, low + draw(st.integers(0, widest)))
    if draw(st.integers(0, 9)) == 0:
        element = BIPOLAR
    return Chain(start, ops), quantizer, element, rows


def check(
    chain: Chain,
    quantizer: Quantizer,
    element: IntType,
    rows: int,
    bounds: tuple[IntArray, IntArray] | None = None,
) -> tuple[Op, ...]:
    """The closed operations agree with the chain on all integers of every row's interval."""
    low, high = bounds or (None, None)
    ops = close(chain, quantizer, Domain(element, low, high), ORIGIN)
    points = np.tile(element.values(), (rows, 1))
    if bounds:
        points = np.clip(points, *(np.atleast_1d(bound)[:, None] for bound in bounds))
    expected = quantizer.quantize(chain.apply(points))
    found, results = run(ops, element, points)
    np.testing.assert_array_equal(results, np.broadcast_to(expected, points.shape))
    assert found.encoding is quantizer.element.encoding
    if bounds is None and ops and found != BIPOLAR:
        assert (found.low, found.high) == (results.min(), results.max())
    return ops


@settings(deadline=None, max_examples=250)
@given(case=cases(MONOTONE + OTHERS, 400))
def test_small_intervals(case: Case) -> None:
    check(*case)


@settings(deadline=None, max_examples=150)
@given(case=cases(MONOTONE, 3000))
def test_bisection_alone(case: Case) -> None:
    """As if every interval were too wide for full evaluation."""
    kept = closing.FULL_EVALUATION
    closing.FULL_EVALUATION = 0
    try:
        check(*case)
    finally:
        closing.FULL_EVALUATION = kept


@settings(deadline=None, max_examples=12)
@given(data=st.data())
def test_wide_accumulators(data: st.DataObject) -> None:
    """Twenty bits, per channel batch norm: all 2**20 integers of every row."""
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    rows = 2
    norm = FloatOp(
        "batch_norm",
        (
            *(rng.normal(0, spread, rows).astype(np.float32) for spread in (1, 1, 30)),
            rng.uniform(1, 90, rows).astype(np.float32),
        ),
        {"epsilon": 1e-5},
    )
    middle = data.draw(st.sampled_from([(), (FloatOp("relu"),), (FloatOp("sigmoid"),)]))
    chain = Chain(Dequantize(floats(rng.uniform(1e-5, 1e-2))), (norm, *middle))
    quantizer = sources.from_quantize_linear(rng.uniform(0.001, 0.2), 5, -128, 127)
    check(chain, quantizer, IntType(-(1 << 19), (1 << 19) - 1), rows)


def test_intervals_per_row() -> None:
    chain = Chain(Dequantize(floats(0.1)), (FloatOp("mul", (floats([1, -1, 2]),)),))
    quantizer = sources.from_qonnx_quant(0.5, 0, 4, True, False)
    bounds = integers([-10, -200, 3]), integers([50, 40, 3])
    (op,) = check(chain, quantizer, IntType(-200, 100), 3, bounds)
    assert isinstance(op, Threshold)
    assert op.thresholds.shape == (3, 15)
    np.testing.assert_array_equal(op.slope, [1, -1, 1])


def test_identity_needs_nothing() -> None:
    step = floats(0.37)
    chain = Chain(Dequantize(step, integers(3)), (FloatOp("relu"),))
    quantizer = sources.from_quantize_linear(step, 3, 0, 255)
    assert check(chain, quantizer, IntType(3, 200), 1) == ()
    bipolar = sources.from_bipolar_quant(1.0)
    assert check(Chain(Dequantize(floats(2.0))), bipolar, BIPOLAR, 1) == ()
    (shifted,) = check(chain, sources.from_quantize_linear(step, 0, 0, 255), IntType(3, 200), 1)
    assert isinstance(shifted, Linear)
    assert (shifted.family, shifted.coefficients, shifted.offset) == ("elementwise", (1,), -3)


def test_equal_rows_become_one() -> None:
    chain = Chain(Dequantize(floats([0.1] * 4)), (FloatOp("add", (floats([2.0] * 4),)),))
    (op,) = check(chain, sources.from_bipolar_quant([1.0] * 4), IntType(-90, 90), 4)
    assert isinstance(op, Threshold)
    assert op.thresholds.shape == (1, 1)
    assert op.thresholds[0, 0] == -20


def test_forms() -> None:
    """A wide valley becomes runs and a small table, a narrow one a table, stairs thresholds."""
    quantizer = sources.from_quantize_linear(0.05, 10, 0, 255)
    silu = FloatOp("join", attributes={"op": "mul"}, branches=((), (FloatOp("sigmoid"),)))
    valley = Chain(Dequantize(floats(1e-4)), (silu,))
    wide = check(valley, quantizer, IntType(-200_000, 60_000), 1)
    assert [op.family for op in wide] == ["threshold", "table"]
    narrow = check(Chain(Dequantize(floats(0.1)), (silu,)), quantizer, IntType(-128, 127), 1)
    assert [op.family for op in narrow] == ["table"]
    stairs = check(Chain(Dequantize(floats(1e-4))), quantizer, IntType(-200_000, 60_000), 1)
    assert [op.family for op in stairs] == ["threshold"]


def test_integer_chains() -> None:
    chain = Chain(
        Integers(),
        (
            FloatOp("mul", (integers([77, -5]),)),
            FloatOp("add", (integers(1 << 9),)),
            FloatOp("shift_right", (integers(10),)),
            FloatOp("clip", (integers(-128), integers(127))),
        ),
    )
    quantizer = IntegerQuantizer(floats(1), integers(0), IntType(-128, 127))
    check(chain, quantizer, IntType(-4000, 4000), 2)
    doubled = Chain(Integers(), (FloatOp("mul", (integers(1000),)), FloatOp("sub", (integers(7),))))
    wide = IntegerQuantizer(floats(1), integers(0), IntType(-(1 << 40), 1 << 40))
    (op,) = check(doubled, wide, IntType(-4000, 4000), 1)
    assert isinstance(op, Linear)
    assert (op.coefficients, op.offset) == ((1000,), -7)


def test_requantizer_equals_its_formula() -> None:
    rng = np.random.default_rng(3)
    rows = 5
    multiplier = sources.qlinear_multiplier(0.02, rng.uniform(1e-4, 1e-2, rows), 0.11)
    chain = Chain(Dequantize(multiplier))
    quantizer = sources.from_requantizer(0.11, 7, -128, 127)
    element = IntType(-300_000, 300_000)
    check(chain, quantizer, element, rows)
    x = np.tile(element.values(), (rows, 1))
    scaled = np.round(x.astype(np.float32) * multiplier[:, None]).astype(np.int64) + 7
    (op,) = close(chain, quantizer, Domain(element))
    _, results = run((op,), element, x)
    np.testing.assert_array_equal(results, np.clip(scaled, -128, 127))


def test_a_row_goes_on_beyond_its_own_integers() -> None:
    """Its line would end there otherwise, and the cheapest kernels need lines."""
    chain = Chain(Dequantize(np.array([0.01, 0.02])))
    quantizer = sources.from_quantize_linear(0.5, 128, 0, 255)
    element = IntType(-30_000, 30_000)
    low, high = np.array([-30_000, -100]), np.array([30_000, 9_000])
    (op,) = check(chain, quantizer, element, 2, (low, high))
    assert isinstance(op, Threshold)
    steps = np.diff(op.thresholds, axis=1)
    inside = (op.thresholds[1] > element.low) & (op.thresholds[1] <= element.high)
    assert inside.sum() == 255  # every step of the second row, reached or not
    assert set(np.unique(steps[1])) <= {24, 25, 26}


def test_a_row_stops_where_its_chain_is_undefined() -> None:
    chain = Chain(Dequantize(np.array([1.0])), (FloatOp("log"),))
    quantizer = sources.from_quantize_linear(np.array([1.0, 2.0]), 0, 0, 255)
    element = IntType(-50, 400)
    check(chain, quantizer, element, 2, (np.array([1, 4]), np.array([400, 300])))


@pytest.mark.parametrize(
    ("chain", "element", "code", "words"),
    [
        (Chain(Dequantize(floats(1)), (FloatOp("log"),)), IntType(-5, 5), "HW0221",
         "not a number for some reachable integers"),
        (Chain(Dequantize(floats(1e-6)), (FloatOp("abs"),)), IntType(-(1 << 29), 1 << 29), "HW0220",
         "put a quantizer before it"),
        (Chain(Dequantize(floats(1)), (FloatOp("cast", attributes={"to": "int8"}),
                                       FloatOp("cast", attributes={"to": "float32"}))),
         IntType(-5, 500), "HW0223", "a cast to integers overflows"),
    ],
)  # fmt: skip
def test_refused_by_name(chain: Chain, element: IntType, code: str, words: str) -> None:
    with pytest.raises(CompileError) as caught:
        close(chain, sources.from_quantize_linear(0.1, 0, 0, 255), Domain(element), ORIGIN)
    (finding,) = caught.value.diagnostics
    assert (finding.code, finding.origin) == (code, ORIGIN)
    assert words in str(finding)


def test_an_operation_that_lies_about_being_monotone_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The bisection checks itself between its thresholds."""
    monkeypatch.setattr(FloatOp, "monotone_sign", lambda self: np.ones(1, dtype=np.int64))
    chain = Chain(Dequantize(floats(0.001)), (FloatOp("add", (floats(-2000),)), FloatOp("abs")))
    chain = chain.then(FloatOp("sub", (floats(1500),)))
    with pytest.raises(Exception, match="not monotone as announced"):
        close(chain, sources.from_quantize_linear(8.0, 128, 0, 255), Domain(IntType(0, 1 << 22)))


def test_fast_enough() -> None:
    rng = np.random.default_rng(1)
    rows = 256
    parts = tuple(rng.normal(1, 0.2, rows).astype(np.float32) for _ in range(3))
    norm = FloatOp("batch_norm", (*parts, rng.uniform(1, 2, rows).astype(np.float32)))
    chain = Chain(Dequantize(floats(1e-4)), (norm, FloatOp("relu")))
    quantizer = sources.from_quantize_linear(0.16, 0, 0, 255)
    started = time.process_time()
    (op,) = close(chain, quantizer, Domain(IntType(-(1 << 19), (1 << 19) - 1)))
    assert isinstance(op, Threshold)
    assert op.thresholds.shape[1] > 200
    # About 0.3 s on one slow core; the limit leaves room for a busy machine.
    assert time.process_time() - started < 3
