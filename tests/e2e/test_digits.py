"""The project's own networks: accuracy, equality at RTL level, and equality with ONNX Runtime."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import pytest

import hwcompile
from hwcompile.design import Design
from tests.e2e.oracles import onnxruntime_tensors, qonnx_outputs
from tests.models import ROOT

ORACLE = ("QONNX executor", "ONNX Runtime", "this project")
ORACLE_REASON = "accuracies and cycles of its own networks, as recorded when they were trained"

DIGITS = ROOT / "examples" / "digits"
# Test images that are classified right, of 450; README states them.
RIGHT = {"digits_mlp_w1a1": 419, "digits_cnn_w3a3": 448, "digits_cnn_int8": 440}


@cache
def build(name: str) -> Design:
    directory = Path(mkdtemp(prefix="hwcompile-e2e-")) / "build"
    return hwcompile.compile(DIGITS / f"{name}.onnx", directory, fastest=True)


def split() -> tuple[np.ndarray, np.ndarray]:
    data = np.load(DIGITS / "test_split.npz")
    return (data["images"] / 16).astype(np.float32), data["labels"]


@pytest.mark.parametrize("name", sorted(RIGHT))
def test_every_test_image_is_equal_at_rtl_level(name: str) -> None:
    images, labels = split()
    design = build(name)
    outcome = design.verify(inputs=images)
    assert outcome.passed, outcome.lines()
    for level in ("reference", "rtl"):
        (scores,) = design.simulate(images, level=level).real.values()
        assert int((scores.reshape(450, -1).argmax(1) == labels).sum()) == RIGHT[name]


def test_the_binary_network_equals_the_qonnx_executor() -> None:
    images, _ = split()
    (scores,) = build("digits_mlp_w1a1").simulate(images, level="reference").real.values()
    np.testing.assert_array_equal(scores, qonnx_outputs(DIGITS / "digits_mlp_w1a1.onnx", images))


def test_the_residual_network_has_the_integers_of_the_qonnx_executor() -> None:
    """The executor adds scaled float32 products: its scores, in steps, are the integers."""
    images, _ = split()
    design = build("digits_cnn_w3a3")
    (raw,) = design.simulate(images, level="reference").raw.values()
    (output,) = design.graph.outputs
    steps = (
        qonnx_outputs(DIGITS / "digits_cnn_w3a3.onnx", images) / design.graph.types[output].scale
    )
    assert np.abs(steps - np.rint(steps)).max() < 0.01  # so that rounding can not hide a step
    np.testing.assert_array_equal(np.rint(steps), raw.reshape(450, -1))


def test_the_int8_network_equals_onnx_runtime_on_every_test_image() -> None:
    images, _ = split()
    path = DIGITS / "digits_cnn_int8.onnx"
    (scores,) = build("digits_cnn_int8").simulate(images).real.values()
    (oracle,) = onnxruntime_tensors(
        path, {"image": images}, ["head_out"], optimized=True, exact_products=True
    )
    np.testing.assert_array_equal(scores, oracle)
