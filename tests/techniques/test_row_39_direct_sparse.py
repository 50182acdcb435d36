"""Direct sparse convolution (1608.01409): cycles are weights times pixels over lanes."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.techniques_networks.network import Network
from benchmarks.techniques_networks.pruned import PES
from tests.techniques.planned import check_plan, networks_of
from tests.techniques.rows import check_network

ORACLE = ("QONNX executor", "a paper")
ORACLE_REASON = "the paper says what it takes, the executor what is computed"


@pytest.mark.parametrize("network", networks_of(39), ids=lambda network: network.name)
def test_cycles_are_weights_times_pixels_over_lanes(network: Network, tmp_path: Path) -> None:
    """At all densities, also where fewer weights are left than there are taps."""
    found = check_plan(network, tmp_path)
    assert found.interval == network.bound
    assert found.lanes == PES


@pytest.mark.slow
@pytest.mark.parametrize("network", networks_of(39), ids=lambda network: network.name)
def test_all_levels_agree(network: Network, tmp_path: Path) -> None:
    check_network(network, tmp_path)
