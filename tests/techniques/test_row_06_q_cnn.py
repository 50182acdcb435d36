"""Q-CNN (1512.06473): inner products with a few code words, and sums of those that codes choose."""

from __future__ import annotations

from pathlib import Path

from benchmarks.techniques_networks.product_quantization import BOOK, CHANNELS, HALVES
from tests.techniques.rows import check_network, network_of

ORACLE = ("ONNX Runtime", "a paper")
ORACLE_REASON = "a convolution with the decoded weights, which the paper says it is equal to"


def test_products_are_those_with_code_words(tmp_path: Path) -> None:
    """M K d of them at each place, and not filters times channels times taps."""
    found = check_network(network_of(6), tmp_path)
    words, chosen = (one for one in found.parts if one.op.family == "matmul")
    assert words.op.weights.size == HALVES * BOOK * CHANNELS // HALVES
    assert words.needs.products
    assert not chosen.needs.products
