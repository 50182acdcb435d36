"""He and Sun (CVPR 2015): even kernels, and pools of stride 1."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.techniques_networks.network import Network
from tests.techniques.planned import check_plan, networks_of
from tests.techniques.rows import check_network, network_of

ORACLE = ("QONNX executor", "a paper")
ORACLE_REASON = "the paper says what it takes, the executor what is computed"


def test_even_kernels(tmp_path: Path) -> None:
    found = check_plan(network_of(59), tmp_path)
    assert [one.op.kernel for one in found.of("window")] == [(2, 2)] * 3


@pytest.mark.slow
@pytest.mark.parametrize("network", networks_of(59), ids=lambda network: network.name)
def test_all_levels_agree(network: Network, tmp_path: Path) -> None:
    check_network(network, tmp_path)
