"""Sparsified connections (1512.01891): places with weights of their own, few of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.techniques_networks.network import Network
from benchmarks.techniques_networks.pruned import LOCAL, LOCAL_PES
from tests.techniques.planned import check_plan, networks_of
from tests.techniques.rows import check_network, network_of

ORACLE = ("QONNX executor", "a paper")
ORACLE_REASON = "the paper says what it takes, the executor what is computed"


def test_each_place_has_its_own_taps(tmp_path: Path) -> None:
    """Cycles are the weights that are left over PEs, neither those of the map nor of the taps."""
    found = check_plan(network_of(32, "locally connected"), tmp_path)
    assert found.lanes == LOCAL_PES
    assert found.interval == -(-np.count_nonzero(LOCAL) // LOCAL_PES)


@pytest.mark.slow
@pytest.mark.parametrize("network", networks_of(32), ids=lambda network: network.name)
def test_all_levels_agree(network: Network, tmp_path: Path) -> None:
    check_network(network, tmp_path)
