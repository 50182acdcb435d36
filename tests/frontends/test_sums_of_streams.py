"""Sums of quantized streams that other operators take without a quantizer between.

The oracle is ONNX Runtime, whose float sums are exact for these scales.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hwcompile.diagnostics import CompileError
from hwcompile.frontends.load import load_model
from tests.frontends.oracle import Model, check

ORACLE = "ONNX Runtime"


def _two(m: Model, scale: float = 0.25) -> tuple[str, str]:
    x = m.quantize(m.input(1, 4, 5, 6))
    return x, m.quantize(m.op("Conv", x, m.weights(4, 4, 1, 1)), scale, -2)


def _sum(m: Model, kind: str = "Add", scale: float = 0.25) -> str:
    return m.op(kind, *_two(m, scale))


def _three(m: Model) -> str:
    a, b = _two(m)
    c = m.quantize(m.op("Relu", a), 0.375, 5)
    return m.op("Sub", c, m.op("Add", a, b))


def _four(m: Model) -> str:
    a, b = _two(m)
    total = m.op("Add", a, b)
    for zero in (1, 2):
        total = m.op("Add", total, m.quantize(m.op("Neg", a), 0.5, zero))
    return total


CASES: dict[str, Callable[[Model], str]] = {
    "sum into a conv": lambda m: m.op("Conv", _sum(m), m.weights(3, 4, 2, 3), pads=[1, 0, 1, 2]),
    "difference into a conv": lambda m: m.op("Conv", _sum(m, "Sub", 0.375), m.weights(3, 4, 2, 3)),
    "sum into a matrix product": lambda m: m.op("MatMul", _sum(m, scale=0.125), m.weights(6, 5)),
    "sum into a mean": lambda m: m.op("AveragePool", _sum(m), kernel_shape=[2, 2]),
    "sum into a conv transposed": lambda m: m.op(
        "ConvTranspose", _sum(m), m.weights(4, 3, 2, 2), strides=[2, 1]
    ),
    "three": _three,
    "four": _four,
    "three into a conv": lambda m: m.op("Conv", _three(m), m.weights(3, 4, 2, 3)),
}


@pytest.mark.parametrize("case", CASES)
def test_a_sum_without_a_quantizer_is_one_stream(case: str, tmp_path: Path) -> None:
    m = Model()
    y = CASES[case](m)
    check(m, tmp_path, m.quantize(y, 4.0, 3))


REFUSED: dict[str, Callable[[Model], str]] = {
    "scales without a common step": lambda m: _sum(m, scale=0.1),
    "products": lambda m: _sum(m, "Mul"),
    "numbers that float32 rounds": lambda m: m.op(
        "Add",
        m.quantize(m.input(1, 4, 5, 6), 0.1, 0),
        m.quantize(m.input(1, 4, 5, 6, name="y"), 0.1),
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_sums_that_are_not_exact_need_a_quantizer(case: str, tmp_path: Path) -> None:
    m = Model()
    y = m.op("Conv", REFUSED[case](m), m.weights(3, 4, 2, 3))
    with pytest.raises(CompileError, match="HW0202"):
        load_model(m.save(tmp_path, m.quantize(y)))
