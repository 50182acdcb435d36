"""Dynamic network surgery (1608.04493): the published weights of LeNet-300-100."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.techniques_networks.network import Network
from tests.models import model_path
from tests.techniques.planned import check_plan, networks_of
from tests.techniques.rows import check_network, network_of

ORACLE = ("ONNX Runtime", "published vectors")
ORACLE_REASON = "weights are published, ONNX Runtime says what they compute"


def test_the_first_layer_takes_its_weights_over_pes(tmp_path: Path) -> None:
    """4,351 of 235,200 weights are left, in 63 of 300 rows."""
    model_path("lenet_sparse/lenet300100.npz")
    found = check_plan(network_of(38), tmp_path)
    first = found.of("matmul")[0]
    assert (first.kernel.name, first.lanes, first.interval) == ("sparse", 8, 544)


@pytest.mark.slow
@pytest.mark.parametrize("network", networks_of(38), ids=lambda network: network.name)
def test_all_levels_agree(network: Network, tmp_path: Path) -> None:
    check_network(network, tmp_path)
