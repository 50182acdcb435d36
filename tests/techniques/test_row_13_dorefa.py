"""DoReFa-Net (1606.06160): 2 bits for weights that are odd multiples of a third."""

from __future__ import annotations

from pathlib import Path

from tests.techniques.rows import check, layer_of

ORACLE = ("ONNX Runtime", "a paper")
ORACLE_REASON = "the paper says what is stored, ONNX Runtime what is computed"


def test_odd_multiples_take_their_bits(tmp_path: Path) -> None:
    check(layer_of(13), tmp_path, 2304 * 2 + 4 * 3)
