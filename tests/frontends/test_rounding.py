"""One rounding of the exact number, against fractions; and that the default is the model's own."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto

import hwcompile
from hwcompile.diagnostics import CompileError
from hwcompile.frontends.load import ImportedModel, load_model
from hwcompile.frontends.numbers.closing import Domain, close_once
from hwcompile.frontends.numbers.exact_rounding import differing, exact_runs
from hwcompile.frontends.numbers.row_function import RowFunction
from hwcompile.frontends.numbers.runs import runs_of
from hwcompile.frontends.rounding import named_roundings
from hwcompile.ir.types import BIPOLAR, IntType
from hwcompile.ops.contract.site import Site
from hwcompile.ops.matmul.op import Matmul
from hwcompile.ops.threshold import FAMILY, Threshold
from hwcompile_runtime.chain import Chain, Dequantize, FloatOp
from hwcompile_runtime.quantizers import (
    ROUNDINGS,
    BipolarQuantizer,
    ClippedQuantizer,
    LinearQuantizer,
    Quantizer,
)
from hwcompile_runtime.rows import floats, integers
from tests.frontends.oracle import Model, check, runtime

ORACLE = "this project"
ORACLE_REASON = (
    "what is wanted is not what runtimes compute; fractions say it, operation by operation"
)

ROWS = 3


def rounded(value: Fraction, how: str) -> int:
    """A fraction rounded as the name says."""
    low, half = math.floor(value), Fraction(1, 2)
    if how in ("ROUND", "HALF_EVEN"):
        return round(value)
    if how in ("FLOOR", "CEIL"):
        return low if how == "FLOOR" else math.ceil(value)
    sign = -1 if value < 0 else 1
    size = abs(value)
    whole = math.floor(size)
    up = {
        "UP": size > whole,
        "DOWN": False,
        "ROUND_TO_ZERO": False,
        "HALF_UP": size - whole >= half,
        "HALF_DOWN": size - whole > half,
    }[how]
    return sign * (whole + up)


STEPS: dict[str, Callable[[Fraction, list[Fraction]], Fraction]] = {
    "add": lambda x, c: x + c[0],
    "sub": lambda x, c: x - c[0],
    "rsub": lambda x, c: c[0] - x,
    "mul": lambda x, c: x * c[0],
    "div": lambda x, c: x / c[0],
    "neg": lambda x, c: -x,
    "fma": lambda x, c: x * c[0] + c[1],
    "relu": lambda x, c: max(x, Fraction(0)),
    "max": lambda x, c: max(x, c[0]),
    "min": lambda x, c: min(x, c[0]),
    "clip": lambda x, c: min(max(x, c[0]), c[1]),
}


def exactly(chain: Chain, quantizer: Quantizer, row: int, q: int) -> int:
    """Operation by operation on a fraction."""

    def number(constant: np.ndarray) -> Fraction:
        return Fraction(float(constant[row if constant.shape[0] > 1 else 0]))

    start = chain.start
    assert isinstance(start, Dequantize)
    x = (q - number(start.zero_point)) * number(start.scale)
    for op in chain.ops:
        x = STEPS[op.kind](x, [number(constant) for constant in op.constants])
    if isinstance(quantizer, BipolarQuantizer):
        return 1 if x / number(quantizer.divisor) + number(quantizer.offset) >= 0 else -1
    if isinstance(quantizer, ClippedQuantizer):
        y = rounded(x / number(quantizer.divisor) + number(quantizer.offset), quantizer.rounding)
    else:
        assert isinstance(quantizer, LinearQuantizer)
        y = round(x / number(quantizer.divisor)) + int(number(quantizer.zero_point))
    return min(max(y, quantizer.element.low), quantizer.element.high)


CONSTANTS = {"neg": 0, "relu": 0, "fma": 2, "clip": 2}
reals = st.sampled_from([0.1, -0.3, 0.5, 2.0, -1.0, 0.25, 7.7, -12.5]) | st.floats(
    -20, 20, width=32
).filter(lambda c: abs(c) > 1e-3)
few = st.lists(reals, min_size=1, max_size=1) | st.lists(reals, min_size=ROWS, max_size=ROWS)


@st.composite
def chains(draw: st.DrawFn) -> Chain:
    start = Dequantize(np.abs(floats(draw(few))), integers(draw(st.integers(-9, 9))))
    ops = []
    for _ in range(draw(st.integers(0, 4))):
        kind = draw(st.sampled_from(sorted(STEPS)))
        constants = [floats(draw(few)) for _ in range(CONSTANTS.get(kind, 1))]
        if kind == "clip":
            constants = [np.minimum(*constants), np.maximum(*constants)]
        ops.append(FloatOp(kind, tuple(constants)))
    return Chain(start, tuple(ops))


@st.composite
def quantizers(draw: st.DrawFn) -> Quantizer:
    element = draw(st.sampled_from([IntType(-8, 7), IntType(0, 30), IntType(-400, 300)]))
    scale = np.abs(floats(draw(few)))
    if draw(st.integers(0, 4)) == 0:
        return BipolarQuantizer(scale, integers(0), BIPOLAR, scale, floats(draw(few)))
    if draw(st.booleans()):
        return LinearQuantizer(scale, integers(draw(st.integers(-3, 3))), element, scale)
    offset = floats(draw(st.sampled_from([0.0, 0.5, -2.0])))
    return ClippedQuantizer(
        scale, integers(0), element, scale, offset, draw(st.sampled_from(sorted(ROUNDINGS)))
    )


@settings(max_examples=150, deadline=None)
@given(chains(), quantizers(), st.integers(-60, 0), st.integers(1, 80))
def test_every_integer_of_every_row(
    chain: Chain, quantizer: Quantizer, low: int, span: int
) -> None:
    ends = np.full(ROWS, low), np.array([low + span, low + span // 2, low + 1])
    function = RowFunction(chain, quantizer, *ends, None)
    found = exact_runs(function)
    assert found is not None
    points = np.arange(low, low + span + 1)
    results = found.on(points)
    for row in range(ROWS):
        reached = points[: int(ends[1][row]) - low + 1]
        expected = [exactly(chain, quantizer, row, int(q)) for q in reached]
        assert results[row][: reached.size].tolist() == expected
    clipped = np.clip(points, low, np.array(ends[1])[:, None])
    with np.errstate(all="ignore"):
        floated = np.broadcast_to(function(clipped), clipped.shape)
    differs = (results != floated) & (points <= ends[1][:, None])
    assert differing(found, runs_of(low, floated), *ends) == differs.sum()


def test_other_operations_and_quantizers_are_no_lines() -> None:
    ends = np.array([0]), np.array([9])
    plain = LinearQuantizer(floats(1), integers(0), IntType(0, 9), floats(1))
    for op in (FloatOp("sigmoid"), FloatOp("leaky_relu"), FloatOp("div", (floats(0),))):
        function = RowFunction(Chain(Dequantize(floats(1)), (op,)), plain, *ends, None)
        assert exact_runs(function) is None
    assert (
        close_once(Chain(Dequantize(floats(1)), (FloatOp("exp"),)), plain, Domain(IntType(0, 9)))
        is None
    )


def wide(folder: Path) -> Path:
    """16-bit integers times bytes, rounded to 16 bits: more than float32's 24 bits."""
    m = Model(opset=21, seed=3)
    x = m.op("DequantizeLinear", m.input(1, 6, kind=TensorProto.INT16), m.constant(0.01))
    w = m.op(
        "DequantizeLinear",
        m.constant(m.rng.integers(-128, 128, (6, 5)), np.int8),
        m.constant(0.003),
    )
    zero = m.constant(0, np.int16)
    return m.save(folder, m.op("QuantizeLinear", m.op("MatMul", x, w), m.constant(0.05), zero))


