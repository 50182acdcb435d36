"""Sums of products whose scales differ among each other: exact where they have a step in common.

The oracle is ONNX Runtime, whose float sums are exact for these scales.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hwcompile.diagnostics import CompileError
from hwcompile.frontends.load import load_model
from hwcompile.frontends.numbers.common_step import LARGEST_FACTOR, common_step
from tests.frontends.oracle import Model, check

ORACLE = "ONNX Runtime"

POWERS = [0.5, 0.125, 0.25, 1.0, 0.125, 0.5]
MULTIPLES = [0.75, 0.5, 0.625, 0.25, 1.75, 1.25]
UNRELATED = [0.1, 0.3, 0.7, 0.11, 0.13, 0.17]


def _channels(m: Model, x: str, scales: list[float], axis: int = 1) -> str:
    s, z = m.constant(scales), m.constant([3] * len(scales), np.int8)
    return m.op("DequantizeLinear", m.op("QuantizeLinear", x, s, z, axis=axis), s, z, axis=axis)


def _picture(m: Model, scales: list[float]) -> str:
    return _channels(m, m.input(1, 6, 5, 4), scales)


CASES: dict[str, Callable[[Model, list[float]], str]] = {
    "conv": lambda m, s: m.op("Conv", _picture(m, s), m.weights(4, 6, 2, 3), pads=[1, 0, 2, 1]),
    "conv in groups": lambda m, s: m.op(
        "Conv", _picture(m, s), m.weights(4, 3, 2, 3, scale=[0.25, 0.5, 1, 2]), group=2
    ),
    "signal": lambda m, s: m.op("Conv", _channels(m, m.input(1, 6, 7), s), m.weights(4, 6, 3)),
    "conv transposed": lambda m, s: m.op(
        "ConvTranspose", _picture(m, s), m.weights(6, 3, 2, 3, axis=1), strides=[2, 3]
    ),
    "matrix product over the channels": lambda m, s: m.op(
        "MatMul", _channels(m, m.input(1, 6), s), m.weights(6, 4, scale=[1, 0.5, 2, 1], axis=1)
    ),
    "flattened channels": lambda m, s: m.op(
        "Gemm", m.op("Flatten", _picture(m, s)), m.weights(3, 120), transB=1
    ),
    "rows of another scale each": lambda m, s: m.op(
        "MatMul", _picture(m, s), m.weights(4, 3, scale=[0.5, 0.25, 2], axis=1)
    ),
    "rows of another scale each, on the right": lambda m, s: m.op(
        "MatMul", m.weights(3, 5), _picture(m, s)
    ),
    "weights of another scale each": lambda m, s: m.op(
        "MatMul", m.quantize(m.input(1, 6)), m.weights(6, 4, scale=s, axis=0)
    ),
    "both operands": lambda m, s: m.op(
        "Conv", _picture(m, s), m.weights(4, 6, 2, 3, scale=s[::-1], axis=1)
    ),
}

MIXED_ROWS = {"rows of another scale each", "rows of another scale each, on the right"}
"""Here every sum has one scale, whatever it is."""


@pytest.mark.parametrize("scales", [POWERS, MULTIPLES], ids=["powers of two", "multiples"])
@pytest.mark.parametrize("case", CASES)
def test_scales_with_a_common_step_are_added_exactly(
    case: str, scales: list[float], tmp_path: Path
) -> None:
    m = Model()
    y = CASES[case](m, scales)
    check(m, tmp_path, m.quantize(y, 4.0, -2), y)


@pytest.mark.parametrize("case", sorted(CASES.keys() - MIXED_ROWS))
def test_unrelated_scales_stay_refused(case: str, tmp_path: Path) -> None:
    m = Model()
    path = m.save(tmp_path, m.quantize(CASES[case](m, UNRELATED)))
    with pytest.raises(CompileError, match="differ among the products") as error:
        load_model(path)
    assert error.value.diagnostics[0].code == "HW0235"


def test_multiples_that_make_the_weights_too_wide_are_refused(tmp_path: Path) -> None:
    m = Model()
    wide = [1.0, 1 / LARGEST_FACTOR, 1.0, 1.0, 1.0, 1.0]
    y = m.op("Conv", _picture(m, wide), m.weights(4, 6, 2, 3, scale=wide, axis=1))
    with pytest.raises(CompileError, match="HW0235"):
        load_model(m.save(tmp_path, m.quantize(y)))


def test_a_common_step_is_exact_and_the_largest() -> None:
    rng = np.random.default_rng(1)
    for _ in range(200):
        factors = rng.integers(1, LARGEST_FACTOR, rng.integers(1, 9))
        factors //= np.gcd.reduce(factors)
        # 13 bits times 10 bits fit a float32 exactly.
        step = np.float32(2 * rng.integers(0, 1 << 12) + 1) * np.float32(
            2.0 ** rng.integers(-30, 9)
        )
        found = common_step(factors.astype(np.float32) * step)
        assert found is not None
        assert found[0] == step
        np.testing.assert_array_equal(found[1], factors)


@pytest.mark.parametrize("scales", [[0.1, 0.3], [1.0, 1 + 2**-23], [1.0, 2.0**-40], [0.0, 1.0]])
def test_scales_without_a_common_step(scales: list[float]) -> None:
    assert common_step(np.array(scales, np.float32)) is None
