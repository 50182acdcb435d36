"""SEP-Nets (1706.03912): k x k is binary, 1 x 1 has 8 bits, and only that multiplies."""

from __future__ import annotations

from pathlib import Path

from tests.techniques.planned import check_plan
from tests.techniques.rows import network_of

ORACLE = ("QONNX executor", "a paper")
ORACLE_REASON = "the paper says which layers are binary, the executor what is computed"


def test_only_layers_of_1_by_1_multiply(tmp_path: Path) -> None:
    found = check_plan(network_of(29), tmp_path)
    layers = found.of("matmul")
    assert [bool(one.needs.products) for one in layers] == [True, False, False, True]
    assert found.products == 2
