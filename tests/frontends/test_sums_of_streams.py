"""Sums of quantized streams that other operators take without a quantizer between.

The oracle is ONNX Runtime, whose float sums are exact for these scales.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
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


def _row(m: Model, *values: float) -> str:
    """A constant per channel."""
    return m.constant(np.reshape(values, (1, -1, 1, 1)))


def _scaled(m: Model) -> str:
    """Factors and offsets per channel inside both branches."""
    x = m.quantize(m.input(1, 3, 5, 6))
    a, b = (m.op("Conv", x, m.weights(4, 3, 1, 2)) for _ in range(2))
    left = m.op("Add", m.op("Mul", a, _row(m, 1.5, 0.25, 2, -1)), _row(m, 0.5, -0.25, 3, 1))
    return m.op("Sub", left, m.op("Div", b, _row(m, 2, 4, 2, 1)))


def _nemo(m: Model) -> str:
    """Integers of two branches, weighted, shifted and floored."""
    x = m.quantize(m.input(1, 3, 5, 6), 1.0, 0)
    a, b = (m.op("Conv", x, m.weights(4, 3, 1, 2, scale=1.0)) for _ in range(2))
    total = m.op("Add", m.op("Mul", a, m.constant(37)), m.op("Mul", b, m.constant(25)))
    return m.op("Floor", m.op("Div", total, m.constant(64)))


def _joined(m: Model) -> str:
    """A sum beside one of its operands."""
    a, b = _two(m)
    return m.op("Concat", m.op("Add", a, b), a, axis=1)


def _sums(m: Model) -> str:
    """A sum of sums, with operations behind them."""
    a, b = _two(m)
    first = m.op("Mul", m.op("Add", a, b), _row(m, 0.5, 1, 2, 3))
    return m.op("Add", first, m.op("Neg", m.op("Sub", m.op("Relu", a), b)))


def _gated(m: Model) -> str:
    """One stream where another one is larger than a third."""
    a, b = _two(m)
    gate = m.op("GreaterOrEqual", a, b)
    both = m.op("And", gate, m.op("Or", m.op("Less", b, m.constant(1)), m.op("Not", gate)))
    return m.op("Where", both, a, m.op("Relu", b))


def _quotient(m: Model) -> str:
    """By a tensor that is never 0: a table of all pairs."""
    x = m.quantize(m.input(1, 4, 5, 6))
    y = m.quantize(m.input(1, 4, 5, 6, name="y"), 0.0625, -128)
    return m.op("Mul", m.op("Div", x, m.op("Add", y, m.constant(0.5))), m.constant(8))


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
    "product into a conv": lambda m: m.op(
        "Conv", m.op("Mul", *_two(m, 0.5)), m.weights(3, 4, 2, 3)
    ),
    "scaled branches": _scaled,
    "scaled branches into a conv": lambda m: m.op("Conv", _scaled(m), m.weights(3, 4, 2, 3)),
    "weighted integers": _nemo,
    "weighted integers clipped into a conv": lambda m: m.op(
        "Conv", m.op("Clip", _nemo(m), m.constant(0), m.constant(255)), m.weights(3, 4, 2, 3)
    ),
    "beside an operand": _joined,
    "sum of sums": _sums,
    "gated": lambda m: m.op(
        "Where", m.op("GreaterOrEqual", *_two(m)), m.constant(3), m.constant(1)
    ),
    "gated by two": _gated,
    "quotient": _quotient,
    "three into a conv": lambda m: m.op("Conv", _three(m), m.weights(3, 4, 2, 3)),
}


@pytest.mark.parametrize("case", CASES)
def test_a_sum_without_a_quantizer_is_one_stream(case: str, tmp_path: Path) -> None:
    m = Model()
    y = CASES[case](m)
    check(m, tmp_path, m.quantize(y, 4.0, 3))


REFUSED: dict[str, Callable[[Model], str]] = {
    "scales without a common step": lambda m: _sum(m, scale=0.1),
    "products of other scales": lambda m: _sum(m, "Mul", scale=0.1),
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


def test_a_quotient_that_may_have_no_value_is_refused(tmp_path: Path) -> None:
    m = Model()
    y = m.op("Div", m.quantize(m.input(1, 9)), m.quantize(m.input(1, 9, name="y")))
    with pytest.raises(CompileError, match="HW0221"):
        load_model(m.save(tmp_path, m.quantize(y)))
