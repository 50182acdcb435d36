"""ShuffleNet (1707.01083): where words hold all channels, a shuffle is wires."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.techniques_networks.network import Network
from hwcompile.ops.contract.needs import Resources
from tests.techniques.planned import check_plan, networks_of, plan_plain
from tests.techniques.rows import check_network, network_of

ORACLE = ("QONNX executor", "a paper")
ORACLE_REASON = "the paper says what it takes, the executor what is computed"


@pytest.mark.parametrize("network", networks_of(63), ids=lambda network: network.name)
def test_units(network: Network, tmp_path: Path) -> None:
    check_plan(network, tmp_path)


def test_a_shuffle_takes_nothing(tmp_path: Path) -> None:
    network = network_of(63, "shuffle unit")
    found, plain = check_plan(network, tmp_path), plan_plain(network, tmp_path)
    (shuffle,) = found.of("gather")
    assert (shuffle.kernel.name, shuffle.needs) == ("wires", Resources())
    assert found.lanes == plain.lanes


@pytest.mark.slow
@pytest.mark.parametrize("network", networks_of(63), ids=lambda network: network.name)
def test_all_levels_agree(network: Network, tmp_path: Path) -> None:
    check_network(network, tmp_path)
