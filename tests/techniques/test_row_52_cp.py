"""Lebedev (1412.6553): four layers for one, two of them depthwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.techniques_networks.low_rank import CYCLES
from benchmarks.techniques_networks.network import Network
from tests.techniques.planned import check_chain, networks_of
from tests.techniques.rows import check_network

ORACLE = ("QONNX executor", "a paper")
ORACLE_REASON = "the paper says what it takes, the executor what is computed"


@pytest.mark.parametrize("network", networks_of(52), ids=lambda network: network.name)
def test_the_chain_equals_its_product_on_fewer_lanes(network: Network, tmp_path: Path) -> None:
    check_chain(network, tmp_path, CYCLES)


@pytest.mark.slow
@pytest.mark.parametrize("network", networks_of(52), ids=lambda network: network.name)
def test_all_levels_agree(network: Network, tmp_path: Path) -> None:
    check_network(network, tmp_path)
