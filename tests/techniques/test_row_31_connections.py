"""Learning weights and connections (1506.02626): magnitudes, on matrices and maps."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.techniques_networks.network import Network
from benchmarks.techniques_networks.pruned import PES
from tests.techniques.planned import check_plan, networks_of, plan_plain
from tests.techniques.rows import check_network

ORACLE = ("QONNX executor", "a paper")
ORACLE_REASON = "the paper says what it takes, the executor what is computed"


@pytest.mark.parametrize("network", networks_of(31), ids=lambda network: network.name)
def test_cycles_are_what_is_left_over_pes(network: Network, tmp_path: Path) -> None:
    """Five densities: no cycle and no bit for a weight of zero, but its place in a gap."""
    found = check_plan(network, tmp_path)
    assert found.interval == network.bound
    assert found.lanes == PES
    assert found.weight_bits < plan_plain(network, tmp_path).weight_bits or "50%" in network.name


@pytest.mark.slow
@pytest.mark.parametrize("network", networks_of(31), ids=lambda network: network.name)
def test_all_levels_agree(network: Network, tmp_path: Path) -> None:
    check_network(network, tmp_path)
