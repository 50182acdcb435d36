"""MobileNetV2 (1801.04381): a linear bottleneck, and a sum of two scales."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.techniques_networks.network import Network
from tests.techniques.planned import check_plan, networks_of
from tests.techniques.rows import check_network, network_of

ORACLE = ("QONNX executor", "a paper")
ORACLE_REASON = "the paper says what it takes, the executor what is computed"


def test_the_sum_of_two_scales(tmp_path: Path) -> None:
    """0.75 and 1.25 are 3 and 5 quarters: the sum is exact in front of its quantizer."""
    found = check_plan(network_of(62), tmp_path)
    (step,) = found.of("elementwise")
    assert sorted(step.op.coefficients) == [3, 5]


@pytest.mark.slow
@pytest.mark.parametrize("network", networks_of(62), ids=lambda network: network.name)
def test_all_levels_agree(network: Network, tmp_path: Path) -> None:
    check_network(network, tmp_path)
