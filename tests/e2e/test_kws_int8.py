"""The published 8-bit keyword spotter, as QDQ and as QOperator model."""

from __future__ import annotations

import numpy as np
import pytest

from tests.e2e.oracles import Array, onnxruntime_tensors
from tests.e2e.published import build
from tests.models import model_path

ORACLE = "ONNX Runtime"

FORMS = ("qdq", "qoperator")


def model_name(form: str) -> str:
    return f"kws_int8_onnx/micro_kws_m_static_{form}.onnx"


def spectrograms(frames: int) -> Array:
    return np.random.default_rng(5).uniform(-6, 6, (frames, 1960)).astype(np.float32)


def scores_of_onnxruntime(form: str, x: Array) -> Array:
    path = model_path(model_name(form))
    name = "serving_default_input:0"
    rows = [
        onnxruntime_tensors(path, {name: row[None]}, ["StatefulPartitionedCall:0"], optimized=True)
        for row in x
    ]
    return np.concatenate([row[0] for row in rows])


def check(form: str, frames: int) -> None:
    x = spectrograms(frames)
    outcome = build(model_name(form), target_cycles=125_440).verify(inputs=x)
    assert outcome.passed, outcome.lines()
    assert outcome.frames == frames


@pytest.mark.parametrize("form", FORMS)
def test_rtl_equals_reference(form: str) -> None:
    check(form, 6)


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
def test_rtl_equals_reference_on_a_hundred_inputs(form: str) -> None:
    check(form, 100)


def test_qoperator_equals_onnx_runtime_on_a_hundred_inputs() -> None:
    x = spectrograms(100)
    design = build(model_name("qoperator"), target_cycles=125_440)
    (scores,) = design.simulate(x, level="reference").real.values()
    np.testing.assert_array_equal(scores, scores_of_onnxruntime("qoperator", x))
