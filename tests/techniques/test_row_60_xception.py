"""Xception (1610.02357): depthwise and 1 x 1 with nothing between."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.techniques_networks.network import Network
from tests.techniques.planned import check_plan, networks_of
from tests.techniques.rows import check_network, network_of

ORACLE = ("QONNX executor", "a paper")
ORACLE_REASON = "the paper says what it takes, the executor what is computed"


def test_depthwise_feeds_pointwise(tmp_path: Path) -> None:
    """Sums go to the matrix as they are: nothing rounds between."""
    names = [one.op.family for one in check_plan(network_of(60), tmp_path).parts.values()]
    at = names.index("depthwise")
    assert [name for name in names[at:] if name != "width"][:2] == ["depthwise", "matmul"]


@pytest.mark.slow
@pytest.mark.parametrize("network", networks_of(60), ids=lambda network: network.name)
def test_all_levels_agree(network: Network, tmp_path: Path) -> None:
    check_network(network, tmp_path)
