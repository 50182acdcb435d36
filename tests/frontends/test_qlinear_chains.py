"""Random chains of operators that are ONNX Runtime's own: every integer behind all of them.

Each operator meets the integers that the one before it leaves: narrower intervals, other layouts,
constants per channel, and a stream that meets itself.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.frontends.test_qlinear_kernels import (
    MS,
    Dtype,
    Scaled,
    differing,
    number,
    stream,
    whole,
)

ORACLE = "ONNX Runtime"

Map = tuple[str, tuple[str, str], tuple[int, ...]]
"""A tensor's name, its scale and zero point, and its shape without the batch axis."""
Step = Callable[[Scaled, Dtype, Map], Map]


def _behind(m: Scaled, dtype: Dtype, kind: str, *operands: str, **attributes: object) -> Map:
    """The result of an operator with random quantization, shape unknown."""
    out = number(m, dtype)
    return m.op(kind, *operands, *out, domain=MS, **attributes), out, ()


def with_itself(m: Scaled, dtype: Dtype, x: Map) -> Map:
    kind = str(m.rng.choice(["QLinearAdd", "QLinearMul"]))
    y, out, _ = _behind(m, dtype, kind, x[0], *x[1], x[0], *x[1])
    return y, out, x[2]


def with_constants(m: Scaled, dtype: Dtype, x: Map) -> Map:
    kind = str(m.rng.choice(["QLinearAdd", "QLinearMul"]))
    parts = [(x[0], *x[1]), (whole(m, dtype, x[2][0], 1, 1), *number(m, dtype))]
    first, second = parts if m.rng.random() < 0.5 else parts[::-1]
    y, out, _ = _behind(m, dtype, kind, *first, *second)
    return y, out, x[2]


def residual(m: Scaled, dtype: Dtype, x: Map) -> Map:
    y, out, _ = activation(m, dtype, x)
    z, last, _ = _behind(m, dtype, "QLinearAdd", x[0], *x[1], y, *out)
    return z, last, x[2]


def activation(m: Scaled, dtype: Dtype, x: Map) -> Map:
    kind = str(m.rng.choice(["QLinearLeakyRelu", "QLinearSigmoid"]))
    y, out, _ = _behind(m, dtype, kind, x[0], *x[1])
    return y, out, x[2]


def average(m: Scaled, dtype: Dtype, x: Map) -> Map:
    if min(x[2][1:]) < 3:
        return x
    y, out, _ = _behind(m, dtype, "QLinearAveragePool", x[0], *x[1], kernel_shape=[3, 2])
    return y, out, (x[2][0], x[2][1] - 2, x[2][2] - 1)


def convolution(m: Scaled, dtype: Dtype, x: Map) -> Map:
    weights = whole(m, dtype, 5, x[2][0], 1, 2, bits=7)
    parts = (weights, m.constant(0.02), m.constant(3, dtype))
    out = m.constant(m.rng.uniform(0.2, 2)), number(m, dtype)[1]
    y = m.op("QLinearConv", x[0], *x[1], *parts, *out, pads=[0, 1, 0, 0])
    return y, out, (5, *x[2][1:])


def concatenation(m: Scaled, dtype: Dtype, x: Map) -> Map:
    y, out, shape = activation(m, dtype, x)
    last = number(m, dtype)
    parts = (x[0], *x[1], y, *out)
    z = m.op("QLinearConcat", *last, *parts, domain=MS, axis=1)
    return z, last, (2 * shape[0], *shape[1:])


STEPS: tuple[Step, ...] = (
    with_itself, with_constants, residual, activation, average, convolution, concatenation,
)  # fmt: skip


def chain(m: Scaled, dtype: Dtype) -> str:
    """Two to four random operators, and a global pool behind half of them."""
    x: Map = stream(m, dtype, 3, 6, 7), number(m, dtype), (3, 6, 7)
    for position in m.rng.integers(0, len(STEPS), m.rng.integers(2, 5)):
        x = STEPS[position](m, dtype, x)
    if m.rng.random() < 0.5:
        return x[0]
    attributes: dict[str, Any] = {"domain": MS, "channels_last": 0}
    return m.op("QLinearGlobalAveragePool", x[0], *x[1], *number(m, dtype), **attributes)


def campaign(dtype: Dtype, seeds: range, folder: Path) -> tuple[int, int]:
    """Elements that differ, and elements in all."""
    wrong = elements = 0
    for seed in seeds:
        bad, count = differing(chain, dtype, seed, folder, 16)
        wrong, elements = wrong + bad, elements + count
    return wrong, elements


@pytest.mark.parametrize("dtype", [np.uint8, np.int8])
def test_chains_of_contrib_operators_equal_onnx_runtime(dtype: Dtype, tmp_path: Path) -> None:
    wrong, elements = campaign(dtype, range(15), tmp_path)
    assert wrong == 0, f"{wrong} of {elements} elements differ"


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [np.uint8, np.int8])
def test_many_chains_of_contrib_operators_equal_onnx_runtime(dtype: Dtype, tmp_path: Path) -> None:
    wrong, elements = campaign(dtype, range(100, 250), tmp_path)
    assert wrong == 0, f"{wrong} of {elements} elements differ"
