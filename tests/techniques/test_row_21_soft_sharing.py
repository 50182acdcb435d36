"""Soft weight-sharing (1702.04008): 16 levels and zero, which takes neither time nor memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.techniques_layers import weights_of
from tests.techniques.rows import check, layer_of

ORACLE = ("ONNX Runtime", "a paper")
ORACLE_REASON = "the paper says what is stored, ONNX Runtime what is computed"


def test_levels_and_zero(tmp_path: Path) -> None:
    layer = layer_of(21)
    entries = int(np.count_nonzero(weights_of(layer)))
    built = check(layer, tmp_path, (entries + entries % 2) * 12 + 32 * 8)
    assert built.kernel.name == "sparse"
