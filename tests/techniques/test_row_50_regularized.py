"""Tai (1511.06067): a normalization between columns and rows, with a quantizer or alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.techniques_networks.network import Network
from tests.techniques.planned import check_plan, networks_of
from tests.techniques.rows import check_network

ORACLE = ("QONNX executor", "a paper")
ORACLE_REASON = "the paper says what it takes, the executor what is computed"


@pytest.mark.parametrize("network", networks_of(50), ids=lambda network: network.name)
def test_normalizations_inside_a_chain(network: Network, tmp_path: Path) -> None:
    """No node multiplies for them; 3 x 1 and 1 x 3 have 36 and 63 weights, two cycles a pixel."""
    found = check_plan(network, tmp_path)
    assert found.lanes == 53
    assert not found.of("elementwise")


@pytest.mark.slow
@pytest.mark.parametrize("network", networks_of(50), ids=lambda network: network.name)
def test_all_levels_agree(network: Network, tmp_path: Path) -> None:
    check_network(network, tmp_path)
