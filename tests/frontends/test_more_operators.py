"""Operators beside layers: reductions, running sums, ranks, remainders, bits, chosen elements.

ONNX Runtime computes what is expected; all axes have different sizes, and scales are powers of two.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper

from hwcompile.diagnostics import CompileError
from hwcompile.frontends.load import load_model
from tests.frontends.oracle import Model, check, families, grid

ORACLE = "ONNX Runtime"

Build = Callable[[Model, str], str]
INT64 = np.int64


def _reduced(kind: str, *axes: int, keep: int = 1) -> Build:
    return lambda m, x: m.op(kind, x, m.constant(axes, INT64), keepdims=keep)


def _summed(axis: int, **attributes: Any) -> Build:
    return lambda m, x: m.op("CumSum", x, m.constant(axis, INT64), **attributes)


def _by(kind: str, *constants: Any, dtype: Any = INT64, **attributes: Any) -> Build:
    def build(m: Model, x: str) -> str:
        given = [m.constant(value, dtype) for value in constants]
        return m.op(kind, x, *given, **attributes)

    return build


REAL: dict[str, Build] = {
    "min": _reduced("ReduceMin", 2),
    "min of a map": _reduced("ReduceMin", 2, 3, keep=0),
    "min of channels": _reduced("ReduceMin", 1, 3),
    "l1": _reduced("ReduceL1", 1),
    "l2": _reduced("ReduceL2", 3, keep=0),
    "squares": _reduced("ReduceSumSquare", 2, 3),
    "square of each": _by("ReduceSumSquare", (), noop_with_empty_axes=1),
    "products": _reduced("ReduceProd", 1, keep=0),
    "running sum": _summed(2),
    "running sum without itself": _summed(-1, exclusive=1),
    "running sum from the end": _summed(1, reverse=1),
    "running sum behind": _summed(3, reverse=1, exclusive=1),
    "lower": _by("Trilu", -1, upper=0),
    "upper": _by("Trilu", 2),
    "mean of two": lambda m, x: m.op("Mean", x, m.op("Relu", x)),
    "remainder": _by("Mod", 3.0, dtype=np.float32, fmod=1),
    "number around": _by("Pad", (0, 0, 1, 0, 0, 0, 0, 2), mode="constant"),
    "same type": lambda m, x: m.op("CastLike", m.op("Round", x), m.constant(0.0)),
    "1-norms": _by("LpPool", kernel_shape=[2, 3], p=1, pads=[1, 0, 0, 1]),
    "2-norms": _by("LpPool", kernel_shape=[3, 2], p=2, strides=[1, 2]),
    "2-norm of a map": _by("GlobalLpPool"),
    "places": lambda m, x: m.op(
        "GatherElements", x, m.constant(m.rng.integers(-4, 4, (1, 2, 3, 5)), INT64), axis=2
    ),
    "places by number": _by("GatherND", [[[0, 2, 1], [0, 0, -1]]]),
    "middle": _by("CenterCropPad", [5, 4], axes=[-2, 1]),
    "turned": _by("ReverseSequence", [2], time_axis=1, batch_axis=0),
    "some": _by("Compress", [True, False, True, False], dtype=np.bool_, axis=2),
    "matrix each": lambda m, x: m.op("MatMul", x, m.weights(3, 5, 2)),
    "matrix each in front": lambda m, x: m.op("MatMul", m.weights(3, 2, 4), x),
    "sine": _by("Sin"),
    "shrunk": _by("Shrink", lambd=1.0, bias=0.25),
}


@pytest.mark.parametrize("name", REAL)
def test_real_numbers(name: str, tmp_path: Path) -> None:
    m = Model(opset=21)
    x = m.quantize(m.input(1, 3, 4, 5), 0.0625)
    y = m.quantize(REAL[name](m, x), 0.25, -7)
    check(m, tmp_path, y)


def test_padding_with_a_number_between_the_integers(tmp_path: Path) -> None:
    m = Model()
    x = m.quantize(m.input(1, 3, 4), 0.25)
    pads, number = m.constant((0, 0, 1, 0, 0, 2), INT64), m.constant(1.2)
    check(m, tmp_path, m.quantize(m.op("Pad", x, pads, number), 0.0625))


@pytest.mark.parametrize("last", [0, 1])
@pytest.mark.parametrize("kind", ["ArgMin", "ArgMax"])
def test_ranks_run_in_hardware(kind: str, last: int, tmp_path: Path) -> None:
    m = Model()
    x = m.quantize(m.input(1, 3, 4, 5), 2.0)  # many equal numbers
    y = m.op(kind, x, axis=2, keepdims=0, select_last_index=last)
    imported = check(m, tmp_path, y, frames=5)
    assert "argmax" in families(imported)


@pytest.mark.parametrize("scales", [0.5, [0.5, 0.25, 1.0]])
def test_the_smallest_entries(scales: Any, tmp_path: Path) -> None:
    """With a scale per channel numbers are compared on the host."""
    m = Model()
    x = m.input(1, 3, 4, 5)
    s, z = m.constant(scales), m.constant(np.zeros(np.shape(scales)), np.int8)
    axis: dict[str, Any] = {"axis": 1} if np.ndim(scales) else {}
    q = m.op("DequantizeLinear", m.op("QuantizeLinear", x, s, z, **axis), s, z, **axis)
    values, places = m.ops(
        "TopK", q, m.constant([2], INT64), outputs=2, axis=1 if axis else 3, largest=0
    )
    check(m, tmp_path, values, places, frames=4)


WHOLE: dict[str, tuple[int, Build]] = {
    "modulo": (TensorProto.INT8, _by("Mod", [[3], [-7], [5]], dtype=np.int8)),
    "modulo of C": (TensorProto.INT8, _by("Mod", [[3], [-7], [5]], dtype=np.int8, fmod=1)),
    "modulo without sign": (TensorProto.UINT8, _by("Mod", 9, dtype=np.uint8)),
    "and": (TensorProto.INT8, _by("BitwiseAnd", [1, -2, 12, 77], dtype=np.int8)),
    "or": (TensorProto.UINT8, _by("BitwiseOr", [1, 2, 12, 77], dtype=np.uint8)),
    "xor": (TensorProto.INT16, _by("BitwiseXor", -300, dtype=np.int16)),
    "not": (TensorProto.INT8, _by("BitwiseNot")),
    "not without sign": (TensorProto.UINT8, _by("BitwiseNot")),
    "min": (TensorProto.INT8, _reduced("ReduceMin", 1)),
    "min without sign": (TensorProto.UINT8, _reduced("ReduceMin", 2)),
    "xor of two": (TensorProto.UINT8, lambda m, x: m.op("BitwiseXor", x, m.op("Mod", x, m.constant(
        7, np.uint8)))),
    "running sum": (TensorProto.INT8, lambda m, x: m.op(
        "CumSum", m.op("Cast", x, to=TensorProto.INT32), m.constant(2, INT64))),
}  # fmt: skip


@pytest.mark.parametrize("name", WHOLE)
def test_integers(name: str, tmp_path: Path) -> None:
    kind, build = WHOLE[name]
    m = Model(opset=18)
    check(m, tmp_path, build(m, m.input(1, 3, 4, kind=kind)))


def test_bits_of_two_streams(tmp_path: Path) -> None:
    m = Model(opset=18)
    a = m.input(1, 3, 4, name="a", kind=TensorProto.INT8)
    b = m.input(1, 1, 4, name="b", kind=TensorProto.INT8)
    check(m, tmp_path, *(m.op(f"Bitwise{kind}", a, b) for kind in ("And", "Or", "Xor")))


def test_integers_of_64_bits_without_sign_stay_below_their_middle(tmp_path: Path) -> None:
    for offset in (7, 2**63 - 9):
        m = Model(opset=18)
        y = m.op("Add", m.input(1, 3, 4, kind=TensorProto.UINT64), "c")
        m.constants.append(helper.make_tensor("c", TensorProto.UINT64, [], [offset]))
        path, types = m.save(tmp_path, y), {"x": "uint8"}
        if offset == 7:
            x = m.rng.integers(0, 256, (1, 3, 4)).astype(np.uint64)
            np.testing.assert_array_equal(load_model(path, types).run(x)[y], x + np.uint64(7))
        else:
            with pytest.raises(CompileError, match="HW0260"):
                load_model(path, types)


def test_scales_of_blocks(tmp_path: Path) -> None:
    m = Model(opset=21)
    x = m.input(1, 6, 5, kind=TensorProto.INT8)
    scales = m.constant(2.0 ** m.rng.integers(-3, 3, (1, 2, 5)))
    zeros = m.constant(m.rng.integers(-9, 9, (1, 2, 5)), np.int8)
    y = m.op("DequantizeLinear", x, scales, zeros, axis=1, block_size=4)
    check(m, tmp_path, m.quantize(y, 0.5))
    m.nodes[0].attribute[1].i = 3  # block_size
    check(m, tmp_path, m.nodes[-1].output[0])
    m.nodes[0].attribute[1].i = 2
    with pytest.raises(CompileError, match="HW0204"):
        load_model(m.save(tmp_path, m.nodes[-1].output[0]))


SCALARS: dict[str, Build] = {
    "alone": lambda m, x: x,
    "function": lambda m, x: m.op("Sigmoid", x),
    "constant": lambda m, x: m.op("Mul", x, m.constant([[1.5, -2.0, 0.5]])),
    "axes": lambda m, x: m.op("Unsqueeze", x, m.constant([0, 1], INT64)),
    "reshaped": lambda m, x: m.op("Reshape", x, m.constant([1, 1], INT64)),
    "expanded": lambda m, x: m.op("Expand", x, m.constant([1, 3, 4], INT64)),
    "reduced": lambda m, x: m.op("ReduceMax", x, keepdims=0),
}


def _session(path: Path) -> onnxruntime.InferenceSession:
    """Without optimizations: those leave out a quantizer behind another one."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(
        path.read_bytes(), options, providers=["CPUExecutionProvider"]
    )


