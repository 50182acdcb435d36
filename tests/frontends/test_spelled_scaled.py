"""Normalizations that are spelled out with scale and bias inside: Flax, Keras, TensorFlow."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from onnx import numpy_helper

from hwcompile.diagnostics import CompileError
from hwcompile.frontends.load import load_model
from tests.frontends.oracle import Model, runtime
from tests.frontends.test_spelled import frames_of, mean_of, real, spelled, squares_of_rows

ORACLE = "ONNX Runtime"


def _flax(m: Model, x: str, count: int, *, mean: Callable[..., str]) -> str:
    """As Flax's LayerNorm: the variance is a difference, the scale is in the reciprocal."""
    own, squares = mean(m, x, count), mean(m, m.op("Mul", x, x), count)
    variance = m.op("Max", m.op("Sub", squares, m.op("Mul", own, own)), m.constant(0.0))
    inverse = m.op("Reciprocal", m.op("Sqrt", m.op("Add", variance, m.constant(1e-3))))
    scaled = m.op("Mul", inverse, "scale")
    return m.op("Add", m.op("Mul", m.op("Sub", x, own), scaled), "bias")


def _keras(m: Model, x: str, count: int, *, mean: Callable[..., str], taken: str = "neg") -> str:
    """As Keras writes it beside PyTorch's own: `x * r + (bias - mean * r)`."""
    own = mean(m, x, count)
    d = m.op("Sub", x, own)
    variance = mean(m, m.op("Mul", d, d), count)
    root = m.op("Sqrt", m.op("Add", variance, m.constant(1e-3)))
    r = m.op("Mul", m.op("Div", m.constant(1.0), root), "scale")
    if taken == "neg":
        rest = m.op("Add", m.op("Mul", m.op("Neg", own), r), "bias")
    else:
        rest = m.op("Sub", "bias", m.op("Mul", own, r))
    return m.op("Add", m.op("Mul", x, r), rest)


def _plain_mean(m: Model, x: str, count: int) -> str:
    return mean_of(m, x, (-1,))


def _sum_over_count(m: Model, x: str, count: int) -> str:
    total = m.op("ReduceSum", x, m.constant((-1,), np.int64), keepdims=0)
    mean = m.op("Div", total, m.constant(float(count)))
    return m.op("Unsqueeze", mean, m.constant((-1,), np.int64))


def _sum_by_part(m: Model, x: str, count: int) -> str:
    total = m.op("ReduceSum", x, m.constant((-1,), np.int64))
    return m.op("Mul", m.constant(1 / count), total)


SPELLINGS: dict[str, Callable[[Model, str, int], str]] = {
    "Flax": partial(_flax, mean=_plain_mean),
    "Flax, sums": partial(_flax, mean=_sum_over_count),
    "Keras": partial(_keras, mean=_plain_mean),
    "Keras, sums": partial(_keras, mean=_sum_by_part),
    "tf.nn": partial(_keras, mean=_plain_mean, taken="sub"),
    "tf.nn, sums": partial(_keras, mean=_sum_over_count, taken="sub"),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_scale_and_bias_may_be_inside(spelling: str, tmp_path: Path) -> None:
    """As one node in front of the two: equal to that, and near ONNX Runtime."""
    results, frames = [], frames_of((3, 7), 0.1)
    for build in (SPELLINGS[spelling], _afterwards):
        m = Model(opset=13, seed=3)
        numbers = m.rng.normal(1, 0.3, 7), m.rng.normal(0, 0.5, 7)
        for name, values in zip(("scale", "bias"), numbers, strict=True):
            m.constants.append(numpy_helper.from_array(values.astype(np.float32), name))
        y = build(m, m.quantize(m.input(1, 3, 7), 0.1, 7), 7)
        path = m.save(tmp_path, y)
        results.append(real(path, y, frames))
        (expected,) = runtime(path, {"x": frames})
        squares = squares_of_rows(frames, (2,), 0.1, True)
        bound = 8e-3 + np.abs(expected) / np.maximum(2 * squares, 1)
        assert np.all(np.abs(results[-1] - expected) <= bound)
        assert np.ptp(expected) > 2
    np.testing.assert_array_equal(results[0], results[1])


def _afterwards(m: Model, x: str, count: int) -> str:
    y = spelled(m, x, (-1,), 1e-3)
    return m.op("Add", m.op("Mul", y, "scale"), "bias")


@pytest.mark.parametrize("count", [6, 8])
def test_a_sum_over_another_count_is_no_mean(count: int, tmp_path: Path) -> None:
    m = Model(opset=13, seed=3)
    for name in ("scale", "bias"):
        m.constants.append(numpy_helper.from_array(np.ones(7, np.float32), name))
    y = _flax(m, m.quantize(m.input(1, 3, 7), 0.1, 7), count, mean=_sum_over_count)
    with pytest.raises(CompileError, match=f"sums of 7 elements are divided by {count}") as error:
        load_model(m.save(tmp_path, m.quantize(y, 0.05)))
    assert [d.code for d in error.value.diagnostics] == ["HW0204"]


def _moved_wrongly(kind: str) -> Callable[[Model, str], str]:
    """Keras' form with something else in one place."""

    def make(m: Model, x: str) -> str:
        own, d = mean_of(m, x, (-1,)), m.op("Sub", x, mean_of(m, x, (-1,)))
        root = m.op("Sqrt", m.op("Add", mean_of(m, m.op("Mul", d, d), (-1,)), m.constant(1e-3)))
        r = m.op("Reciprocal", root)
        other = m.op("Mul", r, m.constant(2.0))
        mean = mean_of(m, x, (-2,)) if kind == "another mean" else own
        taken = m.op("Mul", mean, other if kind == "another factor" else r)
        if kind == "added":
            return m.op("Add", m.op("Mul", x, r), taken)
        return m.op("Sub", m.op("Mul", d if kind == "another operand" else x, r), taken)

    return make


@pytest.mark.parametrize("kind", ["another mean", "another factor", "added", "another operand"])
def test_what_takes_something_else_away_is_none(kind: str, tmp_path: Path) -> None:
    m = Model(opset=13, seed=3)
    y = _moved_wrongly(kind)(m, m.quantize(m.input(1, 5, 5), 0.1, 7))
    with pytest.raises(CompileError) as error:
        load_model(m.save(tmp_path, m.quantize(y, 0.05)))
    assert "spelled out" not in str(error.value)


def test_a_mean_may_be_taken_away_behind(tmp_path: Path) -> None:
    """`x * r - mean * r`, without scale and bias: what the test above breaks."""
    m = Model(opset=13, seed=3)
    y = _moved_wrongly("nothing")(m, m.quantize(m.input(1, 5, 5), 0.1, 7))
    imported = load_model(m.save(tmp_path, m.quantize(y, 0.05)))
    assert any("spelled out" in note for note in imported.notes)
