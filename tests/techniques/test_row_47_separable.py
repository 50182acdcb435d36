"""Jaderberg (1405.3866): columns, then rows; lines are stored for columns alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.techniques_networks.low_rank import CYCLES
from benchmarks.techniques_networks.network import Network
from tests.techniques.planned import check_chain, check_plan, networks_of
from tests.techniques.rows import check_network, network_of

ORACLE = ("QONNX executor", "a paper")
ORACLE_REASON = "the paper says what it takes, the executor what is computed"


@pytest.mark.parametrize("network", networks_of(47), ids=lambda network: network.name)
def test_the_chain_equals_its_product_on_fewer_lanes(network: Network, tmp_path: Path) -> None:
    check_chain(network, tmp_path, CYCLES)


def test_rows_store_no_line(tmp_path: Path) -> None:
    """Three columns of a line are registers; three lines of a column are a memory."""
    found = check_plan(network_of(47, "columns, then rows"), tmp_path)
    columns, rows = (
        sum(memory.depth * memory.width * memory.count for memory in one.needs.memories)
        for one in found.of("window")
    )
    assert rows < columns


@pytest.mark.slow
@pytest.mark.parametrize("network", networks_of(47), ids=lambda network: network.name)
def test_all_levels_agree(network: Network, tmp_path: Path) -> None:
    check_network(network, tmp_path)