def requantizer(model: ImportedModel) -> Site[Threshold]:
    (node,) = (n for n in model.graph.nodes if isinstance(n.op, Threshold))
    assert isinstance(node.op, Threshold)
    return Site(node.op, model.graph.input_types(node), model.graph.output_types(node))


def test_wide_sums_become_a_multiplication(tmp_path: Path) -> None:
    path = wide(tmp_path)
    model, exact = load_model(path), load_model(path, rounding="exact")
    kernel = FAMILY.kernel("requantize")
    assert kernel.refuses(requantizer(model)) is not None
    assert kernel.refuses(requantizer(exact)) is None
    frames = np.random.default_rng(0).integers(-(2**15), 2**15, (400, 6)).astype(np.int16)
    (name,) = (o.name for o in exact.host_outputs)
    got, expected = exact.run({"x": frames})[name], runtime(path, {"x": frames})[0]
    (weights,) = (n.op.weights[0] for n in exact.graph.nodes if isinstance(n.op, Matmul))
    # The scale of a sum is float32's product of both scales, the only constant of the chain.
    step = Fraction(float(np.float32(0.01) * np.float32(0.003))) / Fraction(float(np.float32(0.05)))
    wanted = [[round(int(q) * step) for q in row] for row in frames.astype(np.int64) @ weights.T]
    np.testing.assert_array_equal(got, np.clip(wanted, -(2**15), 2**15 - 1))
    assert np.abs(got.astype(int) - expected).max() <= 1
    assert (got != expected).mean() < 0.01
    assert len(np.unique(got)) > 100


