"""SEP-Nets (1706.03912): k x k is binary, 1 x 1 has 8 bits, and only that multiplies."""

from __future__ import annotations

from pathlib import Path

from tests.techniques.rows import check_network, network_of

ORACLE = ("QONNX executor", "a paper")
ORACLE_REASON = "the paper says which layers are binary, the executor what is computed"


def test_only_layers_of_1_by_1_multiply(tmp_path: Path) -> None:
    found = check_network(network_of(29), tmp_path)
    layers = [one for one in found.parts if one.op.family == "matmul"]
    multiply = [bool(one.needs.products) for one in layers]
    assert multiply == [True, False, False, True]
    assert not any(one.needs.products for one in found.parts if one not in layers)
