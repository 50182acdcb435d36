"""Net2Net (1511.05641): a wider and a deeper network give what the teacher gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.techniques_networks.network import Network
from tests.techniques.planned import check_plan, networks_of, plan_plain
from tests.techniques.rows import check_network, network_of

ORACLE = ("QONNX executor", "a paper")
ORACLE_REASON = "the paper says what it takes, the executor what is computed"


@pytest.mark.parametrize("network", networks_of(71), ids=lambda network: network.name)
def test_the_function_stays(network: Network, tmp_path: Path) -> None:
    """What is expected is what an executor says of the teacher."""
    check_plan(network, tmp_path)


def test_twice_as_wide_is_built_as_narrow_as_before(tmp_path: Path) -> None:
    """Filters that are there twice are built once."""
    network = network_of(71, "wide")
    found, plain = check_plan(network, tmp_path), plan_plain(network, tmp_path)
    assert found.lanes == plain.lanes


@pytest.mark.slow
@pytest.mark.parametrize("network", networks_of(71), ids=lambda network: network.name)
def test_all_levels_agree(network: Network, tmp_path: Path) -> None:
    check_network(network, tmp_path)
