"""Network quantization (1612.01543): the levels of a scalar quantizer as a code book."""

from __future__ import annotations

from pathlib import Path

from tests.techniques.rows import check, layer_of

ORACLE = ("ONNX Runtime", "a paper")
ORACLE_REASON = "the paper says what is stored, ONNX Runtime what is computed"


def test_32_levels(tmp_path: Path) -> None:
    check(layer_of(19), tmp_path, 2304 * 5 + 32 * 9)
