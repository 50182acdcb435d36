"""SqueezeDet (1612.01051): trunk and ConvDet; exponentials and sigmoids are tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.techniques_networks.network import Network
from tests.techniques.planned import check_plan, networks_of
from tests.techniques.rows import check_network, network_of

ORACLE = ("QONNX executor", "a paper")
ORACLE_REASON = "the paper says what it takes, the executor what is computed"


def test_boxes_and_scores(tmp_path: Path) -> None:
    """Places, extents, confidences and classes; what sorts boxes out is the host's."""
    found = check_plan(network_of(67), tmp_path)
    assert [one.kernel.name for one in found.of("table")] == ["rom", "rom"]
    assert not found.products


@pytest.mark.slow
@pytest.mark.parametrize("network", networks_of(67), ids=lambda network: network.name)
def test_all_levels_agree(network: Network, tmp_path: Path) -> None:
    check_network(network, tmp_path)
