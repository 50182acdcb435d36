"""ZipML (1611.05402): levels that follow the data, any sorted table of them."""

from __future__ import annotations

from pathlib import Path

from tests.techniques.rows import check, layer_of

ORACLE = ("ONNX Runtime", "a paper")
ORACLE_REASON = "the paper says what is stored, ONNX Runtime what is computed"


def test_five_levels(tmp_path: Path) -> None:
    check(layer_of(16), tmp_path, 2304 * 3 + 8 * 8)
