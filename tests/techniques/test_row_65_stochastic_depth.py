"""Stochastic depth (1603.09382): the chance of survival is part of a threshold."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.techniques_networks.network import Network
from tests.techniques.planned import check_plan, networks_of, plan_plain
from tests.techniques.rows import check_network, network_of

ORACLE = ("QONNX executor", "a paper")
ORACLE_REASON = "the paper says what it takes, the executor what is computed"


def test_hardware_is_that_of_scaled_weights(tmp_path: Path) -> None:
    network = network_of(65)
    found, plain = check_plan(network, tmp_path), plan_plain(network, tmp_path)
    assert [(one.kernel.name, one.parameters, one.needs) for one in found.parts.values()] == [
        (one.kernel.name, one.parameters, one.needs) for one in plain.parts.values()
    ]


@pytest.mark.slow
@pytest.mark.parametrize("network", networks_of(65), ids=lambda network: network.name)
def test_all_levels_agree(network: Network, tmp_path: Path) -> None:
    check_network(network, tmp_path)
