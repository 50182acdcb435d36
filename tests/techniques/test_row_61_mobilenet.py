"""MobileNet (1704.04861): the array of 1 x 1 does not wait for the depthwise layer."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.techniques_networks.network import Network
from tests.techniques.planned import check_plan, networks_of
from tests.techniques.rows import check_network, network_of

ORACLE = ("QONNX executor", "a paper")
ORACLE_REASON = "the paper says what it takes, the executor what is computed"


def test_the_pointwise_array_is_busy(tmp_path: Path) -> None:
    """At least 90 % of its cycles multiply."""
    found = check_plan(network_of(61), tmp_path)
    (array,) = found.of("matmul")
    assert 0.9 * array.lanes * found.interval <= 30 * 8 * 12
    assert not found.products


@pytest.mark.slow
@pytest.mark.parametrize("network", networks_of(61), ids=lambda network: network.name)
def test_all_levels_agree(network: Network, tmp_path: Path) -> None:
    check_network(network, tmp_path)
