"""Single intra-channel convolution (1608.04337): subdivided channels, and back from stride 2."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.techniques_networks.network import Network
from tests.techniques.planned import check_plan, networks_of
from tests.techniques.rows import check_network, network_of

ORACLE = ("QONNX executor", "a paper")
ORACLE_REASON = "the paper says what it takes, the executor what is computed"


@pytest.mark.parametrize("network", networks_of(56), ids=lambda network: network.name)
def test_blocks(network: Network, tmp_path: Path) -> None:
    check_plan(network, tmp_path)


def test_no_zeros_stand_between_pixels(tmp_path: Path) -> None:
    """2 x 2 at stride 2 reads 3 x 2 pixels of 5 channels for 3 filters at 4 places each."""
    found = check_plan(network_of(56, "spatial"), tmp_path)
    back = found.parts["convtranspose5"]
    assert back.lanes * back.interval == 3 * 2 * 5 * 3 * 4
    assert "convtranspose5_window" not in found.parts


@pytest.mark.slow
@pytest.mark.parametrize("network", networks_of(56), ids=lambda network: network.name)
def test_all_levels_agree(network: Network, tmp_path: Path) -> None:
    check_network(network, tmp_path)