@pytest.mark.parametrize("name", SCALARS)
def test_tensors_without_axes(name: str, tmp_path: Path) -> None:
    m = Model(opset=18)
    y = m.quantize(SCALARS[name](m, m.quantize(m.input(), 0.125)), 0.25)
    path = m.save(tmp_path, y)
    session, imported = _session(path), load_model(path)
    for number in np.linspace(-17, 17, 23).astype(np.float32):
        (expected,) = session.run(None, {"x": np.array(number)})
        found = imported.run({"x": number.reshape(1)})[y]
        np.testing.assert_array_equal(found.reshape(np.shape(expected)), expected)


KEPT: dict[str, tuple[Build, bool]] = {
    "matrices of rows": (_by("Trilu", 0), False),
    "matrices of frames": (lambda m, x: m.op(
        "Trilu", m.op("Unsqueeze", x, m.constant([1], INT64))), True),
    "least of each": (_by("ArgMin", axis=1), True),
    "least of all": (_by("ArgMin", axis=0), False),
    "running sum": (_summed(1), True),
    "running sum of frames": (_summed(0), False),
}  # fmt: skip


@pytest.mark.parametrize("name", KEPT)
def test_a_batch_means_frames_or_one_frame(name: str, tmp_path: Path) -> None:
    """A first axis of 4 that is no batch becomes a part of one frame, never rows of another."""
    build, _ = KEPT[name]
    m = Model(opset=18)
    y = build(m, m.quantize(m.input(4, 6), 0.25))
    if not name.startswith("least"):
        y = m.quantize(y, 1.0)
    path = m.save(tmp_path, y)
    x = grid(np.random.default_rng(1), 4, 6)
    (expected,) = _session(path).run(None, {"x": x})
    found = load_model(path).run(x)[y]
    np.testing.assert_array_equal(found.reshape(expected.shape), expected)
