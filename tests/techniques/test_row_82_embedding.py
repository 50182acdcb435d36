"""DarkRank (1707.01220): an embedding network that ends in vectors of length 1."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hwcompile.frontends.load import load_model
from hwcompile.ops.attention.rows import Normalize
from tests.frontends.oracle import Model, grid, runtime
from tests.techniques.rows import check_network, network_of

ORACLE = "ONNX Runtime"

INPUTS, SIZE, FRAMES = 12, 7, 24


def embedding(m: Model) -> str:
    """What is normalized: float32 adds up its squares exactly."""
    y = m.op(
        "MatMul", m.quantize(m.input(1, INPUTS), 0.125, 0), m.weights(INPUTS, SIZE, scale=1 / 16)
    )
    return m.quantize(y, 0.125, 0)


def by_operator(m: Model) -> str:
    return m.op("LpNormalization", embedding(m), axis=-1, p=2)


def by_magnitudes(m: Model) -> str:
    return m.op("LpNormalization", embedding(m), axis=1, p=1)


def spelled_out(m: Model) -> str:
    x = embedding(m)
    return m.op("Div", x, m.op("ReduceL2", x, axes=[1], keepdims=1))


def guarded(m: Model) -> str:
    """As PyTorch exports `normalize`."""
    x = embedding(m)
    norm = m.op("Clip", m.op("ReduceL2", x, axes=[1], keepdims=1), m.constant(1e-12))
    return m.op("Div", x, m.op("Expand", norm, m.constant([1, SIZE], np.int64)))


@pytest.mark.parametrize("end", [by_operator, by_magnitudes, spelled_out, guarded])
def test_the_host_normalizes_the_last_layer(end: Callable[[Model], str], tmp_path: Path) -> None:
    m = Model(seed=3)
    path = m.save(tmp_path, end(m))
    x = grid(np.random.default_rng(1), FRAMES, INPUTS, step=0.125).reshape(FRAMES, INPUTS)
    x[0] = 0
    (expected,) = runtime(path, {"x": x})
    imported = load_model(path)
    assert (imported.host_outputs[0].kind == "div") == (end in (spelled_out, guarded))
    (found,) = imported.run(x).values()
    np.testing.assert_array_equal(found.reshape(expected.shape), expected)


def test_every_level_gives_unit_vectors(tmp_path: Path) -> None:
    check_network(network_of(82), tmp_path)


def test_inside_the_network_it_is_a_root_mean_square(tmp_path: Path) -> None:
    m = Model(seed=3)
    y = m.quantize(by_operator(m), 1 / 128, 0)
    path = m.save(tmp_path, m.op("MatMul", y, m.weights(SIZE, 3, scale=1)))
    imported = load_model(path)
    assert [type(n.op) for n in imported.graph.nodes].count(Normalize) == 1
    assert any("near the model's" in note for note in imported.notes)
    x = grid(np.random.default_rng(4), 200, INPUTS, step=0.125).reshape(200, INPUTS)
    (expected,) = runtime(path, {"x": x})
    (found,) = imported.run(x).values()
    # A step of the quantizer is 1/128, and weights are whole numbers of up to 20.
    off = np.abs(found.reshape(expected.shape) - expected) * 128
    assert off.max() <= 20
    assert np.count_nonzero(off) <= off.size // 20
