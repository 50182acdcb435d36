"""Networks of integer tensors as Deeploy's tools write them, with layers that ONNX has no type for.

The expectation is numpy's, layer by layer, with the published requantization.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, numpy_helper

from hwcompile.diagnostics import CompileError
from hwcompile.frontends.load import load_model
from tests.frontends.deeploy_formulas import Ints, requant_shift
from tests.frontends.oracle import Model

ORACLE = "numpy"
ORACLE_REASON = "ONNX Runtime has no layers of integer tensors without scales, and no RequantShift"


def _tensor(value: int) -> Any:
    return numpy_helper.from_array(np.array([value], np.int64))


def _requantized(m: Model, x: str, mul: Ints, add: Ints, shift: int) -> str:
    constants = (m.constant(mul, np.int32), m.constant(add, np.int32))
    return m.op("RequantShift", x, *constants, div=_tensor(1 << shift), signed=_tensor(1),
                n_levels=_tensor(256))  # fmt: skip


def _convolved(x: Ints, w: Ints, pad: int) -> Ints:
    size = w.shape[2]
    x = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    height, width = x.shape[2] - size + 1, x.shape[3] - size + 1
    total = np.zeros((x.shape[0], w.shape[0], height, width), dtype=np.int64)
    for i in range(size):
        for j in range(size):
            part = x[:, :, i : i + height, j : j + width]
            total += np.einsum("nchw,mc->nmhw", part, w[:, :, i, j])
    return total


@pytest.mark.parametrize("opset", [13, 17])
@pytest.mark.parametrize("turned", [False, True])
def test_a_residual_network_of_int8(turned: bool, opset: int, tmp_path: Path) -> None:
    m = Model(opset, seed=7)
    first, second, last = (
        m.rng.integers(-20, 20, shape) for shape in ((4, 3, 3, 3), (4, 4, 1, 1), (60, 5))
    )
    bias, offset = m.rng.integers(-500, 500, 4), m.rng.integers(-90000, 90000, 5)
    mul, add = m.rng.integers(3, 20, 4), m.rng.integers(-2000, 2000, 4)
    x = m.input(1, 3, 5, 6, kind=TensorProto.INT8)
    a = m.op("Conv", x, m.constant(first, np.int8), m.constant(bias, np.int32), pads=[1] * 4)
    a = _requantized(m, a, mul, add, 10)
    b = _requantized(m, m.op("Conv", a, m.constant(second, np.int8)), mul[:1], add[:1], 9)
    s = _requantized(m, m.op("Add", a, b), np.array([3]), np.array([0]), 2)
    p = m.op("MaxPool", s, kernel_shape=[1, 4], strides=[1, 1])
    flat = m.op("Flatten", p)
    w = m.constant(last.T if turned else last, np.int8)
    y = m.op("Gemm", flat, w, m.constant(offset, np.int32), transB=int(turned))
    z = m.op("MatMul", flat, m.constant(last, np.int8))
    network = load_model(m.save(tmp_path, y, z))
    frames = m.rng.integers(-128, 128, (6, 3, 5, 6))
    frames[0], frames[1] = -128, 127
    found = network.run({"x": frames.astype(np.int8)})
    q = requant_shift(
        _convolved(frames, first, 1) + bias.reshape(1, -1, 1, 1), mul, add, 10, -128, 127
    )
    r = requant_shift(_convolved(q, second, 0), mul[:1], add[:1], 9, -128, 127)
    t = requant_shift(q + r, np.array([3]), np.array([0]), 2, -128, 127)
    pooled = np.stack([t[..., i : i + 4].max(axis=-1) for i in range(3)], axis=-1)
    wanted = pooled.reshape(6, -1) @ last
    np.testing.assert_array_equal(found[z], wanted)
    np.testing.assert_array_equal(found[y], wanted + offset)


def test_files_without_such_operators_stay_illegal(tmp_path: Path) -> None:
    m = Model()
    x = m.input(1, 3, 5, 6, kind=TensorProto.INT8)
    y = m.op("Conv", x, m.constant(m.rng.integers(-9, 9, (4, 3, 1, 1)), np.int8))
    with pytest.raises(CompileError, match="HW0107"):
        load_model(m.save(tmp_path, y))


def test_factors_of_integers_are_refused(tmp_path: Path) -> None:
    m = Model()
    x = _requantized(m, m.input(1, 6, kind=TensorProto.INT8), np.array([3]), np.array([0]), 2)
    y = m.op("Gemm", x, m.constant(m.rng.integers(-9, 9, (6, 5)), np.int8), alpha=0.5)
    with pytest.raises(CompileError, match="HW0204"):
        load_model(m.save(tmp_path, y))
