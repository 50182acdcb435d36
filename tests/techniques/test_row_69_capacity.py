"""Dynamic Capacity Networks (1511.07838): a fine network works where a coarse one says.

k is fixed, so the schedule is static: a frame of features is kept until their places are known.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hwcompile.diagnostics import CompileError
from hwcompile.frontends.load import load_model
from hwcompile.ops.argmax.op import TopK
from hwcompile.ops.gather.op import Take
from tests.frontends.oracle import Model, grid, runtime
from tests.techniques.rows import check_network, network_of

ORACLE = "ONNX Runtime"

CHANNELS, HEIGHT, WIDTH, K, FINE, FRAMES = 3, 4, 5, 6, 7, 12


def network(form: str) -> tuple[Model, list[str]]:
    """Features and their saliency; the K most salient features go through another layer."""
    m = Model(seed=8)
    x = m.quantize(m.input(1, 2, HEIGHT, WIDTH), 0.125, 0)
    maps = m.op("Conv", x, m.weights(CHANNELS, 2, 3, 3, scale=1 / 32), pads=[1, 1, 1, 1])
    maps = m.quantize(maps, 0.125, 0)
    scores = m.quantize(m.op("Conv", maps, m.weights(1, CHANNELS, 1, 1, scale=1 / 32)), 0.125, 0)
    flat = m.op("Reshape", scores, m.constant([1, HEIGHT * WIDTH], np.int64))
    places = m.ops("TopK", flat, m.constant([K], np.int64), outputs=2, axis=1)[1]
    rows = m.op("Reshape", maps, m.constant([1, CHANNELS, HEIGHT * WIDTH], np.int64))
    if form == "gather":
        index = m.op("Reshape", places, m.constant([K], np.int64))
        taken = m.op("Transpose", m.op("Gather", rows, index, axis=2), perm=[0, 2, 1])
    else:
        tokens = m.op("Transpose", rows, perm=[0, 2, 1])
        index = m.op("Unsqueeze", places, m.constant([2], np.int64))
        index = m.op("Expand", index, m.constant([1, K, CHANNELS], np.int64))
        taken = m.op("GatherElements", tokens, index, axis=1)
    fine = m.op("MatMul", taken, m.weights(CHANNELS, FINE, scale=1 / 16))
    return m, [m.quantize(fine, 0.25, 0), places]


@pytest.mark.parametrize("form", ["gather", "elements"])
def test_chosen_features_are_those_of_the_model(form: str, tmp_path: Path) -> None:
    m, outputs = network(form)
    path = m.save(tmp_path, *outputs)
    x = grid(np.random.default_rng(3), FRAMES, 2, HEIGHT, WIDTH, step=0.125)
    expected = runtime(path, {"x": x})
    imported = load_model(path)
    ops = [node.op for node in imported.graph.nodes]
    assert sum(isinstance(op, Take) for op in ops) == 1
    assert sum(isinstance(op, TopK) and op.result == "index" for op in ops) == 1
    for found, wanted in zip(imported.run(x).values(), expected, strict=True):
        np.testing.assert_array_equal(found.reshape(wanted.shape), wanted)


def test_both_networks_at_every_level(tmp_path: Path) -> None:
    """The schedule is static: cycles are as predicted, whatever is chosen."""
    found = check_network(network_of(69), tmp_path)
    assert [type(one.op) for one in found.parts].count(Take) == 1


def test_other_places_are_refused(tmp_path: Path) -> None:
    m = Model(seed=8)
    x = m.quantize(m.input(1, 9), 0.125, 0)
    places = m.ops("TopK", x, m.constant([2], np.int64), outputs=2, axis=1)[1]
    few = m.op(
        "Slice", x, m.constant([0], np.int64), m.constant([5], np.int64), m.constant([1], np.int64)
    )
    y = m.op("Gather", few, m.op("Reshape", places, m.constant([2], np.int64)), axis=1)
    with pytest.raises(CompileError, match="HW0234"):
        load_model(m.save(tmp_path, y))
    y = m.op("GatherElements", x, m.op("Add", places, m.constant([1], np.int64)), axis=1)
    with pytest.raises(CompileError, match="HW0202"):
        load_model(m.save(tmp_path, y))
