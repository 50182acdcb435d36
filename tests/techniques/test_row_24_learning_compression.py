"""Learning-compression (1707.04319): a code book of 8 levels for each layer."""

from __future__ import annotations

from pathlib import Path

from tests.techniques.rows import check, layer_of

ORACLE = ("ONNX Runtime", "a paper")
ORACLE_REASON = "the paper says what is stored, ONNX Runtime what is computed"


def test_8_levels(tmp_path: Path) -> None:
    check(layer_of(24), tmp_path, 2304 * 3 + 8 * 8)
