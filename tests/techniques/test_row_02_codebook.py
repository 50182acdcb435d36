"""Vector quantization (1412.6115): 16 levels of k-means, N log2 k + k w bits."""

from __future__ import annotations

from pathlib import Path

from tests.techniques.rows import check, layer_of

ORACLE = ("ONNX Runtime", "a paper")
ORACLE_REASON = "the paper says what is stored, ONNX Runtime what is computed"


def test_a_code_book_of_16(tmp_path: Path) -> None:
    check(layer_of(2), tmp_path, 2304 * 4 + 16 * 8)
