"""Published networks: equality with their oracles at RTL level, cycles, and lanes."""

from __future__ import annotations

import numpy as np
import pytest

from tests.e2e.oracles import qonnx_outputs
from tests.e2e.published import CNV, KWS, TFC, build
from tests.models import model_path

ORACLE = ("QONNX executor", "published vectors", "this project")
ORACLE_REASON = "cycles and lanes, predicted before they are counted"


@pytest.mark.parametrize("name", ["TFC_1W1A", "TFC_1W2A", "TFC_2W2A"])
def test_tfc_equals_the_qonnx_executor_at_finns_folding(name: str) -> None:
    path = model_path(f"tfc_mnist/{name}.onnx")
    digit = np.load(model_path("tfc_mnist/tfc_mnist_input.npy")).reshape(1, 1, 28, 28) / 255
    noise = np.random.default_rng(0).integers(0, 256, (199, 1, 28, 28)) / 255
    images = np.concatenate([digit, noise]).astype(np.float32)
    design = build(f"tfc_mnist/{name}.onnx", TFC)
    outcome = design.verify(inputs=images)
    assert outcome.passed, outcome.lines()
    assert outcome.interval == (64, 64)
    assert outcome.latency[1] is not None
    assert outcome.latency[1] < 243
    (scores,) = design.simulate(images).real.values()
    np.testing.assert_array_equal(scores, qonnx_outputs(path, images))
    label = np.load(model_path("tfc_mnist/tfc_mnist_output.npy"))
    assert scores[0].argmax() == int(np.ravel(label)[0]) == 7


def test_cnv_scores_are_exact_at_finns_folding() -> None:
    vectors = np.load(model_path("cnv_cifar10/cnv_w1a1_vectors.npz"))
    design = build("cnv_cifar10/cnv_w1a1.onnx", CNV)
    outcome = design.verify(inputs=vectors["input"])
    assert outcome.passed, outcome.lines()
    assert (design.directory / "report.html").stat().st_size < 5_000_000
    assert outcome.interval[1] is not None
    assert outcome.interval[1] <= 32_768
    (scores,) = design.simulate(vectors["input"]).real.values()
    np.testing.assert_array_equal(scores, vectors["output"])


@pytest.mark.slow
def test_cnv_with_its_own_folding_is_faster_with_fewer_lanes() -> None:
    vectors = np.load(model_path("cnv_cifar10/cnv_w1a1_vectors.npz"))
    design = build("cnv_cifar10/cnv_w1a1.onnx", target_cycles=28_800)
    outcome = design.verify(inputs=vectors["input"])
    assert outcome.passed, outcome.lines()
    assert outcome.interval[1] is not None
    assert outcome.interval[1] <= 28_800
    assert design.report["design"]["lanes"] <= 2_119
    (scores,) = design.simulate(vectors["input"]).real.values()
    np.testing.assert_array_equal(scores, vectors["output"])


def test_kws_predictions_equal_the_recorded_ones() -> None:
    vectors = np.load(model_path("kws_w3a3/vectors_200.npz"))
    sound = (vectors["input_int8"] * np.float32(0.33674246)).astype(np.float32)
    design = build("kws_w3a3/kws_w3a3.onnx", KWS)
    outcome = design.verify(inputs=sound.reshape(-1, 1, 10, 49))
    assert outcome.passed, outcome.lines()
    assert outcome.interval[1] is not None
    assert outcome.interval[1] <= 392
    (scores,) = design.simulate(sound.reshape(-1, 1, 10, 49)).real.values()
    np.testing.assert_array_equal(scores.argmax(1), vectors["recorded_prediction"])
