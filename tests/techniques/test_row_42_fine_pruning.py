"""Fine-pruning (1707.09102): cycles of a plan as what a search of thresholds looks at."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.techniques_networks.network import Network
from benchmarks.techniques_networks.pruned import PES, fine_pruned, two_layers
from tests.techniques.planned import check_plan, networks_of, plan_of
from tests.techniques.rows import check_network, network_of

ORACLE = ("QONNX executor", "a paper")
ORACLE_REASON = "the paper says what it takes, the executor what is computed"


def cycles(thresholds: tuple[int, int], folder: Path) -> int:
    """The objective: nothing is written but the model, nothing is simulated."""
    path = folder / "network.onnx"
    two_layers(*fine_pruned(thresholds), path)
    kernel = {"kernel": "sparse", "pes": PES}
    asked = replace(
        network_of(42), options={"schedule": {"nodes": {"conv1": kernel, "conv4": kernel}}}
    )
    return plan_of(path, asked).interval


def test_a_search_sees_what_each_threshold_saves(tmp_path: Path) -> None:
    """The slower layer sets the pace: its weights that are left over PEs, for each pixel."""
    for thresholds in ((3, 3), (6, 3), (6, 6), (5, 4)):
        left = [np.count_nonzero(layer) for layer in fine_pruned(thresholds)]
        assert cycles(thresholds, tmp_path) == 30 * max(-(-one // PES) for one in left)


def test_what_the_search_ends_with(tmp_path: Path) -> None:
    check_plan(network_of(42), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("network", networks_of(42), ids=lambda network: network.name)
def test_all_levels_agree(network: Network, tmp_path: Path) -> None:
    check_network(network, tmp_path)
