"""The functions of ONNX's Backend API, on models whose results numpy writes down."""

from __future__ import annotations

import unittest
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from onnx.backend.test.runner import Runner

from hwcompile import backend
from hwcompile.diagnostics import CompileError

ORACLE = "numpy"

Array = np.ndarray[Any, Any]


def model(
    nodes: Sequence[onnx.NodeProto], inputs: Mapping[str, tuple[int, list[int]]], output: int
) -> onnx.ModelProto:
    """A model with one output `y` of an element type."""
    values = [helper.make_tensor_value_info(n, *kind) for n, kind in inputs.items()]
    y = helper.make_tensor_value_info("y", output, None)
    opsets = [helper.make_opsetid("", 18)]
    return helper.make_model(helper.make_graph(nodes, "m", values, [y]), opset_imports=opsets)


def relu() -> onnx.ModelProto:
    nodes = [helper.make_node("Relu", ["x"], ["y"])]
    return model(nodes, {"x": (TensorProto.INT8, [2, 3])}, TensorProto.INT8)


def reshape() -> onnx.ModelProto:
    nodes = [helper.make_node("Neg", ["x"], ["n"]), helper.make_node("Reshape", ["n", "to"], ["y"])]
    inputs = {"x": (TensorProto.INT8, [2, 3]), "to": (TensorProto.INT64, [2])}
    return model(nodes, inputs, TensorProto.INT8)


X = np.array([[-3, 5, -7], [2, -1, 0]], dtype=np.int8)


def test_outputs_have_names_and_come_in_order() -> None:
    (y,) = found = backend.run_model(relu(), [X])
    assert found._fields == ("y",)  # type: ignore[attr-defined]
    np.testing.assert_array_equal(y, np.maximum(X, 0))
    assert y.dtype == np.int8
    assert backend.prepare(relu()).run({"x": X})[0].tolist() == y.tolist()
    assert backend.prepare(relu()).run(X)[0].tolist() == y.tolist()


def test_an_input_that_cannot_stream_is_bound_again_when_it_changes() -> None:
    made = backend.prepare(reshape())
    for shape in ((3, 2), (6, 1), (3, 2)):
        (y,) = made.run([X, np.array(shape)])
        np.testing.assert_array_equal(y, -X.reshape(shape))
    network = made.imported
    made.run([X - 1, np.array((3, 2))])
    assert made.imported is network


def test_constants_are_named_when_a_model_is_prepared() -> None:
    made = backend.prepare(reshape(), constants={"to": np.array([1, 6])})
    assert made.inputs == ("x",)
    np.testing.assert_array_equal(made.run([X])[0], -X.reshape(1, 6))


def test_wide_integers_arrive_as_narrow_ones() -> None:
    nodes = [helper.make_node("Abs", ["x"], ["y"])]
    made = backend.prepare(model(nodes, {"x": (TensorProto.INT64, [2, 3])}, TensorProto.INT64))
    for factor in (1, 1000, 1):
        x = X.astype(np.int64) * factor
        np.testing.assert_array_equal(made.run([x])[0], np.abs(x))
    with pytest.raises(CompileError, match="HW0206"):
        made.run([X.astype(np.int64) * 100_000])


def test_a_node_is_a_model() -> None:
    node = helper.make_node("Sub", ["a", "b"], ["c"])
    (c,) = backend.run_node(node, [X, X[::-1].copy()], outputs_info=[(np.int8, (2, 3))])
    np.testing.assert_array_equal(c, X - X[::-1])


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(TypeError, match="level"):
        backend.prepare(relu()).run([X], level="rtl")
    with pytest.raises(CompileError, match="HW0614"):
        backend.run_model(relu(), [X, X])
    with pytest.raises(CompileError, match="HW0614"):
        backend.run_model(relu(), [[X]])
    with pytest.raises(CompileError, match="HW0615"):
        backend.prepare(relu(), "CUDA")
    assert backend.supports_device("CPU")
    assert not backend.supports_device("CUDA")


def test_a_model_runs_as_hardware() -> None:
    nodes = [
        helper.make_node("Cast", ["x"], ["r"], to=TensorProto.FLOAT),
        helper.make_node("Abs", ["r"], ["a"]),
        helper.make_node("QuantizeLinear", ["a", "scale"], ["y"]),
    ]
    made = model(nodes, {"x": (TensorProto.INT8, [2, 3])}, TensorProto.UINT8)
    scale = helper.make_tensor("scale", TensorProto.FLOAT, [], [2.0])
    made.graph.initializer.append(scale)
    for level in ("reference", "rtl"):
        (y,) = backend.run_model(made, [X], level=level, fastest=True)
        np.testing.assert_array_equal(y, np.rint(np.abs(X) / 2))


@pytest.mark.slow
def test_onnx_runs_its_own_tests() -> None:
    # Making ONNX's tests casts numbers that float16 does not hold.
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        runner = Runner(backend.HardwareBackend, __name__)
    runner.include(r"^test_(add_int8|and_bcast4v2d|convinteger_with_padding|cumsum_2d_int32)_cpu$")
    result = unittest.TestResult()
    runner.test_suite.run(result)
    assert result.wasSuccessful(), result.errors
    assert result.testsRun - len(result.skipped) == 4
