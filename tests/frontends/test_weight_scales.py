"""Scales of weights that are negative or zero: constants like any other.

The oracle is ONNX Runtime for its operators, and QONNX's own functions for `Quant` and
`BipolarQuant` (both compute `x / scale` and multiply by it again, whatever the scale).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import helper
from qonnx.custom_op.registry import getCustomOp

from hwcompile.diagnostics import CompileError
from hwcompile.frontends.load import load_model
from tests.frontends.oracle import Model, check, grid

ORACLE = ("ONNX Runtime", "QONNX executor")

SCALES = [0.25, -0.5, 0.0, 1.0]
QONNX = "qonnx.custom_op.general"


def _picture(m: Model) -> str:
    return m.quantize(m.input(1, 3, 5, 6))


def _qlinear_conv(m: Model) -> str:
    return m.op(
        "QLinearConv",
        m.op("QuantizeLinear", m.input(1, 3, 5, 6), m.constant(0.125), m.constant(3, np.int8)),
        m.constant(0.125), m.constant(3, np.int8),
        m.constant(m.rng.integers(-20, 20, (4, 3, 2, 2)), np.int8),
        m.constant(SCALES), m.constant(np.zeros(4), np.int8),
        m.constant(0.5), m.constant(-3, np.int8),
    )  # fmt: skip


CASES: dict[str, Callable[[Model], str]] = {
    "conv": lambda m: m.op("Conv", _picture(m), m.weights(4, 3, 2, 2, scale=SCALES, zero=2)),
    "conv behind which is pooled": lambda m: m.quantize(
        m.op(
            "MaxPool",
            m.op("Conv", _picture(m), m.weights(4, 3, 2, 2, scale=SCALES)),
            kernel_shape=[2, 2],
        ),
        2.0,
    ),
    "conv_transpose": lambda m: m.op(
        "ConvTranspose", _picture(m), m.weights(3, 4, 2, 2, scale=SCALES, axis=1)
    ),
    "one negative scale": lambda m: m.op(
        "MatMul", m.quantize(m.input(1, 12)), m.weights(12, 5, scale=-0.25)
    ),
    "nothing but zeros": lambda m: m.op(
        "MatMul", m.quantize(m.input(1, 12)), m.weights(12, 5, scale=0.0)
    ),
    "factor of a Mul": lambda m: m.op(
        "Mul", m.quantize(m.input(1, 12)), m.weights(12, scale=-0.25)
    ),
    "qlinear_conv": _qlinear_conv,
}


@pytest.mark.parametrize("name", CASES)
def test_weight_scales_that_are_not_positive_are_constants(name: str, tmp_path: Path) -> None:
    m = Model(seed=len(name))
    check(m, tmp_path, CASES[name](m), frames=8)


@pytest.mark.parametrize(
    ("kind", "scale"),
    [
        ("Quant", [-0.25]),
        ("Quant", [0.25, -0.25, 0.5, -1.0, 0.125]),
        ("BipolarQuant", [-0.25]),
        ("BipolarQuant", [0.5, -0.25, 1.0, -1.0, 0.125]),
    ],
)
def test_negative_scales_of_qonnx_weights(kind: str, scale: list[float], tmp_path: Path) -> None:
    m = Model(seed=len(scale))
    real = (m.rng.integers(-40, 40, (12, 5)) * 0.125).astype(np.float32)
    numbers = {"x": real, "s": scale, "z": 0, "b": 4}
    inputs = {name: np.asarray(value, np.float32) for name, value in numbers.items()}
    names = ["x", "s", "z", "b"] if kind == "Quant" else ["x", "s"]
    given: dict[str, Any] = {}
    if kind == "Quant":
        given = {"signed": 1, "narrow": 0, "rounding_mode": "ROUND"}
    weights = m.op(kind, *(m.constant(inputs[n]) for n in names), domain=QONNX, **given)
    y = m.op("MatMul", m.quantize(m.input(1, 12), 0.125, 0), weights)
    path = tmp_path / "m.onnx"
    path.write_bytes(m.proto([y]).SerializeToString())
    x = grid(m.rng, 6, 12, step=0.125)
    node = helper.make_node(kind, names, ["y"], domain=QONNX, **given)
    getCustomOp(node).execute_node(inputs, None)
    expected = np.clip(np.rint(x / 0.125), -128, 127) * 0.125 @ inputs["y"].astype(np.float64)
    np.testing.assert_array_equal(load_model(path).run(x)[y], expected.astype(np.float32))


def test_negative_scales_of_streams_stay_refused(tmp_path: Path) -> None:
    m = Model()
    s, z, b = m.constant(-0.25), m.constant(0.0), m.constant(4.0)
    y = m.op("Quant", m.input(1, 5), s, z, b, domain=QONNX, signed=1, narrow=0)
    with pytest.raises(CompileError, match="HW0212"):
        load_model(m.save(tmp_path, y))
