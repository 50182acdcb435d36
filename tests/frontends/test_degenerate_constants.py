"""Constants of shape (), groups without a weight, and scales that are zero or negative.

Whoever reads constants as arrays of at least one axis, one entry and a positive step crashes.
The oracle is ONNX Runtime.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hwcompile
from tests.frontends.oracle import Model, check, grid, runtime

ORACLE = "ONNX Runtime"


def _dequantized(m: Model) -> str:
    return m.op(
        "DequantizeLinear", m.constant(37, np.int8), m.constant(0.01), m.constant(0, np.int8)
    )


def _quantized(m: Model) -> str:
    scale, zero = m.constant(0.01), m.constant(0, np.int8)
    integers = m.op("QuantizeLinear", m.constant(0.37), scale, zero)
    return m.op("DequantizeLinear", integers, scale, zero)


def _reshaped(m: Model) -> str:
    return m.op("Reshape", m.constant([0.37]), m.constant(np.zeros(0), np.int64))


def _squeezed(m: Model) -> str:
    return m.op("Squeeze", m.constant([[0.37]]))


SCALARS = {f.__name__[1:]: f for f in (_dequantized, _quantized, _reshaped, _squeezed)}


@pytest.mark.parametrize("made", SCALARS)
@pytest.mark.parametrize("kind", ["Add", "Mul", "Sub", "Max"])
def test_constants_without_an_axis(kind: str, made: str, tmp_path: Path) -> None:
    m = Model()
    x = m.quantize(m.input(1, 3, 4, 5))
    check(m, tmp_path, m.quantize(m.op(kind, x, SCALARS[made](m)), 0.5, 0))


def _weights(m: Model, values: np.ndarray, scale: object = 1.0) -> str:
    steps = np.asarray(scale, dtype=np.float32)
    zeros = m.constant(np.zeros(steps.shape), np.int8)
    extra: dict[str, Any] = {"axis": 0} if steps.ndim else {}
    return m.op("DequantizeLinear", m.constant(values, np.int8), m.constant(steps), zeros, **extra)


@pytest.mark.parametrize("dead", [(0,), (1,), (0, 1)])
def test_groups_whose_weights_are_all_zero(dead: tuple[int, ...], tmp_path: Path) -> None:
    m = Model()
    values = m.rng.integers(-9, 9, (2, 3, 2, 1, 1))
    values[list(dead)] = 0
    w = _weights(m, values.reshape(6, 2, 1, 1))
    x = m.quantize(m.input(1, 4, 3, 5), 1.0, 0)
    y = m.quantize(m.op("Conv", x, w, group=2), 8.0, 0)
    path = m.save(tmp_path, y)
    frames = grid(m.rng, 3, 4, 3, 5, step=1)
    built = hwcompile.compile(path, tmp_path / "out", fastest=True).simulate(
        frames, level="reference"
    )
    np.testing.assert_array_equal(built.real[y], runtime(path, {"x": frames})[0])


@pytest.mark.parametrize(
    "scale", [-0.25, 0.0, [0.25, -0.5, 0.0, 1.0, -2.0]], ids=["negative", "zero", "mixed"]
)
def test_weights_with_steps_that_are_not_positive(scale: object, tmp_path: Path) -> None:
    m = Model()
    w = _weights(m, m.rng.integers(-128, 128, (5, 3, 2, 2)), scale)
    x = m.quantize(m.input(1, 3, 6, 7))
    check(m, tmp_path, m.quantize(m.op("Conv", x, w), 4.0, 0))
