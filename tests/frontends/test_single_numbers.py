"""Inputs without any axis: a frame is one number, alone or one of several.

The oracle is ONNX Runtime, which takes one number at a time.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest

import hwcompile
from hwcompile_runtime.host import as_frames
from tests.frontends.oracle import Model

ORACLE = "ONNX Runtime"
NUMBERS = np.array([-20.0, -1.5, 0.0, 0.25, 3.0, 99.0], np.float32)


def saved(folder: Path) -> tuple[Path, str]:
    """Two quantizers around a matrix of one weight, whose bias makes all frames differ."""
    m = Model()
    x = m.quantize(m.input(), 0.25, 1)
    y = m.op("Add", m.op("Mul", x, m.constant(3.0)), m.constant(0.5))
    y = m.quantize(y, 0.5, -2)
    return m.save(folder, y), y


@pytest.mark.parametrize("level", ["reference", pytest.param("rtl", marks=pytest.mark.slow)])
def test_numbers_alone_and_many_of_them(level: str, tmp_path: Path) -> None:
    path, y = saved(tmp_path)
    session = onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    expected = np.array([session.run(None, {"x": np.array(number)})[0] for number in NUMBERS])
    assert len(np.unique(expected)) == len(NUMBERS)
    design = hwcompile.compile(path, tmp_path / "design")
    many = design.simulate(NUMBERS, level=level).real[y]
    np.testing.assert_array_equal(many, expected)
    np.save(tmp_path / "alone.npy", NUMBERS[1])
    np.savez(tmp_path / "alone.npz", x=NUMBERS[1])
    for given in (NUMBERS[1], tmp_path / "alone.npy", tmp_path / "alone.npz"):
        alone = design.simulate(given, level=level).real[y]
        np.testing.assert_array_equal(alone, expected[1:2])


@pytest.mark.parametrize("shape", [(), (1,)])
def test_a_number_is_a_frame(shape: tuple[int, ...]) -> None:
    assert as_frames(NUMBERS[0], shape).shape == (1,)
    assert as_frames(NUMBERS, shape).shape == (6,)
    with pytest.raises(ValueError, match="the model's input has shape"):
        as_frames(NUMBERS.reshape(2, 3), shape)
