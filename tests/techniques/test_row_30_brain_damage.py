"""Optimal Brain Damage (LeCun, 1990): what training does not miss costs nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.techniques_networks.network import Network
from benchmarks.techniques_networks.pruned import PES, by_saliency
from tests.techniques.planned import check_plan, networks_of
from tests.techniques.rows import check_network

ORACLE = ("QONNX executor", "a paper")
ORACLE_REASON = "the paper says what it takes, the executor what is computed"


@pytest.mark.parametrize("network", networks_of(30), ids=lambda network: network.name)
def test_cycles_are_what_is_left_over_pes(network: Network, tmp_path: Path) -> None:
    """Five densities: no cycle and no bit for a weight of zero, but its place in a gap."""
    found = check_plan(network, tmp_path)
    assert found.interval == network.bound
    assert found.lanes == PES
    entries = found.interval * PES
    gaps = found.weight_bits // entries - 4 - 1
    assert found.weight_bits == entries * (4 + 1 + gaps)
    assert 1 <= gaps <= 6


def test_the_least_saliencies_are_gone() -> None:
    weights = by_saliency(0.1)
    assert np.count_nonzero(weights) == 256


@pytest.mark.slow
@pytest.mark.parametrize("network", networks_of(30), ids=lambda network: network.name)
def test_all_levels_agree(network: Network, tmp_path: Path) -> None:
    check_network(network, tmp_path)
