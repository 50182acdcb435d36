"""Lebedev (1412.6553): four layers for one, two of them depthwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.techniques_networks.low_rank import CYCLES
from benchmarks.techniques_networks.network import Network
from tests.techniques.planned import check_plan, networks_of, plan_plain
from tests.techniques.rows import check_network

ORACLE = ("QONNX executor", "a paper")
ORACLE_REASON = "the paper says what it takes, the executor what is computed"


@pytest.mark.parametrize("network", networks_of(52), ids=lambda network: network.name)
def test_the_chain_equals_its_product_on_fewer_lanes(network: Network, tmp_path: Path) -> None:
    """What is expected is what an executor says of the one layer that the chain stands for."""
    found, plain = check_plan(network, tmp_path), plan_plain(network, tmp_path)
    assert found.lanes < plain.lanes
    assert found.weight_bits < plain.weight_bits
    assert found.interval == plain.interval == CYCLES


@pytest.mark.slow
@pytest.mark.parametrize("network", networks_of(52), ids=lambda network: network.name)
def test_all_levels_agree(network: Network, tmp_path: Path) -> None:
    check_network(network, tmp_path)
