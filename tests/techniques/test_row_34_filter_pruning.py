"""Pruning filters (1608.08710): the hardware is that of the network that somebody cut by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnx import helper

import hwcompile
from tests.e2e.oracles import Array, qonnx_outputs
from tests.techniques.pruned import quant, rtl_texts, save, weights

ORACLE = "QONNX executor"

SHAPE = (3, 6, 5)
FILTERS = 16
ZERO = (0, 3, 4, 7, 8, 10, 13, 15)


def network(
    path: Path, first: Array, bias: Array, second: Array, offset: Array, third: Array
) -> Path:
    """Convolution, bias, ReLU, pool, convolution, bias, matrix: weights as they are."""
    tensors = {"w1": first, "b1": bias, "w2": second, "b2": offset, "w3": third}
    nodes = [
        *quant("xq", "x", 2**-4, 6, 1),
        *quant("w1q", "w1", 2**-4, 4, 1),
        *quant("w2q", "w2", 2**-4, 4, 1),
        *quant("w3q", "w3", 2**-4, 4, 1),
        helper.make_node("Conv", ["xq", "w1q", "b1"], ["c1"], "conv1", pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c1"], ["r1"], "relu1"),
        *quant("q1", "r1", 2**-2, 4, 0),
        helper.make_node("MaxPool", ["q1"], ["p1"], "pool1", kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Conv", ["p1", "w2q", "b2"], ["c2"], "conv2"),
        helper.make_node("Relu", ["c2"], ["r2"], "relu2"),
        *quant("q2", "r2", 2**-1, 5, 0),
        helper.make_node("Flatten", ["q2"], ["flat"], "flatten"),
        helper.make_node("MatMul", ["flat", "w3q"], ["y"], "dense"),
    ]
    return save(path, nodes, SHAPE, third.shape[1:], tensors)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Pruned: filters of zeros, one of which a bias makes constant; and cut by hand."""
    rng = np.random.default_rng(34)
    first, bias = weights(rng, FILTERS, 3, 3, 3), weights(rng, FILTERS)
    second, third = weights(rng, 7, FILTERS, 2, 2), weights(rng, 14, 5)
    offset = weights(rng, 7)
    first[list(ZERO)], bias[list(ZERO)] = 0, 0
    bias[ZERO[1]] = 0.5
    moved = offset + second[:, ZERO[1]].sum(axis=(1, 2)) * np.float32(0.5)
    kept = [i for i in range(FILTERS) if i not in ZERO]
    folder = tmp_path_factory.mktemp("pruned")
    return (
        network(folder / "pruned" / "net.onnx", first, bias, second, offset, third),
        network(
            folder / "cut" / "net.onnx", first[kept], bias[kept], second[:, kept], moved, third
        ),
    )


def test_hardware_is_that_of_the_network_cut_by_hand(
    models: tuple[Path, Path], tmp_path: Path
) -> None:
    pruned, cut = (
        hwcompile.compile(model, tmp_path / model.parent.name, target_cycles=120)
        for model in models
    )
    assert rtl_texts(pruned) == rtl_texts(cut)
    assert not [note for note in cut.notes if "channels" in note]
    (note,) = (note for note in pruned.notes if "channels" in note)
    assert note.startswith("channels that are built: conv1 8 of 16; the others are constant")
    assert pruned.report["design"]["lanes"] == cut.report["design"]["lanes"]


def test_equal_filters_are_those_of_one(tmp_path: Path) -> None:
    """By hand: each filter once, and the columns of all that equal it added up behind."""
    rng = np.random.default_rng(35)
    which = np.array([0, 1, 2, 0, 3, 2, 2, 4])
    first, bias = weights(rng, 5, 3, 3, 3), weights(rng, 5)
    second, third = weights(rng, 7, 8, 2, 2) / 4, weights(rng, 14, 5)
    # Of one sign in a row, so that sums of equal filters reach as far as those of one.
    second = (np.abs(np.round(second * 16)) / 16).astype(np.float32)
    second[::2] *= -1
    offset = weights(rng, 7)
    summed = np.stack([second[:, which == one].sum(axis=1) for one in range(5)], axis=1)
    models = [
        network(tmp_path / "all" / "n.onnx", first[which], bias[which], second, offset, third),
        network(tmp_path / "once" / "n.onnx", first, bias, summed, offset, third),
    ]
    every, once = (
        hwcompile.compile(model, tmp_path / f"{model.parent.name}_out", target_cycles=120)
        for model in models
    )
    assert rtl_texts(every) == rtl_texts(once)
    assert any("conv1 5 of 8" in note for note in every.notes)
    images = np.random.default_rng(1).normal(0, 1.5, (20, *SHAPE)).astype(np.float32)
    expected = qonnx_outputs(models[0], images)
    for design, levels in ((every, ("reference",)), (once, ("rtl",))):
        for level in levels:
            got = design.simulate(images, level=level).real["y"].reshape(20, -1)
            np.testing.assert_array_equal(got, expected)


def test_numbers_are_those_of_the_network_as_it_was(
    models: tuple[Path, Path], tmp_path: Path
) -> None:
    pruned = hwcompile.compile(models[0], tmp_path / "b", target_cycles=120)
    images = np.random.default_rng(1).normal(0, 1.5, (20, *SHAPE)).astype(np.float32)
    expected = qonnx_outputs(models[0], images)
    for level in ("reference", "hls", "rtl"):
        got = pruned.simulate(images, level=level).real["y"].reshape(20, -1)
        np.testing.assert_array_equal(got, expected)
