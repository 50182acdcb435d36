"""SqueezeNet (1602.07360): fire, a pool that hangs over the end, the mean of a map."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.techniques_networks.network import Network
from tests.techniques.planned import check_plan, networks_of
from tests.techniques.rows import check_network, network_of

ORACLE = ("QONNX executor", "a paper")
ORACLE_REASON = "the paper says what it takes, the executor what is computed"


def test_a_fire_module(tmp_path: Path) -> None:
    """Both expansions stand side by side; the whole network is in `docs/compression.md`."""
    found = check_plan(network_of(58), tmp_path)
    assert found.of("concat")
    assert found.of("reduce")


@pytest.mark.slow
@pytest.mark.parametrize("network", networks_of(58), ids=lambda network: network.name)
def test_all_levels_agree(network: Network, tmp_path: Path) -> None:
    check_network(network, tmp_path)
