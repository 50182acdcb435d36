"""BinaryConnect (1511.00363): one bit of weight, fixed point activations, no multiplier."""

from __future__ import annotations

from pathlib import Path

from tests.techniques.planned import check_plan
from tests.techniques.rows import network_of

ORACLE = ("QONNX executor", "a paper")
ORACLE_REASON = "the paper says what is stored, the executor what is computed"


def test_inputs_are_added_and_subtracted(tmp_path: Path) -> None:
    sums = check_plan(network_of(9), tmp_path).of("matmul")
    assert len(sums) == 2
    assert all("added or subtracted" in one.comment for one in sums)
