"""Sparse structure selection (1707.01213): a block whose scale is 0 is not there at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnx import helper

import hwcompile
from tests.e2e.oracles import Array, qonnx_outputs
from tests.techniques.pruned import quant, rtl_texts, save, weights

ORACLE = "QONNX executor"

SHAPE = (4, 5, 3)


def network(path: Path, tensors: dict[str, Array], scaled: bool) -> Path:
    """A trunk of two layers; with `scaled` a block beside the first is added, times lambda."""
    block = [
        helper.make_node("Conv", ["q0", "w1q"], ["c1"], "block", pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c1"], ["r1"], "relu"),
        helper.make_node("Mul", ["r1", "lambda"], ["scaled"], "scale"),
        *quant("q1", "scaled", 2**-2, 4, 1),
        helper.make_node("Add", ["q0", "q1"], ["sum"], "join"),
    ]
    nodes = [
        *quant("xq", "x", 2**-3, 5, 1),
        *(node for i in range(3) for node in quant(f"w{i}q", f"w{i}", 2**-4, 4, 1)),
        helper.make_node("Conv", ["xq", "w0q"], ["c0"], "stem"),
        *quant("q0", "c0", 2**-2, 4, 1),
        *(block if scaled else []),
        helper.make_node("Conv", ["sum" if scaled else "q0", "w2q"], ["y"], "last"),
    ]
    return save(path, nodes, SHAPE, (3, *SHAPE[1:]), tensors)


@pytest.mark.parametrize("factor", [0.0, 0.5])
def test_a_block_that_counts_for_nothing_costs_nothing(factor: float, tmp_path: Path) -> None:
    """With another scale than 0 it is built."""
    rng = np.random.default_rng(37)
    tensors = {
        "w0": weights(rng, 6, 4, 1, 1),
        "w1": weights(rng, 6, 6, 3, 3),
        "w2": weights(rng, 3, 6, 1, 1),
        "lambda": np.array(factor, np.float32),
    }
    models = [
        network(tmp_path / "a" / "net.onnx", tensors, True),
        network(tmp_path / "b" / "net.onnx", tensors, False),
    ]
    whole, trunk = (
        hwcompile.compile(model, tmp_path / f"{model.parent.name}_out", target_cycles=200)
        for model in models
    )
    assert (rtl_texts(whole) == rtl_texts(trunk)) == (factor == 0)
    images = np.random.default_rng(2).normal(0, 1.5, (9, *SHAPE)).astype(np.float32)
    expected = qonnx_outputs(models[0], images)
    got = whole.simulate(images, level="rtl").real["y"]
    np.testing.assert_array_equal(got.reshape(expected.shape), expected)
