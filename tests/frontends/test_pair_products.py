"""Matrix products of two streams, as the operators write them. The oracle is ONNX Runtime."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hwcompile.diagnostics import CompileError
from hwcompile.frontends.load import load_model
from hwcompile.passes.pipelines import LOWERING, run_passes
from tests.frontends.oracle import Model, check, families

ORACLE = "ONNX Runtime"


def _heads(m: Model, x: str, heads: int, size: int, *, turned: bool = False) -> str:
    """(1, T, heads * size) as (1, heads, T, size), or (1, heads, size, T)."""
    split = m.op("Reshape", x, m.constant([0, 0, heads, size], np.int64))
    return m.op("Transpose", split, perm=[0, 2, 3, 1] if turned else [0, 2, 1, 3])


def _keys(m: Model) -> str:
    q = m.quantize(m.input(1, 3, 10), 0.125, -5)
    k = m.quantize(m.input(1, 4, 10, name="k"), 0.25, 17, np.uint8)
    return m.op("MatMul", _heads(m, q, 2, 5), _heads(m, k, 2, 5, turned=True))


def _values(m: Model) -> str:
    a = m.quantize(m.input(1, 2, 3, 4), 0.125, 0, np.uint8)
    v = m.quantize(m.input(1, 4, 10, name="v"), 0.25, 2)
    joined = m.op("Transpose", m.op("MatMul", a, _heads(m, v, 2, 5)), perm=[0, 2, 1, 3])
    return m.op("Reshape", joined, m.constant([0, 0, 10], np.int64))


def _of(*shapes: tuple[int, ...], kinds: tuple[type, type] = (np.int8, np.int8)):  # type: ignore[no-untyped-def]
    def make(m: Model) -> str:
        a = m.quantize(m.input(*shapes[0]), 0.125, 3, kinds[0])
        return m.op("MatMul", a, m.quantize(m.input(*shapes[1], name="b"), 0.25, 1, kinds[1]))

    return make


def _gemm(m: Model) -> str:
    a = m.quantize(m.input(1, 5), 0.125, 3)
    b = m.quantize(m.input(1, 4, 5, name="b"), 0.25, 1)
    matrix = m.op("Reshape", b, m.constant([4, 5], np.int64))
    return m.op("Gemm", a, matrix, m.constant([1, 2, 3, 0.5]), transB=1, alpha=0.5, beta=2.0)


def _integers(m: Model) -> str:
    s, z = m.constant(0.25), m.constant(3, np.int8)
    a = m.op("QuantizeLinear", m.input(1, 3, 6), s, z)
    b = m.op("QuantizeLinear", m.input(1, 6, 4, name="b"), s, z)
    return m.op("Cast", m.op("MatMulInteger", a, b, z, z), to=1)


def _qlinear(m: Model) -> str:
    s, z = m.constant(0.25), m.constant(3, np.int8)
    a = m.op("QuantizeLinear", m.input(1, 3, 6), s, z)
    b = m.op("QuantizeLinear", m.input(1, 6, 4, name="b"), s, m.constant(0, np.int8))
    result = m.constant(2.0)
    y = m.op("QLinearMatMul", a, s, z, b, s, m.constant(0, np.int8), result, z)
    return m.op("DequantizeLinear", y, result, z)


CASES: dict[str, Callable[[Model], str]] = {
    "queries and keys": _keys,
    "attention and values": _values,
    "plain matrices": _of((1, 3, 5), (1, 5, 4)),
    "keys that are shared by heads": _of((1, 2, 3, 5), (1, 1, 5, 4)),
    "unsigned by signed": _of((1, 3, 5), (1, 5, 4), kinds=(np.uint8, np.int8)),
    "a vector by a matrix": _of((1, 1, 5), (1, 5, 4)),
    "a matrix by a column": _of((1, 3, 5), (1, 5, 1)),
    "a general product": _gemm,
    "integers": _integers,
    "requantized integers": _qlinear,
}


@pytest.mark.parametrize("case", CASES)
def test_products_of_two_streams(case: str, tmp_path: Path) -> None:
    m = Model()
    y = CASES[case](m)
    check(m, tmp_path, m.quantize(y, 2.0, 1), y, frames=4)


@pytest.mark.parametrize("case", ["queries and keys", "attention and values"])
def test_heads_and_transposes_move_nothing(case: str, tmp_path: Path) -> None:
    m = Model()
    m.opset = 17
    imported = check(m, tmp_path, m.quantize(CASES[case](m), 2.0, 1))
    assert "gather" not in families(imported)


@pytest.mark.parametrize("kinds", [("Mul", "Mul"), ("Div", ""), ("", "Div"), ("Mul", "Div")])
def test_factors_of_operands_are_factors_of_the_product(
    kinds: tuple[str, str], tmp_path: Path
) -> None:
    """As PyTorch writes attention: both operands by the root of the root of the depth."""
    m = Model(seed=7)
    q = m.quantize(m.input(1, 3, 10), 0.125, -5)
    k = m.quantize(m.input(1, 4, 10, name="k"), 0.25, 17, np.uint8)
    operands = [_heads(m, q, 2, 5), _heads(m, k, 2, 5, turned=True)]
    for place, kind in enumerate(kinds):
        if kind:
            operands[place] = m.op(kind, operands[place], m.constant(5**-0.25))
    scores = m.op("MatMul", *operands)
    imported = check(m, tmp_path, m.quantize(scores, 0.37, 2), frames=30)
    assert "table" not in families(imported)
    assert "attention" in families(imported)


def test_a_product_with_itself_turned_over(tmp_path: Path) -> None:
    m = Model()
    x = m.quantize(m.input(1, 3, 5), 0.125, 7)
    y = m.op("MatMul", x, m.op("Transpose", x, perm=[0, 2, 1]))
    imported = check(m, tmp_path, m.quantize(y, 1.0, 0))
    assert "gather" not in families(imported)


REFUSED: dict[str, tuple[Callable[[Model], str], str, str]] = {
    "scales per channel": (
        lambda m: m.op(
            "MatMul",
            m.op(
                "DequantizeLinear",
                m.op("QuantizeLinear", m.input(1, 3, 2), *(p := (
                    m.constant([0.5, 0.25]), m.constant([0, 0], np.int8))), axis=2),
                *p,
                axis=2,
            ),
            m.quantize(m.input(1, 2, 4, name="b")),
        ),
        "HW0235", "several scales",
    ),
    "shapes": (_of((1, 3, 5), (1, 4, 5)), "HW0204", "do not fit"),
    "real numbers": (
        lambda m: m.op("MatMul", m.quantize(m.input(1, 3, 5)), m.input(1, 5, 2, name="b")),
        "HW0208", "not quantized",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refused_by_name(case: str, tmp_path: Path) -> None:
    make, code, words = REFUSED[case]
    m = Model()
    path = m.save(tmp_path, m.quantize(make(m)))
    with pytest.raises(CompileError, match=words) as error:
        load_model(path)
    assert [d.code for d in error.value.diagnostics] == [code]
    assert "MatMul" in str(error.value)


def test_lowered_graphs_mean_the_same(tmp_path: Path) -> None:
    m = Model()
    imported = load_model(m.save(tmp_path, m.quantize(_keys(m), 2.0, 1)))
    lowered = run_passes(imported.graph, LOWERING)
    rng = np.random.default_rng(1)
    frames = {
        name: rng.integers(kind.element.low, kind.element.high + 1, (3, *kind.shape))
        for name in imported.graph.inputs
        for kind in (imported.graph.types[name],)
    }
    before, after = imported.graph.evaluate(frames), lowered.evaluate(frames)
    for name in imported.graph.outputs:
        np.testing.assert_array_equal(before[name], after[name])
