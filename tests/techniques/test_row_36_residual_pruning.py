"""ThiNet (1707.06342): inside a block filters go; the outer width stays, for the sum needs it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from onnx import helper

import hwcompile
from tests.e2e.oracles import Array, qonnx_outputs
from tests.techniques.pruned import quant, rtl_texts, save, weights

ORACLE = "QONNX executor"

SHAPE = (5, 4, 3)
GONE = (1, 2, 5, 6)
OUTER = 2
"""A channel that only the branch has zeros for."""


def block(path: Path, stem: Array, first: Array, second: Array) -> Path:
    """Trunk and branch with a bottleneck of pruned filters meet in a sum."""
    tensors = {"w0": stem, "w1": first, "w2": second}
    nodes = [
        *quant("xq", "x", 2**-3, 5, 1),
        *(node for i in range(3) for node in quant(f"w{i}q", f"w{i}", 2**-4, 4, 1)),
        helper.make_node("Conv", ["xq", "w0q"], ["c0"], "stem"),
        *quant("q0", "c0", 2**-2, 4, 1),
        helper.make_node("Conv", ["q0", "w1q"], ["c1"], "first", pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c1"], ["r1"], "relu"),
        *quant("q1", "r1", 2**-1, 4, 0),
        helper.make_node("Conv", ["q1", "w2q"], ["c2"], "second"),
        *quant("q2", "c2", 2**-2, 4, 1),
        helper.make_node("Add", ["q0", "q2"], ["y"], "join"),
    ]
    return save(path, nodes, SHAPE, (6, *SHAPE[1:]), tensors)


def test_a_block_is_as_narrow_as_its_filters_inside(tmp_path: Path) -> None:
    rng = np.random.default_rng(36)
    stem, first = weights(rng, 6, 5, 1, 1), weights(rng, 8, 6, 3, 3)
    second = weights(rng, 6, 8, 1, 1)
    first[list(GONE)], second[OUTER] = 0, 0
    kept = [i for i in range(8) if i not in GONE]
    models = [
        block(tmp_path / "a" / "net.onnx", stem, first, second),
        block(tmp_path / "b" / "net.onnx", stem, first[kept], second[:, kept]),
    ]
    pruned, cut = (
        hwcompile.compile(model, tmp_path / f"{model.parent.name}_out", target_cycles=200)
        for model in models
    )
    assert rtl_texts(pruned) == rtl_texts(cut)
    images = np.random.default_rng(2).normal(0, 1.5, (9, *SHAPE)).astype(np.float32)
    expected = qonnx_outputs(models[0], images)
    for level in ("reference", "hls", "rtl"):
        got = pruned.simulate(images, level=level).real["y"]
        np.testing.assert_array_equal(got.reshape(expected.shape), expected)
