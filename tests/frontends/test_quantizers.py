"""Quantizers against the QONNX executor and ONNX Runtime."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from onnx import TensorProto, helper
from qonnx.custom_op.general.bipolar_quant import binary_quant
from qonnx.custom_op.general.intquant import int_quant
from qonnx.custom_op.general.multithreshold import multithreshold
from qonnx.custom_op.general.trunc import trunc_v1, trunc_v2

from hwcompile.diagnostics import CompileError, Origin
from hwcompile.frontends.onnx import quantizer_sources as sources
from hwcompile_runtime.chain import apply_all
from hwcompile_runtime.quantizers import Quantizer, quantizer_from_json
from hwcompile_runtime.rows import AnyArray, FloatArray

ORACLE = ("QONNX executor", "ONNX Runtime")

MODES = ["ROUND", "HALF_EVEN", "CEIL", "FLOOR", "UP", "DOWN", "HALF_UP", "HALF_DOWN"]
ORIGIN = Origin("net.onnx", "Quant_3", "Quant")

scales = st.one_of(
    st.floats(2**-10, 8, width=32), st.sampled_from([1.0, 0.5, 0.25, 2**-7, 1 / 3, 0.1])
)


@st.composite
def reals(draw: st.DrawFn, scale: float, span: int = 600) -> FloatArray:
    """Values on, next to and between the rounding boundaries of a step."""
    halves = np.arange(-2 * span, 2 * span + 1, dtype=np.float32) * np.float32(0.5)
    grid = halves * np.float32(scale)
    near = np.concatenate([grid, np.nextafter(grid, np.float32(np.inf)), np.nextafter(grid, 0)])
    wild = draw(hnp.arrays(np.float32, 50, elements=st.floats(-1e6, 1e6, width=32)))
    return np.concatenate([near, wild]).astype(np.float32).reshape(1, -1)


def _same(made: Quantizer, x: AnyArray, expected: AnyArray) -> None:
    q = made.quantize(x)
    assert made.element.contains(q)
    np.testing.assert_array_equal(made.dequantize(q), np.asarray(expected, dtype=np.float32))


@settings(deadline=None, max_examples=120)
@given(
    data=st.data(),
    scale=scales,
    bits=st.integers(1, 16),
    signed=st.booleans(),
    narrow=st.booleans(),
    mode=st.sampled_from(MODES),
    zero=st.integers(-20, 20),
)
def test_quant_equals_qonnx(
    data: st.DataObject,
    scale: float,
    bits: int,
    signed: bool,
    narrow: bool,
    mode: str,
    zero: int,
) -> None:
    if bits == 1 and not signed and narrow:
        narrow = False  # an interval without a second value
    x = data.draw(reals(scale))
    made = sources.from_qonnx_quant(scale, zero, bits, signed, narrow, mode)
    f32 = [np.array(v, dtype=np.float32) for v in (scale, zero, bits)]
    _same(made, x, int_quant(x, f32[0], f32[1], f32[2], signed, narrow, mode))


def test_quant_per_channel_equals_qonnx() -> None:
    rng = np.random.default_rng(5)
    scale = rng.uniform(0.01, 2, 7).astype(np.float32)
    x = rng.normal(0, 20, (7, 500)).astype(np.float32)
    made = sources.from_qonnx_quant(scale, 0, 4, True, True)
    expected = int_quant(
        x, scale[:, None], np.float32(0), np.array(4, np.float32), True, True, "ROUND"
    )
    _same(made, x, expected)
    chosen = np.array([5, 1])
    np.testing.assert_array_equal(made.select(chosen).quantize(x[chosen]), made.quantize(x)[chosen])


@settings(deadline=None, max_examples=30)
@given(data=st.data(), scale=scales)
def test_bipolar_quant_equals_qonnx(data: st.DataObject, scale: float) -> None:
    x = data.draw(reals(scale))
    x[0, :3] = (0.0, -0.0, np.float32(-1e-45))
    _same(sources.from_bipolar_quant(scale), x, binary_quant(x, np.float32(scale)))


@settings(deadline=None, max_examples=80)
@given(
    data=st.data(),
    scale=scales,
    bits=st.integers(1, 9),
    dropped=st.integers(0, 6),
    signed=st.booleans(),
    mode=st.sampled_from(MODES),
)
def test_trunc_equals_qonnx(
    data: st.DataObject, scale: float, bits: int, dropped: int, signed: bool, mode: str
) -> None:
    x = data.draw(reals(scale))
    step = np.float32(np.float32(scale) * 2.0**dropped)
    ops, made = sources.from_trunc(scale, 0, step, bits, signed, False, mode)
    f32 = [np.array(v, dtype=np.float32) for v in (scale, 0, bits + dropped, bits)]
    expected = trunc_v2(x, f32[0], f32[1], f32[2], False, signed, step, f32[3], mode)
    _same(made, apply_all(ops, x), expected)
    ops, made = sources.from_trunc_v1(scale, 0, bits + dropped, bits, mode)
    _same(made, apply_all(ops, x), trunc_v1(x, *f32, mode))


@settings(deadline=None, max_examples=60)
@given(
    data=st.data(),
    rows=st.sampled_from([1, 3]),
    count=st.integers(1, 15),
    affine=st.sampled_from([(1.0, 0.0), (2.0, -1.0), (1.0, -8.0), (0.25, -1.0), (1.0, -0.5)]),
)
def test_multi_threshold_equals_qonnx(
    data: st.DataObject, rows: int, count: int, affine: tuple[float, float]
) -> None:
    steps = data.draw(
        hnp.arrays(np.float32, (rows, count), elements=st.floats(-100, 100, width=32))
    )
    x = np.concatenate([np.tile(steps.reshape(1, -1), (3, 1)), np.full((3, 1), 200)], axis=1)
    x = np.concatenate([x, np.nextafter(x, -np.inf, dtype=np.float32)], axis=1).astype(np.float32)
    expected = multithreshold(x[None], np.sort(steps, axis=1), *affine)[0]
    _same(sources.from_multi_threshold(steps, *affine), x, expected)


def _ort(
    nodes: list[onnx.NodeProto],
    inputs: FloatArray,
    initializers: list[onnx.TensorProto],
    outputs: int,
) -> AnyArray:
    values = [helper.make_tensor_value_info("x", TensorProto.FLOAT, inputs.shape)]
    graph = helper.make_graph(
        nodes, "g", values, [helper.make_tensor_value_info("y", outputs, None)], initializers
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = ort.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])
    return np.asarray(session.run(None, {"x": inputs})[0])


@settings(deadline=None, max_examples=40)
@given(
    data=st.data(), scale=scales, kind=st.sampled_from(["int8", "uint8"]), zero=st.integers(0, 100)
)
def test_quantize_linear_equals_onnx_runtime(
    data: st.DataObject, scale: float, kind: str, zero: int
) -> None:
    x = data.draw(reals(scale))
    info = np.iinfo(kind)
    made = sources.from_quantize_linear(scale, zero, info.min, info.max)
    initializers = [
        onnx.numpy_helper.from_array(np.array(scale, np.float32), "s"),
        onnx.numpy_helper.from_array(np.array(zero, kind), "z"),
    ]
    q = helper.make_node("QuantizeLinear", ["x", "s", "z"], ["q"])
    d = helper.make_node("DequantizeLinear", ["q", "s", "z"], ["y"])
    np.testing.assert_array_equal(
        made.dequantize(made.quantize(x)), _ort([q, d], x, initializers, TensorProto.FLOAT)
    )


def test_quantize_linear_per_axis_equals_onnx_runtime() -> None:
    rng = np.random.default_rng(2)
    scale = rng.uniform(0.01, 1, 6).astype(np.float32)
    zero = rng.integers(-20, 20, 6).astype(np.int8)
    x = rng.normal(0, 30, (6, 300)).astype(np.float32)
    made = sources.from_quantize_linear(scale, zero, -128, 127)
    initializers = [onnx.numpy_helper.from_array(v, n) for v, n in ((scale, "s"), (zero, "z"))]
    node = helper.make_node("QuantizeLinear", ["x", "s", "z"], ["y"], axis=0)
    np.testing.assert_array_equal(made.quantize(x), _ort([node], x, initializers, TensorProto.INT8))


@pytest.mark.parametrize(
    ("make", "code", "words"),
    [
        (lambda: sources.from_qonnx_quant(1, 0, 3.5, True, False, "ROUND", ORIGIN), "HW0210",
         "bit width 3.5 is not a whole number"),
        (lambda: sources.from_qonnx_quant(1, 0, [2, 3], True, False, "ROUND", ORIGIN), "HW0210",
         "differs between channels (2 to 3)"),
        (lambda: sources.from_qonnx_quant(1, 0, 64, True, False, "ROUND", ORIGIN), "HW0210",
         "outside 1 to 32"),
        (lambda: sources.from_qonnx_quant(np.nan, 0, 4, True, False, "ROUND", ORIGIN), "HW0212",
         "the scale is not a number"),
        (lambda: sources.from_qonnx_quant([1, 0], 0, 4, True, False, "ROUND", ORIGIN), "HW0212",
         "the scale of channel 1 is zero"),
        (lambda: sources.from_quantize_linear(-1, 0, 0, 255, ORIGIN), "HW0212", "negative"),
        (lambda: sources.from_bipolar_quant(np.inf, ORIGIN), "HW0212", "infinite"),
        (lambda: sources.from_qonnx_quant(1, 0.5, 4, True, False, "ROUND", ORIGIN), "HW0213",
         "zero point 0.5 is not a whole number"),
        (lambda: sources.from_qonnx_quant(1, 0, 4, True, False, "STOCHASTIC", ORIGIN), "HW0214",
         "rounding mode 'STOCHASTIC' is unknown"),
        (lambda: sources.from_multi_threshold(np.full((1, 3), np.nan), 1, 0, ORIGIN), "HW0215",
         "not a matrix of numbers"),
        (lambda: sources.from_multi_threshold(np.zeros((1, 3)), 1, 0.1234567, ORIGIN), "HW0215",
         "no common integer step"),
    ],
)  # fmt: skip
def test_refused_by_name(make: Callable[[], Quantizer], code: str, words: str) -> None:
    with pytest.raises(CompileError) as caught:
        make()
    (finding,) = caught.value.diagnostics
    assert finding.code == code
    assert finding.origin == ORIGIN
    assert words in str(finding)
    assert finding.fix


@pytest.mark.parametrize(
    "made",
    [
        sources.from_qonnx_quant([0.1, 0.2], 3, 4, False, False, "FLOOR"),
        sources.from_bipolar_quant(0.7),
        sources.from_quantize_linear(0.1, 3, 0, 255),
        sources.from_multi_threshold([[-1.5, 2, np.inf]], 0.5, -1.0),
    ],
)
def test_json_round_trip(made: Quantizer) -> None:
    back = quantizer_from_json(json.loads(json.dumps(made.to_json(), allow_nan=False)))
    x = np.linspace(-5, 5, 400, dtype=np.float32).reshape(2, 200)
    np.testing.assert_array_equal(back.quantize(x), made.quantize(x))
    assert back.element == made.element
