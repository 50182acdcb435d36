"""The installed releases of onnx, ONNX Runtime and QONNX agree on how models are stamped.

A release of onnx that stamps a newer IR version than ONNX Runtime reads breaks QONNX' executor,
which builds models of single nodes, with a message that names none of the three.
"""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.core.onnx_exec import execute_onnx
from qonnx.transformation.infer_shapes import InferShapes

ORACLE = ("ONNX Runtime", "QONNX executor")


def model() -> onnx.ModelProto:
    """y = -x * 2, stamped with whatever IR version the installed onnx makes."""
    info = helper.make_tensor_value_info
    graph = helper.make_graph(
        [helper.make_node("Neg", ["x"], ["n"]), helper.make_node("Mul", ["n", "two"], ["y"])],
        "stamped",
        [info("x", TensorProto.FLOAT, [3, 5])],
        [info("y", TensorProto.FLOAT, [3, 5])],
        [numpy_helper.from_array(np.asarray(2, np.float32), "two")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])


def test_onnx_runtime_reads_what_onnx_stamps() -> None:
    x = np.arange(15, dtype=np.float32).reshape(3, 5)
    stamped = model()
    assert stamped.ir_version == onnx.IR_VERSION
    session = onnxruntime.InferenceSession(
        stamped.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    assert np.array_equal(session.run(None, {"x": x})[0], -2 * x)


def test_the_qonnx_executor_runs_what_onnx_stamps() -> None:
    x = np.arange(15, dtype=np.float32).reshape(3, 5)
    wrapped = ModelWrapper(model()).transform(InferShapes())
    assert np.array_equal(execute_onnx(wrapped, {"x": x})["y"], -2 * x)