def test_the_note_counts_what_differs(tmp_path: Path) -> None:
    path = wide(tmp_path)
    model, exact = load_model(path), load_model(path, rounding="exact")
    before, after = (requantizer(each).op.thresholds for each in (model, exact))
    count = int(np.abs(before - after).sum())
    assert count > 100
    (note,) = (n for n in exact.notes if "rounds once" in n)
    assert note.startswith("'QuantizeLinear_")
    assert f"differs from float32 on {count:,} of" in note


def test_a_product_of_two_streams(tmp_path: Path) -> None:
    m = Model(seed=2)
    a, b = (
        m.quantize(m.input(1, 40, name=n), s, z) for n, s, z in (("a", 0.1, 3), ("b", 0.07, -5))
    )
    path = m.save(tmp_path, m.quantize(m.op("Mul", a, b), 0.9, 2))
    model = load_model(path, rounding="exact")
    rng = np.random.default_rng(2)
    feeds = {n: rng.normal(0, 6, (50, 40)).astype(np.float32) for n in "ab"}
    (name,) = (o.name for o in model.host_outputs)
    got = model.run(feeds)[name]
    qa, qb = (
        np.clip(np.round(feeds[n] / np.float32(s)) + z, -128, 127).astype(int)
        for n, s, z in (("a", 0.1, 3), ("b", 0.07, -5))
    )
    one, two, nine = (Fraction(float(np.float32(v))) for v in (0.1, 0.07, 0.9))
    for p, q, r in zip(qa.reshape(-1), qb.reshape(-1), got.reshape(-1), strict=True):
        steps = round((int(p) - 3) * (int(q) + 5) * one * two / nine) + 2
        steps = min(max(steps, -128), 127)
        assert np.float32(steps - 2) * np.float32(0.9) == r


def test_one_quantizer_alone(tmp_path: Path) -> None:
    m = Model(seed=5)
    x = m.quantize(m.input(1, 8), 0.1, 0)
    y = m.quantize(m.op("MatMul", x, m.weights(8, 7, scale=0.1)), 0.3, 0)
    z = m.quantize(m.op("Sigmoid", m.op("MatMul", y, m.weights(7, 3, scale=0.1))), 0.01, 0)
    path = m.save(tmp_path, z)
    plain = check(m, tmp_path, z)
    names = [n.name for n in m.nodes if n.op_type == "QuantizeLinear"]
    named = load_model(path, rounding={names[1]: "exact"})
    both = load_model(path, rounding="exact")
    thresholds = [
        [n.op.thresholds for n in each.graph.nodes if isinstance(n.op, Threshold)]
        for each in (plain, named, both)
    ]
    assert any("are no line" in note for note in both.notes)
    np.testing.assert_array_equal(thresholds[1][0], thresholds[2][0])
    assert not np.array_equal(thresholds[0][0], thresholds[1][0])
    with pytest.raises(CompileError, match=r"HW0285.*can not round once"):
        load_model(path, rounding={names[2]: "exact"})
    with pytest.raises(CompileError, match=r"HW0285.*no quantizer behind a layer is called 'z'"):
        load_model(path, rounding={"z": "exact"})


def test_what_the_command_line_says() -> None:
    assert named_roundings(["exact", "a=b=model"]) == {"": "exact", "a=b": "model"}
    for texts in (["near"], ["exact", "model"], ["a=exact", "a=exact"]):
        with pytest.raises(CompileError, match="HW0285"):
            named_roundings(texts)


def test_a_large_memory_of_thresholds_is_said(tmp_path: Path) -> None:
    path = wide(tmp_path)
    plain = hwcompile.compile(path, tmp_path / "plain", target_cycles=10)
    (note,) = (n for n in plain.notes if "bits of memory" in n)
    named = re.search(r"--rounding (\S+)=exact", note)
    assert named
    once = hwcompile.compile(
        path, tmp_path / "once", target_cycles=10, rounding={named[1]: "exact"}
    )
    assert not any("bits of memory" in n for n in once.notes)
    stored = [
        sum(file.stat().st_size for file in (tmp_path / name / "rtl").glob("*.mem"))
        for name in ("plain", "once")
    ]
    assert stored[0] > 50 * stored[1]
