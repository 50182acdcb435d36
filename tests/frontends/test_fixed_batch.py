"""A batch that the file fixes is a number of frames, for every operator, or it is one frame.

Never does a frame silently become a row of another. The oracle is ONNX Runtime, which runs the
file as it is, with its batch; the batch and all other sizes differ from one another.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

import hwcompile
from hwcompile.diagnostics import CompileError
from hwcompile.frontends.load import load_model
from tests.frontends.oracle import Model, grid

ORACLE = "ONNX Runtime"

Build = Callable[[Model], str]
BATCH = 4


def _run(m: Model, y: str, folder: Path, *shape: int) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """What ONNX Runtime computes of one batch, what the network does, and the notes."""
    path = m.save(folder, y)
    x = grid(np.random.default_rng(1), *shape)
    session = onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    imported = load_model(path)
    return session.run(None, {"x": x})[0], imported.run(x)[y], list(imported.notes)


def _shape_times(m: Model, x: str) -> str:
    """Reshape to (batch, -1), the batch computed by Shape: how exporters write `x.flatten(1)`."""
    batch = m.op("Gather", m.op("Shape", x), m.constant([0], np.int64))
    target = m.op("Concat", batch, m.constant([-1], np.int64), axis=0)
    return m.op("Reshape", x, target)


def _reshape(*sizes: int) -> Callable[[Model, str], str]:
    return lambda m, x: m.op("Reshape", x, m.constant(sizes, np.int64))


PICTURES: dict[str, Callable[[Model, str], str]] = {
    "conv": lambda m, x: m.op("Conv", x, m.weights(5, 3, 3, 3)),
    "pool": lambda m, x: m.op("MaxPool", x, kernel_shape=[2, 2]),
    "global": lambda m, x: m.op("Conv", m.op("GlobalMaxPool", x), m.weights(5, 3, 1, 1)),
    "transpose": lambda m, x: m.op("Transpose", x, perm=[0, 2, 3, 1]),
    "batch moved": lambda m, x: m.op(
        "Transpose", m.op("Transpose", x, perm=[1, 0, 2, 3]), perm=[1, 0, 3, 2]
    ),
    "flatten": lambda m, x: m.op("MatMul", m.op("Flatten", x), m.weights(126, 2)),
    "reshape": lambda m, x: m.op("MatMul", _reshape(BATCH, 126)(m, x), m.weights(126, 2)),
    "reshape rest": lambda m, x: m.op("MatMul", _reshape(BATCH, -1)(m, x), m.weights(126, 2)),
    "reshape copy": lambda m, x: m.op("MatMul", _reshape(0, -1)(m, x), m.weights(126, 2)),
    "reshape batch": lambda m, x: m.op("MatMul", _reshape(-1, 126)(m, x), m.weights(126, 2)),
    "reshape one": lambda m, x: m.op("Relu", _reshape(1, BATCH, 3, 42)(m, x)),
    "shape": lambda m, x: m.op("MatMul", _shape_times(m, x), m.weights(126, 2)),
    "concat": lambda m, x: m.op("Concat", x, m.op("Relu", x), axis=1),
    "rows": lambda m, x: m.op("MatMul", x, m.weights(7, 2)),
    "slice": lambda m, x: m.op("Slice", x, *(m.constant([v], np.int64) for v in (-1, -9, 3, -1))),
    "constant": lambda m, x: m.op("Add", x, m.constant(np.arange(3).reshape(3, 1, 1))),
    "softmax": lambda m, x: m.op("ArgMax", x, axis=1),
}


@pytest.mark.parametrize("name", PICTURES)
def test_frames_of_pictures(name: str, tmp_path: Path) -> None:
    m = Model()
    x = m.quantize(m.input(BATCH, 3, 6, 7))
    y = PICTURES[name](m, x)
    if name == "reshape one":
        y = _reshape(BATCH, 3, 42)(m, y)
    if name != "softmax":
        y = m.quantize(y, 2.0)
    expected, got, notes = _run(m, y, tmp_path, BATCH, 3, 6, 7)
    np.testing.assert_array_equal(got, expected)
    assert not any("first axis" in note for note in notes)


VECTORS: dict[str, Callable[[Model, str], str]] = {
    "matmul": lambda m, x: m.op("MatMul", x, m.weights(6, 3)),
    "gemm": lambda m, x: m.op("Gemm", x, m.weights(3, 6), m.constant(m.rng.integers(-9, 9, 3)),
                              transB=1),
    "columns": lambda m, x: m.op(
        "Transpose", m.op("MatMul", m.weights(3, 6), m.op("Transpose", x, perm=[1, 0])),
        perm=[1, 0],
    ),
    "unsqueeze": lambda m, x: m.op("Unsqueeze", x, m.constant([1], np.int64)),
    "expand": lambda m, x: m.op(
        "Expand", m.op("Unsqueeze", x, m.constant([1], np.int64)),
        m.constant([BATCH, 2, 6], np.int64),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", VECTORS)
def test_frames_of_vectors(name: str, tmp_path: Path) -> None:
    m = Model()
    y = m.quantize(VECTORS[name](m, m.quantize(m.input(BATCH, 6))), 2.0)
    expected, got, _ = _run(m, y, tmp_path, BATCH, 6)
    np.testing.assert_array_equal(got, expected)


MEETING: dict[str, Callable[[Model, str], str]] = {
    "reversed": lambda m, x: m.op(
        "Slice", x, *(m.constant([v], np.int64) for v in (-1, -9, 0, -1))
    ),
    "permuted": lambda m, x: m.op("Gather", x, m.constant([2, 0, 1, 3], np.int64), axis=0),
    "all in one": _reshape(1, 24),
    "turned": lambda m, x: m.op("Reshape", m.op("Transpose", x, perm=[1, 0]),
                                m.constant([BATCH, 6], np.int64)),
    "regrouped": _reshape(2, 12),
    "contracted": lambda m, x: m.op("MatMul", m.weights(3, BATCH), x),
    "own constants": lambda m, x: m.op("Add", x, m.constant(np.arange(24).reshape(BATCH, 6))),
}  # fmt: skip


@pytest.mark.parametrize("name", MEETING)
def test_entries_that_meet_are_one_frame_and_the_user_is_told(name: str, tmp_path: Path) -> None:
    m = Model()
    y = m.quantize(MEETING[name](m, m.quantize(m.input(BATCH, 6))), 2.0)
    expected, got, notes = _run(m, y, tmp_path, BATCH, 6)
    np.testing.assert_array_equal(got.reshape(expected.shape), expected)
    assert any("the file fixes a first axis of 4, which is no batch" in note for note in notes)


@pytest.mark.parametrize("name", ["regrouped", "contracted"])
def test_a_batch_that_must_be_frames_is_refused_where_entries_meet(
    name: str, tmp_path: Path
) -> None:
    m = Model()
    path = m.save(tmp_path, m.quantize(MEETING[name](m, m.quantize(m.input(BATCH, 6))), 2.0))
    assert any("one frame is all of it" in note for note in load_model(path).notes)
    with pytest.raises(CompileError) as error:
        load_model(path, batch_as_frames=True)
    (found,) = error.value.diagnostics
    assert found.code == "HW0282"
    assert "leave out --batch-as-frames" in found.fix


def test_a_batch_of_frames_may_be_asked_for(tmp_path: Path) -> None:
    m = Model()
    y = m.quantize(VECTORS["matmul"](m, m.quantize(m.input(BATCH, 6))), 2.0)
    path = m.save(tmp_path, y)
    x = grid(np.random.default_rng(1), BATCH, 6)
    session = onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    design = hwcompile.compile(path, tmp_path / "out", batch_as_frames=True, fastest=True)
    (found,) = design.simulate(x, level="reference").real.values()
    np.testing.assert_array_equal(found, session.run(None, {"x": x})[0])
