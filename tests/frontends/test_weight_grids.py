"""Weights that a quantizer left as real numbers: their integers are found where there are any."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hwcompile.diagnostics import CompileError
from hwcompile.frontends.load import ImportedModel, load_model
from hwcompile.ir.types import IntArray
from hwcompile.ops.conv.op import Conv
from tests.frontends.oracle import Model, check

ORACLE = "ONNX Runtime"
SHAPE = (5, 3, 2, 4)


def imported(m: Model, weights: np.ndarray, folder: Path) -> ImportedModel:
    """A convolution with these weights, equal to ONNX Runtime's; no sum lies on a tie."""
    x = m.quantize(m.input(1, 3, 6, 7), 0.0625, 3)
    return check(m, folder, m.quantize(m.op("Conv", x, m.constant(weights)), 0.2718, -2))


def integers_of(model: ImportedModel) -> IntArray:
    """Of the convolution, as [filters, channels, height, width]."""
    (conv,) = (node.op for node in model.graph.nodes if isinstance(node.op, Conv))
    return conv.weights.transpose(0, 3, 1, 2)


def dorefa(rng: np.random.Generator, bits: int) -> tuple[np.ndarray, np.ndarray]:
    """DoReFa-Net's weights (equation 9) in float32, and their odd multiples of a step."""
    w = np.tanh(rng.normal(0, 1, SHAPE).astype(np.float32))
    unit = w / (2 * np.abs(w).max()) + np.float32(0.5)
    levels = np.float32(2**bits - 1)
    steps = np.round(unit * levels)
    weights = np.float32(2) * (steps / levels) - np.float32(1)
    return weights, (2 * steps - levels).astype(np.int64)


@pytest.mark.parametrize("bits", [2, 3, 4, 6, 8])
def test_a_grid_that_is_missed_by_the_last_place(bits: int, tmp_path: Path) -> None:
    m = Model(seed=bits)
    weights, expected = dorefa(m.rng, bits)
    model = imported(m, weights, tmp_path)
    np.testing.assert_array_equal(integers_of(model), expected)
    assert any("last binary place" in note for note in model.notes) == (bits > 1)


def test_small_floats_are_multiples_of_a_power_of_two(tmp_path: Path) -> None:
    """Three bits of mantissa, three of exponent, as minifloats have them."""
    m = Model(seed=1)
    mantissa, exponent = m.rng.integers(-15, 16, SHAPE), m.rng.integers(-9, -2, SHAPE)
    model = imported(m, (mantissa * 2.0**exponent).astype(np.float32), tmp_path)
    np.testing.assert_array_equal(integers_of(model), mantissa << (exponent + 9))


def test_one_step_where_it_costs_no_bits(tmp_path: Path) -> None:
    """A filter whose weights are multiples of 3 has the step of the others."""
    m = Model(seed=2)
    whole = m.rng.integers(-7, 8, SHAPE)
    whole[1] = 3 * m.rng.integers(-2, 3, SHAPE[1:])
    model = imported(m, (whole * 0.0625).astype(np.float32), tmp_path)
    np.testing.assert_array_equal(integers_of(model), whole)


def test_a_step_of_its_own_where_it_saves_bits(tmp_path: Path) -> None:
    m = Model(seed=3)
    whole = m.rng.integers(-7, 8, SHAPE)
    whole[:, 0, 0, 0] = 1
    scale = np.array([1, 4, 1, 2, 8]).reshape(-1, 1, 1, 1)
    model = imported(m, (whole * scale * 0.0625).astype(np.float32), tmp_path)
    np.testing.assert_array_equal(integers_of(model), whole)


@pytest.mark.parametrize("count", [2, 3, 40])
def test_real_numbers_are_on_no_grid(count: int, tmp_path: Path) -> None:
    m = Model(seed=count)
    x = m.quantize(m.input(1, count, 2, 2))
    weights = m.rng.normal(size=(4, count, 1, 1)).astype(np.float32)
    y = m.op("Conv", x, m.constant(weights))
    with pytest.raises(CompileError, match="HW0230"):
        load_model(m.save(tmp_path, m.quantize(y)))
