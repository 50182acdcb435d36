"""Molchanov (1611.06440): filters that a Taylor expansion names are not built."""

from __future__ import annotations

from pathlib import Path

import pytest

import hwcompile
from benchmarks.techniques_networks.network import Network
from benchmarks.techniques_networks.pruned import two_layers, without_filters
from tests.techniques.planned import check_plan, networks_of
from tests.techniques.pruned import rtl_texts
from tests.techniques.rows import check_network, network_of

ORACLE = ("QONNX executor", "a paper")
ORACLE_REASON = "the paper says what it takes, the executor what is computed"


def test_hardware_is_that_of_the_network_cut_by_hand(tmp_path: Path) -> None:
    network = network_of(35)
    check_plan(network, tmp_path)
    pruned, second, left = without_filters(35, "taylor")
    assert len(left) == 4
    (tmp_path / "cut").mkdir()
    two_layers(pruned[left], second[:, left], tmp_path / "cut" / "network.onnx")
    cut = hwcompile.compile(
        tmp_path / "cut" / "network.onnx", tmp_path / "other", **network.options
    )
    assert rtl_texts(cut) == rtl_texts(hwcompile.load(tmp_path / "build"))


@pytest.mark.slow
@pytest.mark.parametrize("network", networks_of(35), ids=lambda network: network.name)
def test_all_levels_agree(network: Network, tmp_path: Path) -> None:
    check_network(network, tmp_path)
