"""Models in memory and `hwcompile.quantize`: HW0128, HW0129, HW0287, HW0288, HW0710.

Objects whose classes are called like PyTorch's stand for it, which not every environment has.
"""

from __future__ import annotations

import importlib.util
from typing import Any

import numpy as np

import hwcompile
from tests.diagnostics.place import Place
from tests.frontends.oracle import Model


def _module(*, training: bool = False) -> Any:
    """An object of a class that says it is PyTorch's."""
    kind = type("Module", (), {"__module__": "torch.nn.modules.module"})
    net = type("Net", (kind,), {"training": training, "modules": lambda self: [self]})
    return net()


def _floats(m: Model) -> str:
    weights = m.constant(m.rng.normal(size=(6, 3)))
    return m.op("MatMul", m.input(1, 6), weights)


def hw0128_an_object_that_is_no_model(at: Place) -> None:
    hwcompile.compile({"layers": 3}, at.folder / "out")


def hw0129_a_module_without_an_example(at: Place) -> None:
    hwcompile.compile(_module(), at.folder / "out")


def hw0129_a_module_in_training_mode(at: Place) -> None:
    hwcompile.compile(_module(training=True), at.folder / "out", example=np.zeros((1, 6)))


def hw0284_a_float_model_in_memory(at: Place) -> None:
    m = Model()
    hwcompile.compile(m.proto([_floats(m)]), at.folder / "out")


def hw0287_a_model_that_is_quantized_already(at: Place) -> None:
    m = Model()
    y = m.op("MatMul", m.quantize(m.input(1, 6)), m.weights(6, 3))
    hwcompile.quantize(m.proto([y]), np.zeros((5, 6), np.float32))


def hw0287_a_file_that_is_no_onnx(at: Place) -> None:
    (at.folder / "m.tflite").write_bytes(b"    TFL3")
    hwcompile.quantize(at.folder / "m.tflite", np.zeros((5, 6), np.float32))


def hw0288_what_onnx_runtime_can_not_quantize(at: Place) -> None:
    m = Model()
    x = m.op("Reshape", m.input(1, 6), m.constant([7], np.int64))
    y = m.op("MatMul", x, m.constant(m.rng.normal(size=(7, 3))))
    hwcompile.quantize(m.proto([y]), np.zeros((5, 6), np.float32))


def hw0001_a_type_that_there_is_not(at: Place) -> None:
    m = Model()
    frames = np.zeros((5, 6), np.float32)
    hwcompile.quantize(m.proto([_floats(m)]), frames, activations="int3")


def hw0710_quantize_without_onnx_runtime(at: Place) -> None:
    at.patch.setattr(importlib.util, "find_spec", lambda name: None)
    m = Model()
    hwcompile.quantize(m.proto([_floats(m)]), np.zeros((5, 6), np.float32))
