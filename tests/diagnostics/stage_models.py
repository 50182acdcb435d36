"""Model files that can not be read: HW01xx."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import hwcompile
from hwcompile.frontends.load import load_model
from tests.diagnostics.place import Place
from tests.frontends.oracle import Model


def _relu(m: Model, x: str = "") -> str:
    return m.op("Relu", x or m.quantize(m.input(1, 6)))


def _layer(m: Model) -> str:
    return m.op("MatMul", m.quantize(m.input(1, 6)), m.weights(6, 4))


def hw0101_no_file(at: Place) -> None:
    load_model(at.folder / "m.onnx")


def hw0101_a_folder(at: Place) -> None:
    load_model(at.folder)


def hw0102_an_empty_file(at: Place) -> None:
    (at.folder / "m.onnx").write_bytes(b"")
    load_model(at.folder / "m.onnx")


def hw0102_a_damaged_file(at: Place) -> None:
    (at.folder / "m.onnx").write_bytes(b"not a model at all")
    load_model(at.folder / "m.onnx")


def hw0103_no_operators(at: Place) -> None:
    load_model(at.write(onnx.ModelProto(ir_version=8)))


def hw0104_weights_in_a_file_that_is_missing(at: Place) -> None:
    m = Model()
    proto = m.proto([_layer(m)])
    path = at.folder / "m.onnx"
    onnx.save(proto, str(path), save_as_external_data=True, location="w.bin", size_threshold=0)
    (at.folder / "w.bin").unlink()
    load_model(path)


def hw0104_weights_in_a_file_elsewhere(at: Place) -> None:
    m = Model()
    proto = m.proto([_layer(m)])
    onnx.external_data_helper.set_external_data(proto.graph.initializer[2], "../w.bin")
    load_model(at.write(proto))


def hw0105_no_output_that_depends_on_an_operator(at: Place) -> None:
    m = Model()
    _relu(m)
    at.read(m, "x")


def hw0106_a_tensor_used_before_it_is_made(at: Place) -> None:
    m = Model()
    proto = m.proto([_relu(m)])
    proto.graph.node.insert(0, proto.graph.node.pop())
    load_model(at.write(proto))


def hw0107_an_input_is_missing(at: Place) -> None:
    m = Model()
    at.read(m, m.op("Conv", m.quantize(m.input(1, 8, 4))))


def hw0107_an_attribute_is_missing(at: Place) -> None:
    m = Model()
    x = m.quantize(m.input(1, 8))
    at.read(m, m.op("Concat", x, x))


def hw0107_an_attribute_twice(at: Place) -> None:
    m = Model()
    proto = m.proto([m.op("LeakyRelu", m.quantize(m.input(1, 6)), alpha=0.5)])
    proto.graph.node[-1].attribute.append(helper.make_attribute("alpha", 0.25))
    load_model(at.write(proto))


def hw0110_an_input_type_for_no_input(at: Place) -> None:
    m = Model()
    at.read(m, _relu(m), input_types={"image": "uint8"})


def hw0110_an_input_type_without_a_name(at: Place) -> None:
    m = Model()
    sum_ = m.op("Add", m.quantize(m.input(1, 6)), m.quantize(m.input(1, 6, name="y")))
    at.read(m, m.quantize(sum_), input_types={"": "uint8"})


def hw0111_an_input_type_that_is_none(at: Place) -> None:
    m = Model()
    at.read(m, _relu(m), input_types={"x": "uint8:1/0"})


def hw0120_another_format(at: Place) -> None:
    (at.folder / "m.onnx").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(90))
    hwcompile.compile(at.folder / "m.onnx", at.folder / "out")


def hw0120_a_name_that_only_looks_like_keras(at: Place) -> None:
    (at.folder / "m.keras").write_bytes(bytes(90))
    hwcompile.compile(at.folder / "m.keras", at.folder / "out")


def hw0121_an_input_that_is_too_large(at: Place) -> None:
    m = Model()
    at.read(m, _relu(m, m.quantize(m.input(1, 3, 1 << 20, 1 << 20))))


def hw0121_a_tensor_that_is_too_large(at: Place) -> None:
    m = Model()
    x = m.quantize(m.input(1, 6))
    at.read(m, m.op("Expand", x, m.constant([1 << 30, 6], np.int64)))


def hw0121_a_constant_that_takes_too_long(at: Place) -> None:
    m = Model()
    shape = m.constant([1, 1, 999, 999], np.int64)
    pooled = m.op("MaxPool", m.op("ConstantOfShape", shape), kernel_shape=[3, 2])
    x = m.quantize(m.input(1, 6))
    at.read(m, m.op("Add", x, m.op("ReduceMax", pooled, keepdims=0)))


def hw0121_tensors_that_are_too_large_together(at: Place) -> None:
    m = Model()
    x = m.op("Expand", m.quantize(m.input(1, 4)), m.constant([1 << 20, 4], np.int64))
    for _ in range(40):
        x = m.op("Relu", x)
    at.read(m, x)


def _function(name: str, calls: str) -> onnx.FunctionProto:
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("mine", 1)]
    domain = "" if calls == "Relu" else "mine"
    node = helper.make_node(calls, ["a"], ["b"], "inner", domain=domain)
    return helper.make_function("mine", name, ["a"], ["b"], [node], opsets)


def hw0122_a_function_that_calls_itself(at: Place) -> None:
    m = Model()
    proto = m.proto([m.op("Again", m.quantize(m.input(1, 6)), domain="mine")])
    proto.opset_import.append(helper.make_opsetid("mine", 1))
    proto.functions.append(_function("Again", "Again"))
    load_model(at.write(proto))


def hw0122_too_deep(at: Place) -> None:
    m = Model()
    proto = m.proto([m.op("F0", m.quantize(m.input(1, 6)), domain="mine")])
    proto.opset_import.append(helper.make_opsetid("mine", 1))
    for level in range(30):
        calls = "Relu" if level == 29 else f"F{level + 1}"
        proto.functions.append(_function(f"F{level}", calls))
    load_model(at.write(proto))


def hw0122_too_many_nodes(at: Place) -> None:
    m = Model()
    proto = m.proto([m.op("F0", m.quantize(m.input(1, 6)), domain="mine")])
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("mine", 1)]
    proto.opset_import.append(opsets[1])
    for level in range(6):
        kind, domain = ("Relu", "") if level == 5 else (f"F{level + 1}", "mine")
        names = ["a", *(f"t{i}" for i in range(9)), "b"]
        nodes = [
            helper.make_node(kind, [first], [second], domain=domain)
            for first, second in pairwise(names)
        ]
        proto.functions.append(
            helper.make_function("mine", f"F{level}", ["a"], ["b"], nodes, opsets)
        )
    load_model(at.write(proto))


def hw0123_a_tensor_defined_twice(at: Place) -> None:
    m = Model()
    proto = m.proto([_relu(m)])
    proto.graph.node.append(helper.make_node("Abs", ["x"], list(proto.graph.node[-1].output), "a"))
    load_model(at.write(proto))


def hw0123_a_tensor_without_a_name(at: Place) -> None:
    m = Model()
    proto = m.proto([_relu(m)])
    proto.graph.initializer[0].name = ""
    load_model(at.write(proto))


def hw0124_an_output_that_no_node_makes(at: Place) -> None:
    m = Model()
    at.read(m, _relu(m), "logits")


def hw0125_an_input_of_complex_numbers(at: Place) -> None:
    m = Model()
    at.read(m, m.op("Relu", m.input(1, 6, kind=TensorProto.COMPLEX64)))


def hw0126_a_newer_operator_set(at: Place) -> None:
    at.patch.setattr("hwcompile.frontends.onnx.reading.structure.onnx.__version__", "1.2.3")
    at.patch.setattr("onnx.defs.onnx_opset_version", lambda: 24)
    m = Model(opset=999)
    at.read(m, _relu(m))


def hw0127_a_constant_of_texts(at: Place) -> None:
    m = Model()
    m.constants.append(numpy_helper.from_array(np.array(["a", "b"], object), "words"))
    at.read(m, m.op("Add", m.quantize(m.input(1, 2)), "words"))


def hw0127_a_constant_of_another_size(at: Place) -> None:
    m = Model()
    proto = m.proto([_layer(m)])
    proto.graph.initializer[2].dims[0] += 1
    load_model(at.write(proto))


def hw0127_a_constant_of_a_negative_size(at: Place) -> None:
    m = Model()
    proto = m.proto([_layer(m)])
    proto.graph.initializer[2].dims[0] = -6
    load_model(at.write(proto))


def hw0127_a_sparse_constant_with_an_index_outside(at: Place) -> None:
    m = Model()
    values = numpy_helper.from_array(np.array([0.5, 0.25], np.float32), "ws")
    indices = numpy_helper.from_array(np.array([1, 24], np.int64), "places")
    proto = m.proto([m.op("MatMul", m.quantize(m.input(1, 6)), "ws")])
    proto.graph.sparse_initializer.append(helper.make_sparse_tensor(values, indices, [6, 4]))
    load_model(at.write(proto))
