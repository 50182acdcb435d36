"""Transformer encoders as ONNX Runtime quantizes them, beside ONNX Runtime and at every level."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import hwcompile
from benchmarks.attention import differences
from benchmarks.attention_models import MODELS, calibration, quantized
from benchmarks.onnxruntime_layers import tensors
from hwcompile.frontends.load import load_model

ORACLE = "ONNX Runtime"


@pytest.mark.parametrize("name", ["vit_block", "causal_block"])
def test_tensors_are_at_most_some_steps_from_onnx_runtime(name: str, tmp_path: Path) -> None:
    path = quantized(MODELS[name], tmp_path)
    x = calibration(MODELS[name], 16, seed=7)[:, 0]
    apart = list(differences(load_model(path), x, tensors(path, x, optimized=False)))
    assert len(apart) >= 15
    every = np.concatenate([steps.reshape(-1) for steps in apart])
    assert every.max() <= 8
    assert np.count_nonzero(every) <= 0.03 * every.size


@pytest.mark.slow
@pytest.mark.parametrize("name", ["bert_block", "causal_block"])
def test_levels_are_equal_and_cycles_are_those_predicted(name: str, tmp_path: Path) -> None:
    path = quantized(MODELS[name], tmp_path)
    design = hwcompile.compile(path, tmp_path / "design", target_cycles=1500, hls=True)
    result = design.verify(frames=3, levels=("reference", "hls", "rtl"))
    assert result.passed
