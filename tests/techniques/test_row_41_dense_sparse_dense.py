"""Dense-sparse-dense (1607.04381): both phases are networks, each with its own lanes."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.techniques_networks.network import Network
from benchmarks.techniques_networks.pruned import PES, dense_sparse_dense
from tests.techniques.planned import check_plan, networks_of
from tests.techniques.rows import check_network, network_of

ORACLE = ("QONNX executor", "a paper")
ORACLE_REASON = "the paper says what it takes, the executor what is computed"


def test_the_sparse_phase_takes_what_is_left(tmp_path: Path) -> None:
    network = network_of(41, "sparse")
    found = check_plan(network, tmp_path)
    assert (found.interval, found.lanes) == (network.bound, PES)


def test_the_dense_phase_is_any_network(tmp_path: Path) -> None:
    """No index is stored, and no lane is idle."""
    found = check_plan(network_of(41, "dense"), tmp_path)
    weights = dense_sparse_dense(True)
    assert found.weight_bits == 4 * weights.size
    assert found.work == weights.size


@pytest.mark.slow
@pytest.mark.parametrize("network", networks_of(41), ids=lambda network: network.name)
def test_all_levels_agree(network: Network, tmp_path: Path) -> None:
    check_network(network, tmp_path)
