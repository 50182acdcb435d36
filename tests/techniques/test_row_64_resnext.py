"""ResNeXt (1611.05431): all groups at the same time, and no product between them."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.techniques_networks.blocks import GROUPS
from benchmarks.techniques_networks.network import Network
from tests.techniques.planned import check_plan, networks_of
from tests.techniques.rows import check_network, network_of

ORACLE = ("QONNX executor", "a paper")
ORACLE_REASON = "the paper says what it takes, the executor what is computed"


def test_groups_are_a_block_diagonal(tmp_path: Path) -> None:
    """A cycle for each pixel, and as many lanes as there are weights."""
    found = check_plan(network_of(64), tmp_path)
    assert found.interval == 30
    assert found.lanes == GROUPS * 2 * 2 * 9


@pytest.mark.slow
@pytest.mark.parametrize("network", networks_of(64), ids=lambda network: network.name)
def test_all_levels_agree(network: Network, tmp_path: Path) -> None:
    check_network(network, tmp_path)
