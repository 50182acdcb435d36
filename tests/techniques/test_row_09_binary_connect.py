"""BinaryConnect (1511.00363): one bit of weight, fixed point activations, no multiplier."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.techniques.rows import check_network, check_synthesis, network_of

ORACLE = ("QONNX executor", "a paper", "hardware tools")
ORACLE_REASON = "the paper says what is stored, the executor what is computed"


def test_inputs_are_added_and_subtracted(tmp_path: Path) -> None:
    found = check_network(network_of(9), tmp_path)
    sums = [one for one in found.parts if one.op.family == "matmul"]
    assert len(sums) == 2
    assert all("added or subtracted" in one.comment for one in sums)


@pytest.mark.slow
def test_synthesis_finds_nothing_to_multiply(tmp_path: Path) -> None:
    network = network_of(9)
    check_synthesis(check_network(network, tmp_path), network, tmp_path)
