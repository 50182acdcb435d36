"""Vector quantization (1412.6115): 16 levels of k-means, N log2 k + k w bits."""

from __future__ import annotations

from pathlib import Path

from hwcompile.explore.encodings import weight_bits
from tests.techniques.planned import check_plan
from tests.techniques.rows import check, layer_of, network_of

ORACLE = ("ONNX Runtime", "a paper")
ORACLE_REASON = "the paper says what is stored, ONNX Runtime what is computed"


def test_a_code_book_of_16(tmp_path: Path) -> None:
    check(layer_of(2), tmp_path, 2304 * 4 + 16 * 8)


def test_residual_code_books(tmp_path: Path) -> None:
    """Two books of 4 are one of 16: as many bits of a weight as both codes have."""
    (matrix,) = check_plan(network_of(2, "residual"), tmp_path).of("matmul")
    assert weight_bits(matrix) == 768 * 4 + 16 * 8
