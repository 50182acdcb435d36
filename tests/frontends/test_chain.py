"""Float operations against ONNX Runtime; monotone signs; the stored form."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from hwcompile.frontends.onnx.quantizer_sources import from_qonnx_quant
from hwcompile_runtime.chain import Chain, Dequantize, FloatOp, Integers
from hwcompile_runtime.float_kinds import KINDS
from hwcompile_runtime.rows import AnyArray, FloatArray, floats, integers

ORACLE = ("ONNX Runtime", "numpy")
ORACLE_REASON = "Python's integers, for integer chains; signs are looked at on dense grids"


def _ort(
    node: onnx.NodeProto, x: FloatArray, constants: Sequence[FloatArray] = (), opset: int = 20
) -> AnyArray:
    values = [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)]
    initializers = [onnx.numpy_helper.from_array(c, f"c{i}") for i, c in enumerate(constants)]
    outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)]
    graph = helper.make_graph([node], "g", values, outputs, initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = ort.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])
    return np.asarray(session.run(None, {"x": x})[0])


def _values(count: int = 4000, spread: float = 4.0, seed: int = 0) -> FloatArray:
    rng = np.random.default_rng(seed)
    edges = np.array([0, -0.0, 1, -1, 0.5, -0.5, 1.5, 2.5, 3, -3, 6, 100, -100], dtype=np.float32)
    return np.concatenate([edges, rng.normal(0, spread, count)]).astype(np.float32).reshape(1, -1)


C = np.array(-1.7, dtype=np.float32)
EXACT: list[tuple[FloatOp, onnx.NodeProto, list[FloatArray]]] = [
    (FloatOp("mul", (floats(C),)), helper.make_node("Mul", ["x", "c0"], ["y"]), [C]),
    (FloatOp("add", (floats(C),)), helper.make_node("Add", ["x", "c0"], ["y"]), [C]),
    (FloatOp("sub", (floats(C),)), helper.make_node("Sub", ["x", "c0"], ["y"]), [C]),
    (FloatOp("rsub", (floats(C),)), helper.make_node("Sub", ["c0", "x"], ["y"]), [C]),
    (FloatOp("div", (floats(C),)), helper.make_node("Div", ["x", "c0"], ["y"]), [C]),
    (FloatOp("rdiv", (floats(C),)), helper.make_node("Div", ["c0", "x"], ["y"]), [C]),
    (FloatOp("min", (floats(C),)), helper.make_node("Min", ["x", "c0"], ["y"]), [C]),
    (FloatOp("max", (floats(C),)), helper.make_node("Max", ["x", "c0"], ["y"]), [C]),
    (FloatOp("neg"), helper.make_node("Neg", ["x"], ["y"]), []),
    (FloatOp("abs"), helper.make_node("Abs", ["x"], ["y"]), []),
    (FloatOp("relu"), helper.make_node("Relu", ["x"], ["y"]), []),
    (FloatOp("floor"), helper.make_node("Floor", ["x"], ["y"]), []),
    (FloatOp("ceil"), helper.make_node("Ceil", ["x"], ["y"]), []),
    (FloatOp("round"), helper.make_node("Round", ["x"], ["y"]), []),
    (FloatOp("sign"), helper.make_node("Sign", ["x"], ["y"]), []),
    (
        FloatOp("clip", (floats(-1.1), floats(2.2))),
        helper.make_node("Clip", ["x", "c0", "c1"], ["y"]),
        [np.array(bound, dtype=np.float32) for bound in (-1.1, 2.2)],
    ),
    (
        FloatOp("leaky_relu", attributes={"alpha": 0.13}),
        helper.make_node("LeakyRelu", ["x"], ["y"], alpha=0.13),
        [],
    ),
    (
        FloatOp("prelu", (floats(0.3),)),
        helper.make_node("PRelu", ["x", "c0"], ["y"]),
        [floats(0.3)],
    ),
    (
        FloatOp("hard_sigmoid", attributes={"alpha": 0.3, "beta": 0.4}),
        helper.make_node("HardSigmoid", ["x"], ["y"], alpha=0.3, beta=0.4),
        [],
    ),
    (FloatOp("hard_swish"), helper.make_node("HardSwish", ["x"], ["y"]), []),
    (
        FloatOp("thresholded_relu", attributes={"alpha": 0.7}),
        helper.make_node("ThresholdedRelu", ["x"], ["y"], alpha=0.7),
        [],
    ),
    (FloatOp("reciprocal"), helper.make_node("Reciprocal", ["x"], ["y"]), []),
]


@pytest.mark.parametrize(("op", "node", "constants"), EXACT, ids=lambda v: getattr(v, "kind", ""))
def test_arithmetic_equals_onnx_runtime_bit_for_bit(
    op: FloatOp, node: onnx.NodeProto, constants: list[FloatArray]
) -> None:
    x = _values()
    np.testing.assert_array_equal(op.apply(x), _ort(node, x, constants))


def test_sqrt_equals_onnx_runtime() -> None:
    x = np.abs(_values())
    node = helper.make_node("Sqrt", ["x"], ["y"])
    np.testing.assert_array_equal(FloatOp("sqrt").apply(x), _ort(node, x))


SMOOTH: list[tuple[str, str, dict[str, Any]]] = [
    ("sigmoid", "Sigmoid", {}),
    ("tanh", "Tanh", {}),
    ("erf", "Erf", {}),
    ("exp", "Exp", {}),
    ("softplus", "Softplus", {}),
    ("softsign", "Softsign", {}),
    ("elu", "Elu", {"alpha": 0.7}),
    ("selu", "Selu", {}),
    ("celu", "Celu", {"alpha": 0.7}),
    ("gelu", "Gelu", {"approximate": "none"}),
    ("gelu", "Gelu", {"approximate": "tanh"}),
    ("mish", "Mish", {}),
]


@pytest.mark.parametrize(("kind", "name", "attributes"), SMOOTH)
def test_smooth_functions_agree_with_onnx_runtime_in_float_accuracy(
    kind: str, name: str, attributes: dict[str, Any]
) -> None:
    x = np.clip(_values(), -30, 30)
    node = helper.make_node(name, ["x"], ["y"], **attributes)
    made = FloatOp(kind, attributes=attributes).apply(x)
    np.testing.assert_allclose(made, _ort(node, x), rtol=3e-6, atol=3e-6)


@pytest.mark.parametrize("seed", range(4))
def test_batch_norm_equals_onnx_runtime_bit_for_bit(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = 37
    scale, bias, mean = (rng.normal(0, 2, rows).astype(np.float32) for _ in range(3))
    variance = rng.uniform(1e-4, 9, rows).astype(np.float32)
    x = rng.normal(0, 50, (rows, 500)).astype(np.float32)
    node = helper.make_node(
        "BatchNormalization", ["x", "c0", "c1", "c2", "c3"], ["y"], epsilon=1e-4
    )
    constants = (scale, bias, mean, variance)
    # The channel axis is 1: [1, rows, n].
    expected = _ort(node, x[None], constants, 15)[0]
    op = FloatOp("batch_norm", constants, {"epsilon": 1e-4})
    np.testing.assert_array_equal(op.apply(x), expected)
    np.testing.assert_array_equal(op.monotone_sign(), np.where(scale < 0, -1, 1))


PARAMETERS: dict[str, tuple[AnyArray, ...]] = {
    "pow": (floats(3),),
    "rpow": (floats(1.5),),
    "clip": (floats(-3), floats(2)),
    "batch_norm": (floats(-2), floats(1), floats(0.5), floats(2)),
    "shift_left": (integers(3),),
    "shift_right": (integers(3),),
    **dict.fromkeys(("bit_and", "bit_or", "bit_xor"), (integers(83),)),
    "floor_div": (floats(-3),),
}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_announced_signs_hold_on_every_float(kind: str) -> None:
    """Whatever counts as rising or falling really is, on a dense grid and on random values."""
    integer = kind.startswith(("shift_", "bit_")) or kind == "wrap"
    count = KINDS[kind].constants
    constants = PARAMETERS.get(kind, (floats(-1.5),) * count)
    attributes = {"cast": {"to": "int32"}, "wrap": {"to": "int8"}}.get(kind, {})
    grid = np.linspace(-12, 12, 50001, dtype=np.float32)
    x = np.sort(np.concatenate([grid, _values()[0]])).reshape(1, -1)
    if kind in ("log", "sqrt"):
        x = np.abs(x)
        x.sort()
    if kind in ("acos", "acosh", "asin", "atanh"):
        x = np.sort(np.abs(x)) + 1 if kind == "acosh" else np.clip(x, -1, 1)
    op = FloatOp(kind, constants, attributes)
    y = op.apply(np.arange(-500, 500).reshape(1, -1) if integer else x)
    sign = int(op.monotone_sign()[0])
    before, after = y[0, :-1], y[0, 1:]
    if sign:
        assert np.all(after >= before if sign > 0 else after <= before)
    elif kind not in ("leaky_relu", "prelu", "pow"):
        assert np.any(after > before)
        assert np.any(after < before)


def test_signs_per_row() -> None:
    op = FloatOp("mul", (floats([1, -2, 0]),))
    np.testing.assert_array_equal(op.monotone_sign(), [1, -1, 1])
    chain = Chain(Dequantize(floats(0.1)), (op, FloatOp("neg"), FloatOp("relu")))
    np.testing.assert_array_equal(chain.monotone_sign(), [-1, 1, -1])
    silu = FloatOp("join", attributes={"op": "mul"}, branches=((), (FloatOp("sigmoid"),)))
    np.testing.assert_array_equal(silu.monotone_sign(), [0])
    both = FloatOp("join", attributes={"op": "sub"}, branches=((), (op,)))
    np.testing.assert_array_equal(both.monotone_sign(), [0, 1, 0])


def test_integer_domain() -> None:
    chain = Chain(
        Integers(),
        (
            FloatOp("mul", (integers(3),)),
            FloatOp("add", (integers([1, -100]),)),
            FloatOp("div", (integers(7),)),
        ),
    )
    q = np.arange(-50, 50).reshape(1, -1)
    expected = [[int((3 * v + c) / 7) for v in range(-50, 50)] for c in (1, -100)]
    assert chain.domain == "int64"
    np.testing.assert_array_equal(chain.apply(q), expected)
    floored = Chain(Integers(), (FloatOp("floor_div", (integers(-7),)),)).apply(q)
    np.testing.assert_array_equal(floored[0], [v // -7 for v in range(-50, 50)])
    down = chain.then(FloatOp("cast", attributes={"to": "float32"}))
    assert down.domain == "float32"
    assert down.apply(q).dtype == np.float32


def test_cast_drops_the_fraction_and_refuses_overflow() -> None:
    op = FloatOp("cast", attributes={"to": "int8"})
    x = np.array([[-1.9, -0.5, 0.5, 1.9, 127.9]], dtype=np.float32)
    np.testing.assert_array_equal(op.apply(x), [[-1, 0, 0, 1, 127]])
    with pytest.raises(OverflowError, match="int8"):
        op.apply(np.array([[128.0]], dtype=np.float32))


@settings(deadline=None, max_examples=40)
@given(
    scale=st.floats(2**-12, 4, width=32),
    zero=st.integers(-128, 255),
    bias=st.floats(-100, 100, width=32),
)
def test_json_round_trip_and_float32_order(scale: float, zero: int, bias: float) -> None:
    fake = FloatOp("fake_quant", quantizer=from_qonnx_quant([0.1, 0.3], 0, 4, True, False))
    ops = (
        FloatOp("add", (floats(bias),)),
        FloatOp("clip", (floats(-np.inf), floats([6, 7]))),
        fake,
        FloatOp("leaky_relu", attributes={"alpha": 0.2}),
        FloatOp("join", attributes={"op": "mul"}, branches=((), (FloatOp("sigmoid"),))),
    )
    chain = Chain(Dequantize(floats(scale), integers(zero)), ops)
    back = Chain.from_json(json.loads(json.dumps(chain.to_json(), allow_nan=False)))
    q = np.arange(-300, 300).reshape(1, -1)
    np.testing.assert_array_equal(back.apply(q), chain.apply(q))
    first = (q.astype(np.float32) - np.float32(zero)) * np.float32(scale)
    np.testing.assert_array_equal(chain.start.apply(q), first)
    assert chain.rows == 2
    np.testing.assert_array_equal(chain.select(np.array([1])).apply(q), chain.apply(q)[1:2])
