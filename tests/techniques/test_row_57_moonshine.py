"""Moonshine (1711.02613): cheap convolutions, groups of which work at the same time."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.techniques_networks.network import Network
from tests.techniques.planned import check_plan, networks_of
from tests.techniques.rows import check_network

ORACLE = ("QONNX executor", "a paper")
ORACLE_REASON = "the paper says what it takes, the executor what is computed"


@pytest.mark.parametrize("network", networks_of(57), ids=lambda network: network.name)
def test_groups_do_their_own_products_alone(network: Network, tmp_path: Path) -> None:
    found = check_plan(network, tmp_path)
    inner, outer = {"bottleneck with groups": (72, 64), "groups and 1 x 1": (144, 48)}[network.name]
    assert found.work == 30 * (inner + outer)


@pytest.mark.slow
@pytest.mark.parametrize("network", networks_of(57), ids=lambda network: network.name)
def test_all_levels_agree(network: Network, tmp_path: Path) -> None:
    check_network(network, tmp_path)
