"""Sparse matrices of real numbers: every sum is tabulated, so nobody has to round the weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from hwcompile.diagnostics import CompileError
from hwcompile.frontends.load import ImportedModel, load_model
from hwcompile.ops.truth_table import TruthTable
from hwcompile.passes.pipelines import LOWERING, run_passes
from tests.frontends.oracle import Model

ORACLE = "ONNX Runtime"


def sparse(rng: np.random.Generator, rows: int, columns: int, fan_in: int) -> np.ndarray:
    """Normal weights [K, M], of which every column has a few; the last column has one less."""
    weights = np.zeros((rows, columns), dtype=np.float32)
    for number in range(columns):
        count = fan_in - (number == columns - 1)
        weights[rng.permutation(rows)[:count], number] = rng.normal(size=count)
    return weights


def outputs_of_executor(path: Path, frames: np.ndarray) -> np.ndarray:
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(path, options)
    return np.concatenate([session.run(None, {"x": frame[None]})[0] for frame in frames])


def agree(path: Path, shape: tuple[int, ...]) -> ImportedModel:
    """Both compute the same from frames that reach all numbers of the input quantizer."""
    imported = load_model(path)
    frames = np.random.default_rng(5).uniform(-2, 2, (1500, *shape)).astype(np.float32)
    frames[0], frames[1] = -9, 9
    expected = outputs_of_executor(path, frames)
    (found,) = imported.run({"x": frames}).values()
    np.testing.assert_array_equal(found.reshape(expected.shape), expected)
    return imported


def test_a_matrix_with_a_normalization_behind_it(tmp_path: Path) -> None:
    m = Model(seed=1)
    y = m.op("MatMul", m.quantize(m.input(1, 5), 0.0167, 9), m.constant(sparse(m.rng, 5, 4, 2)))
    parts = [m.constant(m.rng.uniform(0.5, 2, 4)) for _ in range(4)]
    y = m.op("Relu", m.op("BatchNormalization", y, *parts))
    imported = agree(m.save(tmp_path, m.quantize(y, 0.31, -128)), (5,))
    graph = run_passes(imported.graph, LOWERING)
    (table,) = (node.op for node in graph.nodes)
    assert isinstance(table, TruthTable)
    assert table.fan_in == 2
    assert table.sources[-1, -1] == -1


def test_a_gemm_with_factors_and_a_bias(tmp_path: Path) -> None:
    m = Model(seed=2)
    w, b = m.constant(sparse(m.rng, 6, 3, 2).T), m.constant(m.rng.normal(size=3))
    x = m.quantize(m.input(1, 6), 0.02, -3)
    y = m.op("Gemm", x, w, b, transB=1, alpha=0.7, beta=1.3)
    agree(m.save(tmp_path, m.quantize(m.op("Tanh", y), 0.01, 0)), (6,))


def test_several_vectors_with_two_layers(tmp_path: Path) -> None:
    m = Model(seed=3)
    y = m.op("MatMul", m.quantize(m.input(1, 3, 4), 0.02), m.constant(sparse(m.rng, 4, 5, 2)))
    y = m.op("MatMul", m.quantize(y, 0.03), m.constant(sparse(m.rng, 5, 2, 2)))
    imported = agree(m.save(tmp_path, m.quantize(y, 0.05)), (3, 4))
    graph = run_passes(imported.graph, LOWERING)
    assert [type(node.op) for node in graph.nodes if node.op.family != "reshape"] == [
        TruthTable
    ] * 2


def test_products_alone_are_the_model_s_own_real_numbers(tmp_path: Path) -> None:
    m = Model(seed=4)
    weights = sparse(m.rng, 4, 3, 1)
    weights[1, 2] = 0.1
    y = m.op("MatMul", m.quantize(m.input(1, 4), 0.25), m.constant(weights))
    agree(m.save(tmp_path, y), (4,))


@pytest.mark.parametrize("fan_in", [3, 6])
def test_more_than_a_table_holds_is_refused(fan_in: int, tmp_path: Path) -> None:
    m = Model(seed=5)
    weights = m.constant(sparse(m.rng, 6, 4, fan_in))
    path = m.save(tmp_path, m.quantize(m.op("MatMul", m.quantize(m.input(1, 6)), weights)))
    with pytest.raises(CompileError) as error:
        load_model(path)
    assert error.value.diagnostics[0].code == "HW0230"
