"""Transformer encoders as ONNX Runtime quantizes them, beside ONNX Runtime and at every level."""

from __future__ import annotations

from pathlib import Path

import pytest

import hwcompile
from benchmarks.attention import distances, frames_of, written
from benchmarks.attention_models import Sizes, quantized

ORACLE = "ONNX Runtime"


@pytest.mark.parametrize(
    ("name", "most"), [("vit_block", 0.03), ("causal_block", 0.03), ("conformer_groups", 0.06)]
)
def test_tensors_are_at_most_some_steps_from_onnx_runtime(
    name: str, most: float, tmp_path: Path
) -> None:
    """A difference in one layer makes others behind it, so deeper networks have more of them."""
    apart = distances(name, written(name, tmp_path), frames_of(name, 16, seed=7))
    assert len(apart) >= 15
    assert max(tensor.most_steps for tensor in apart) <= 8
    elements = sum(tensor.elements for tensor in apart)
    assert sum(tensor.differing for tensor in apart) <= most * elements


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["bert_block", "causal_block", "conformer_block", "conformer_groups"]
)
def test_levels_are_equal_and_cycles_are_those_predicted(name: str, tmp_path: Path) -> None:
    design = hwcompile.compile(
        written(name, tmp_path), tmp_path / "design", target_cycles=1500, hls=True
    )
    result = design.verify(frames=3, levels=("reference", "hls", "rtl"))
    assert result.passed


@pytest.mark.slow
def test_an_encoder_takes_a_token_per_cycle_with_its_heads_side_by_side(tmp_path: Path) -> None:
    path = quantized(Sizes(tokens=6, width=8, hidden=8), tmp_path)
    design = hwcompile.compile(path, tmp_path / "design", target_cycles=6, hls=True)
    kernels = [node for node in design.report["nodes"] if node["kernel"] == "attention.stored"]
    assert [node["parameters"]["heads"] for node in kernels] == [2, 2]
    result = design.verify(frames=3, levels=("reference", "hls", "rtl"))
    assert result.passed
    assert result.settled == 6
