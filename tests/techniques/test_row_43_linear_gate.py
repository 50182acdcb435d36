"""Learning to prune (TACL 2017): a linear gate on sparse features, without a multiplier."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.techniques_networks.network import Network
from tests.techniques.planned import check_plan, networks_of
from tests.techniques.rows import check_network, network_of

ORACLE = ("QONNX executor", "a paper")
ORACLE_REASON = "the paper says what it takes, the executor what is computed"


def test_features_switch_weights_on(tmp_path: Path) -> None:
    found = check_plan(network_of(43), tmp_path)
    assert (found.lanes, found.products, found.interval) == (1, 0, 60)


@pytest.mark.slow
@pytest.mark.parametrize("network", networks_of(43), ids=lambda network: network.name)
def test_all_levels_agree(network: Network, tmp_path: Path) -> None:
    check_network(network, tmp_path)
