"""Network quantization (1612.01543): levels of a scalar quantizer in a book, and entropy coded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import hwcompile
from benchmarks.loaded import FOLDING, LOADED, NORMAL
from benchmarks.techniques_layers import Layer, save
from tests.techniques.rows import check, layer_of

ORACLE = ("ONNX Runtime", "a paper")
ORACLE_REASON = "the paper says what is stored, ONNX Runtime what is computed"


def test_32_levels(tmp_path: Path) -> None:
    check(layer_of(19), tmp_path, 2304 * 5 + 32 * 9)


@pytest.mark.parametrize("layer", [layer_of(19), NORMAL], ids=["k-means", "uniform steps"])
def test_a_huffman_image_is_near_the_entropy(layer: Layer, tmp_path: Path) -> None:
    """Within a tenth of a bit per weight of the bound, which is Shannon's formula."""
    weights = save(layer, tmp_path / "layer.onnx")
    shares = np.unique(weights, return_counts=True)[1] / weights.size
    bound = float(-(shares * np.log2(shares)).sum())
    model = tmp_path / "layer.onnx"
    planned = hwcompile.compile(model, tmp_path / "planned").report["nodes"]
    (node,) = (n["name"] for n in planned if n["kernel"].startswith("matmul."))
    schedule = {"nodes": {node: FOLDING | LOADED}}
    nodes = hwcompile.compile(model, tmp_path / "build", schedule=schedule).report["nodes"]
    (read,) = (n["external_memory"] for n in nodes if n["external_memory"])
    assert read["loaded"]["lanes"] == weights.size
    assert read["loaded"]["entropy"] == round(bound, 4)
    assert bound <= read["loaded"]["bits_per_lane"] <= bound + 0.1
