"""Matrix products whose operands have different numbers of axes. The oracle is ONNX Runtime."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hwcompile.diagnostics import CompileError
from hwcompile.frontends.load import load_model
from tests.frontends.oracle import Model, check

ORACLE = "ONNX Runtime"


def _integers(m: Model, *shape: int, axes: tuple[int, ...]) -> tuple[str, str, list[str], str]:
    s, z = m.constant(0.25), m.constant(3, np.int8)
    x = m.op("QuantizeLinear", m.input(*shape), s, z)
    return x, m.constant(m.rng.integers(-9, 9, axes), np.int8), [s, z], m.constant(0, np.int8)


def _matmul_integer(m: Model) -> str:
    x, w, (_, z), _ = _integers(m, 1, 6, axes=(1, 6, 4))
    return m.op("Cast", m.op("MatMulInteger", x, w, z), to=1)


def _qlinear(m: Model) -> str:
    x, w, meaning, zero = _integers(m, 1, 6, axes=(1, 1, 6, 4))
    y = m.op("QLinearMatMul", x, *meaning, w, m.constant(0.5), zero, *meaning)
    return m.op("DequantizeLinear", y, *meaning)


CASES: dict[str, Callable[[Model], str]] = {
    "weights of more axes": lambda m: m.op(
        "MatMul", m.quantize(m.input(1, 6)), m.weights(1, 1, 6, 4)
    ),
    "weights of more axes on the left": lambda m: m.op(
        "MatMul", m.weights(1, 5, 1), m.quantize(m.input(1, 6))
    ),
    "a vector": lambda m: m.op("MatMul", m.quantize(m.input(1, 3, 6)), m.weights(6)),
    "a vector on the left": lambda m: m.op("MatMul", m.weights(3), m.quantize(m.input(1, 3, 6))),
    "integers": _matmul_integer,
    "requantized integers": _qlinear,
}


@pytest.mark.parametrize("case", CASES)
def test_products_of_operands_with_other_axes(case: str, tmp_path: Path) -> None:
    m = Model()
    y = CASES[case](m)
    imported = check(m, tmp_path, m.quantize(y, 2.0, 1), y, frames=1)
    assert imported.graph.nodes


REFUSED: dict[str, Callable[[Model], str]] = {
    "bias": lambda m: m.op(
        "Gemm", m.weights(3, 6), m.quantize(m.input(1, 6)), m.constant([1, 2, 3]), transB=1
    ),
    "slopes": lambda m: m.op("PRelu", m.quantize(m.input(1, 1, 6)), m.constant(np.ones((3, 1)))),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_spreads_over_the_result_does_not_enlarge_it(case: str, tmp_path: Path) -> None:
    m = Model()
    path = m.save(tmp_path, m.quantize(REFUSED[case](m)))
    with pytest.raises(CompileError) as error:
        load_model(path)
    assert error.value.diagnostics[0].code in ("HW0107", "HW0204")
