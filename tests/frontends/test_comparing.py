"""Comparisons, logic and choices against ONNX Runtime, on the host and in hardware."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto

from hwcompile.diagnostics import CompileError
from hwcompile.frontends.load import load_model
from tests.frontends.oracle import Model, check
from tests.frontends.test_onnx_operators import picture, vector

ORACLE = "ONNX Runtime"


def _truth(m: Model, value: str) -> str:
    return m.op("Cast", value, to=TensorProto.FLOAT)


def _pending(m: Model) -> str:
    return m.op("Conv", picture(m), m.weights(3, 4, 2, 2))


CASES: dict[str, Callable[[Model], str]] = {
    "greater": lambda m: _truth(
        m, m.op("Greater", _pending(m), m.constant([[[1.0]], [[2.0]], [[-3.0]]]))
    ),
    "constant_greater": lambda m: _truth(m, m.op("Greater", m.constant(2.0), _pending(m))),
    "at_most": lambda m: _truth(m, m.op("LessOrEqual", _pending(m), m.constant(-2.0))),
    "equal": lambda m: _truth(m, m.op("Equal", vector(m), m.constant(0.625))),
    "not_less": lambda m: _truth(m, m.op("Not", m.op("Less", _pending(m), m.constant(-1.5)))),
    "between": lambda m: (
        lambda x: _truth(
            m,
            m.op(
                "Xor",
                m.op("Greater", x, m.constant(1.0)),
                m.op("GreaterOrEqual", x, m.constant(5.0)),
            ),
        )
    )(_pending(m)),
    "masked": lambda m: (
        lambda x: m.op("Where", m.op("Greater", x, m.constant(0.5)), x, m.constant(0.0))
    )(_pending(m)),
    "chosen": lambda m: (
        lambda x: m.op("Where", m.op("Less", x, m.constant(2.0)), m.op("Neg", x), m.constant(8.0))
    )(_pending(m)),
    "levels": lambda m: (
        lambda x: m.op(
            "Where",
            m.op("Greater", x, m.constant(4.0)),
            m.constant(2.5),
            m.op(
                "Where",
                m.op("Greater", x, m.constant(1.0)),
                m.constant(1.0),
                m.constant([[[0.0]], [[0.5]], [[-0.5]]]),
            ),
        )
    )(_pending(m)),
    "chosen_by_place": lambda m: (
        lambda x: m.op(
            "Where",
            m.constant([[[True]], [[False]], [[True]]], np.bool_),
            x,
            m.op("Mul", x, m.constant(0.5)),
        )
    )(_pending(m)),
    "nothing": lambda m: m.op(
        "Where", m.op("Less", _pending(m), m.constant(2.0)), m.constant(0.0), m.constant(0.0)
    ),
}


@pytest.mark.parametrize("quantized", [False, True], ids=["host", "hardware"])
@pytest.mark.parametrize("name", CASES)
def test_comparisons(name: str, quantized: bool, tmp_path: Path) -> None:
    m = Model(seed=len(name))
    y = CASES[name](m)
    check(m, tmp_path, m.quantize(y, 0.5, -2) if quantized else y)


@pytest.mark.parametrize("kind", ["Greater", "Equal", "LessOrEqual"])
def test_truths_leave_the_network(kind: str, tmp_path: Path) -> None:
    m = Model(seed=4)
    check(m, tmp_path, m.op(kind, _pending(m), m.constant(0.5)))


def test_integers_are_compared_beyond_their_type(tmp_path: Path) -> None:
    """A difference of two bytes needs nine bits."""
    m = Model(seed=5)
    a, b = (m.input(1, 300, name=name, kind=TensorProto.INT8) for name in "ab")
    check(m, tmp_path, m.op("Greater", a, b), m.op("Equal", a, b))


def test_what_is_not_finite_is_not_chosen(tmp_path: Path) -> None:
    m = Model()
    x = vector(m)
    y = m.op("Where", m.op("Greater", x, m.constant(0.0)), x, m.constant(-np.inf))
    with pytest.raises(CompileError, match="HW0211"):
        load_model(m.save(tmp_path, m.quantize(y)))
