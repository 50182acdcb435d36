"""QONNX quantizers in small networks against the QONNX executor, op by op."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hwcompile.diagnostics import CompileError
from hwcompile.frontends.load import load_model
from tests.frontends.oracle import Model, families
from tests.frontends.qonnx_oracle import QONNX, quant, run_both

ORACLE = "QONNX executor"


def bipolar(m: Model, x: str, scale: float = 1.0) -> str:
    return m.op("BipolarQuant", x, m.constant(scale), domain=QONNX)


def floats(m: Model, *shape: int) -> str:
    return m.constant(m.rng.normal(size=shape))


def picture(m: Model) -> str:
    return quant(m, m.input(1, 3, 6, 6), 0.5, bits=5.0)


def _trunc(m: Model) -> str:
    x = quant(m, m.input(1, 2, 4, 4), 0.5, bits=4.0, signed=0)
    summed = m.op("Mul", m.op("GlobalAveragePool", x), m.constant(16.0))
    constants = [m.constant(v) for v in (0.5, 0.0, 8.0, 4.0)]
    return m.op("Trunc", summed, *constants, domain=QONNX, rounding_mode="FLOOR")


def _thresholds(m: Model, layout: str) -> str:
    y = m.op("Conv", picture(m), quant(m, floats(m, 4, 3, 3, 3), 0.25))
    if layout == "NHWC":
        y = m.op("Transpose", y, perm=[0, 2, 3, 1])
    steps = m.constant(np.sort(m.rng.normal(size=(4, 3)) * 8, axis=1))
    attributes = {"out_dtype": "INT2", "out_scale": 2.0, "out_bias": -3.0, "data_layout": layout}
    return m.op("MultiThreshold", y, steps, domain=QONNX, **attributes)


CASES: dict[str, Callable[[Model], str]] = {
    "conv_channel_scales": lambda m: quant(
        m,
        m.op(
            "Conv",
            picture(m),
            quant(m, floats(m, 4, 3, 3, 3), np.reshape(2.0 ** np.arange(-4, 0), (4, 1, 1, 1))),
        ),
        np.reshape([0.5, 1.0, 2.0, 0.25], (1, 4, 1, 1)),
        bits=3.0,
        signed=0,
    ),
    "bipolar_padded": lambda m: bipolar(
        m,
        m.op(
            "Conv", bipolar(m, m.input(1, 3, 6, 6)), bipolar(m, floats(m, 4, 3, 3, 3)),
            pads=[1, 1, 1, 1],
        ),
    ),
    "ternary": lambda m: quant(
        m,
        m.op(
            "MatMul", quant(m, m.input(1, 20), 1.0, bits=2.0, narrow=1),
            quant(m, floats(m, 20, 6), 0.5, bits=2.0, narrow=1),
        ),
        1.0,
        bits=2.0,
        narrow=1,
    ),
    "floor_and_zero_point": lambda m: quant(
        m,
        m.op("Relu", m.op("Conv", picture(m), quant(m, floats(m, 2, 3, 2, 2), 0.125))),
        0.25,
        zero=3.0,
        bits=6.0,
        signed=0,
        rounding_mode="FLOOR",
    ),
    "trunc": _trunc,
    "thresholds": lambda m: _thresholds(m, "NCHW"),
    "thresholds_nhwc": lambda m: _thresholds(m, "NHWC"),
    "relu_behind_quantizer": lambda m: m.op(
        "Conv", m.op("Relu", picture(m)), quant(m, floats(m, 2, 3, 3, 3), 0.5)
    ),
    "old_domain": lambda m: m.op(
        "MatMul", quant(m, m.input(1, 20), 0.5, domain="onnx.brevitas"),
        quant(m, floats(m, 20, 6), 0.5, domain="onnx.brevitas"),
    ),
    "residual": lambda m: (
        lambda x: quant(m, m.op("Add", x, quant(m, m.op("Conv", x, quant(m, floats(m, 3, 3, 1, 1),
        0.25)), 0.5)), 1.0, bits=3.0)
    )(picture(m)),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_networks_equal_the_qonnx_executor(name: str, tmp_path: Path) -> None:
    m = Model(opset=13, seed=len(name))
    imported, y, expected = run_both(m, tmp_path, CASES[name](m))
    np.testing.assert_array_equal(y, expected)
    assert families(imported)


def test_domain_may_be_empty(tmp_path: Path) -> None:
    m = Model(opset=11)
    x, w = (quant(m, v, 0.5, domain="") for v in (m.input(1, 8), floats(m, 8, 2)))
    y = m.op("MatMul", x, w)
    imported = load_model(m.save(tmp_path, y))
    assert families(imported) == ["matmul"]


def test_learned_quantizer_must_be_frozen(tmp_path: Path) -> None:
    m = Model()
    x = m.input(1, 8)
    scale = m.op("ReduceMax", m.op("Abs", quant(m, x, 0.5)), keepdims=1)
    y = m.op("Quant", x, scale, m.constant(0.0), m.constant(4.0), domain=QONNX)
    with pytest.raises(CompileError, match="scale of this quantizer is no constant"):
        load_model(m.save(tmp_path, y))
