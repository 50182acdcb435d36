"""Distillation (rows 72 to 86): students are ordinary networks, one for each row.

Row 80 (sequence to sequence) and 82 (embeddings of length 1) have files of their own.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.techniques_networks.network import Network
from benchmarks.techniques_networks.students import NETWORKS
from tests.techniques.planned import check_plan, plan_plain
from tests.techniques.rows import check_network, network_of

ORACLE = ("QONNX executor", "ONNX Runtime")
ROWS = {72, 73, 74, 75, 76, 77, 78, 79, 81, 83, 84, 85, 86}


@pytest.mark.parametrize("network", NETWORKS, ids=lambda n: f"{n.row} {n.name}")
def test_a_student_is_an_ordinary_network(network: Network, tmp_path: Path) -> None:
    check_plan(network, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("network", NETWORKS, ids=lambda n: f"{n.row} {n.name}")
def test_all_levels_agree(network: Network, tmp_path: Path) -> None:
    check_network(network, tmp_path)


def test_each_row_has_a_student() -> None:
    assert {network.row for network in NETWORKS} == ROWS


def test_a_projection_for_training_is_not_built(tmp_path: Path) -> None:
    network = network_of(86)
    found, plain = check_plan(network, tmp_path), plan_plain(network, tmp_path)
    assert found.lanes == plain.lanes
    assert found.weight_bits == plain.weight_bits
