"""Integer operators against ONNX Runtime; scales are arbitrary, equality is required."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto

from hwcompile.diagnostics import CompileError
from hwcompile.frontends.load import load_model
from tests.frontends.oracle import Model, check, families

ORACLE = "ONNX Runtime"

MS = "com.microsoft"


def integers(m: Model, *shape: int, name: str = "x") -> str:
    return m.input(*shape, name=name, kind=TensorProto.INT8)


def parameters(m: Model, scale: float, zero: int, dtype: type = np.int8) -> tuple[str, str]:
    return m.constant(scale), m.constant(zero, dtype)


def ints(m: Model, *shape: int, dtype: type = np.int8, low: int = -50, high: int = 50) -> str:
    return m.constant(m.rng.integers(low, high, shape), dtype)


def qconv(m: Model, **attributes: Any) -> str:
    return m.op(
        "QLinearConv",
        integers(m, 1, 4, 6, 5),
        *parameters(m, 0.0371, -7),
        ints(m, 3, 4, 3, 2),
        m.constant([0.011, 0.0233, 0.0071]),
        m.constant([0, 0, 0], np.int8),
        *parameters(m, 0.619, 5),
        ints(m, 3, dtype=np.int32, low=-2000, high=2000),
        **attributes,
    )


def two(m: Model) -> tuple[str, ...]:
    return (
        integers(m, 1, 3, 4, 5),
        *parameters(m, 0.0371, -7),
        integers(m, 1, 3, 4, 5, name="y"),
        *parameters(m, 0.0533, 12),
    )


CASES: dict[str, Callable[[Model], str]] = {
    "conv": lambda m: qconv(m),
    "conv_pads": lambda m: qconv(m, pads=[1, 1, 2, 0], strides=[2, 1]),
    "conv_unsigned": lambda m: m.op(
        "QLinearConv",
        m.input(1, 4, 6, 5, kind=TensorProto.UINT8),
        *parameters(m, 0.0371, 131, np.uint8),
        ints(m, 4, 2, 3, 3, dtype=np.uint8, low=0, high=255),
        *parameters(m, 0.0133, 120, np.uint8),
        *parameters(m, 0.9, 99, np.uint8),
        group=2,
    ),
    "matmul": lambda m: m.op(
        "QLinearMatMul",
        integers(m, 1, 30),
        *parameters(m, 0.0371, -7),
        ints(m, 30, 7),
        *parameters(m, 0.0133, 3),
        *parameters(m, 0.4, 5),
    ),
    "matmul_rows": lambda m: m.op(
        "QLinearMatMul",
        integers(m, 1, 3, 30),
        *parameters(m, 0.0371, -7),
        ints(m, 30, 7),
        *parameters(m, 0.0133, 0),
        *parameters(m, 0.4, 5),
    ),
    "gemm": lambda m: m.op(
        "QGemm",
        integers(m, 1, 30),
        *parameters(m, 0.0371, -7),
        ints(m, 7, 30),
        *parameters(m, 0.0133, 0),
        ints(m, 7, dtype=np.int32, low=-2000, high=2000),
        *parameters(m, 0.4, 5),
        domain=MS,
        transB=1,
    ),
    "gemm_real": lambda m: m.op(
        "QGemm",
        integers(m, 1, 30),
        *parameters(m, 0.03125, -7),
        ints(m, 30, 7),
        *parameters(m, 0.5, 0),
        domain=MS,
    ),
    "add_constant": lambda m: m.op(
        "QLinearAdd",
        integers(m, 1, 30),
        *parameters(m, 0.0371, -7),
        ints(m, 30),
        *parameters(m, 0.0133, 4),
        *parameters(m, 0.0711, 5),
        domain=MS,
    ),
    "add": lambda m: m.op("QLinearAdd", *two(m), *parameters(m, 0.0711, 5), domain=MS),
    "mul": lambda m: m.op("QLinearMul", *two(m), *parameters(m, 0.0911, -5), domain=MS),
    "mul_constant": lambda m: m.op(
        "QLinearMul",
        integers(m, 1, 30),
        *parameters(m, 0.0371, -7),
        ints(m, 30),
        *parameters(m, 0.0133, 4),
        *parameters(m, 0.0211, 5),
        domain=MS,
    ),
    "global_average": lambda m: m.op(
        "QLinearGlobalAveragePool",
        integers(m, 1, 3, 5, 7),
        *parameters(m, 0.0371, -7),
        *parameters(m, 0.0091, 5),
        domain=MS,
        channels_last=0,
    ),
    "average": lambda m: m.op(
        "QLinearAveragePool",
        integers(m, 1, 3, 6, 6),
        *parameters(m, 0.0371, -7),
        *parameters(m, 0.0293, 5),
        domain=MS,
        kernel_shape=[2, 3],
        strides=[2, 1],
    ),
    "leaky": lambda m: m.op(
        "QLinearLeakyRelu",
        integers(m, 1, 30),
        *parameters(m, 0.0371, -7),
        *parameters(m, 0.0293, 5),
        domain=MS,
        alpha=0.1,
    ),
    "sigmoid": lambda m: m.op(
        "QLinearSigmoid",
        integers(m, 1, 30),
        *parameters(m, 0.0371, -7),
        *parameters(m, 1 / 256, -128),
        domain=MS,
    ),
    "concat": lambda m: m.op(
        "QLinearConcat", *parameters(m, 0.0711, 5), *two(m), domain=MS, axis=1
    ),
    "max_pool": lambda m: m.op("MaxPool", integers(m, 1, 3, 6, 6), kernel_shape=[2, 2]),
    "conv_integer": lambda m: m.op(
        "ConvInteger",
        m.input(1, 4, 6, 5, kind=TensorProto.UINT8),
        ints(m, 3, 4, 3, 2, dtype=np.uint8, low=0, high=255),
        m.constant(17, np.uint8),
        m.constant(120, np.uint8),
        pads=[1, 0, 1, 0],
    ),
    "matmul_integer": lambda m: m.op(
        "MatMulInteger", integers(m, 1, 30), ints(m, 30, 7), m.constant(-5, np.int8)
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_integer_operators(name: str, tmp_path: Path) -> None:
    m = Model(seed=len(name))
    imported = check(m, tmp_path, CASES[name](m), frames=40)
    assert "gather" not in families(imported)


@pytest.mark.parametrize("axis", [1, -1])
def test_softmax_on_integers_runs_on_the_host(axis: int, tmp_path: Path) -> None:
    m = Model()
    y = m.op(
        "QLinearSoftmax",
        integers(m, 1, 30),
        *parameters(m, 0.0371, -7),
        *parameters(m, 1 / 256, -128),
        domain=MS,
        axis=axis,
        opset=13,
    )
    imported = check(m, tmp_path, m.op("DequantizeLinear", y, *parameters(m, 1 / 256, -128)))
    assert families(imported) == []


def test_dynamic_quantization_is_refused_by_name(tmp_path: Path) -> None:
    m = Model()
    outputs = m.ops("DynamicQuantizeLinear", m.input(1, 30), outputs=3)
    with pytest.raises(CompileError, match="chooses scales while the network runs"):
        load_model(m.save(tmp_path, outputs[0]))


def _requantized(m: Model, accumulator: str) -> str:
    """Multiply, shift, clip and narrow, all in integers."""
    x = m.op("Mul", accumulator, m.constant([[3], [5], [7]], np.int32))
    x = m.op("Add", x, m.constant(1 << 9, np.int32))
    x = m.op("Div", x, m.constant(1 << 10, np.int32))
    x = m.op("Clip", x, m.constant(-128, np.int32), m.constant(127, np.int32))
    return m.op("Cast", x, to=TensorProto.INT8)


def test_integer_requantization_closes_at_clip(tmp_path: Path) -> None:
    m = Model(seed=5)
    x = m.input(1, 4, 9, kind=TensorProto.UINT8)
    w = m.constant(m.rng.integers(-40, 40, (3, 4, 3)), np.int8)
    y = _requantized(m, m.op("ConvInteger", x, w, m.constant(128, np.uint8)))
    z = m.op("MatMulInteger", y, m.constant(m.rng.integers(-9, 9, (7, 2)), np.int8))
    imported = check(m, tmp_path, z, frames=20)
    assert families(imported)[:2] == ["conv", "threshold"]


def test_shift_of_unsigned_integers(tmp_path: Path) -> None:
    m = Model(seed=6)
    x = m.input(1, 20, kind=TensorProto.UINT8)
    y = m.op("BitShift", x, m.constant(3, np.uint8), direction="RIGHT")
    wide = m.op("Cast", y, to=TensorProto.INT32)
    y = m.op("Clip", wide, m.constant(2, np.int32), m.constant(20, np.int32))
    y = m.op("Cast", y, to=TensorProto.UINT8)
    check(m, tmp_path, y, frames=20)


def test_whole_float_weights_on_integer_tensors(tmp_path: Path) -> None:
    m = Model(seed=7)
    x = m.op("Cast", m.input(1, 2, 5, 5, kind=TensorProto.INT8), to=TensorProto.FLOAT)
    y = m.op("Conv", x, m.constant(m.rng.integers(-8, 8, (3, 2, 3, 3))))
    y = m.op("Floor", m.op("Mul", y, m.constant(1 / 64)))
    y = m.op("Clip", y, m.constant(-16.0), m.constant(15.0))
    y = m.op("MatMul", m.op("Flatten", y), m.constant(m.rng.integers(-8, 8, (27, 4))))
    imported = check(m, tmp_path, y, frames=20)
    assert families(imported) == ["conv", "threshold", "reshape", "matmul"]
