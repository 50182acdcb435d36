"""Energy-aware pruning (1611.05128): energy by layer, from counted products and accesses."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.techniques_networks.network import Network
from benchmarks.techniques_networks.pruned import by_energy, two_layers
from hwcompile.explore.energy import energy_of
from tests.techniques.planned import check_plan, networks_of, plan_of
from tests.techniques.rows import check_network, network_of

ORACLE = ("QONNX executor", "a paper")
ORACLE_REASON = "energies of single operations are published; the executor says what is computed"


def energies(first: float, second: float, folder: Path) -> list[float]:
    """Of both layers, pJ per frame, in the order of the network."""
    path = folder / f"{first}_{second}.onnx"
    two_layers(*by_energy(first, second), path)
    found = plan_of(path, network_of(40))
    return [energy_of(one).total for one in found.of("matmul")]


def test_the_layer_that_takes_most_is_the_one_to_prune(tmp_path: Path) -> None:
    """More products and more weights that are read: the first layer, whose pruning saves most."""
    first, second = energies(1.0, 1.0, tmp_path)
    assert first > second
    saved = first + second - sum(energies(0.2, 1.0, tmp_path))
    other = first + second - sum(energies(1.0, 0.2, tmp_path))
    assert saved > other > 0


def test_products_are_counted(tmp_path: Path) -> None:
    """Those of the plan without idle lanes are weights times pixels, each by its bits."""
    path = tmp_path / "network.onnx"
    two_layers(*by_energy(1.0, 1.0), path)
    one = plan_of(path, network_of(40)).of("matmul")[1]
    kind = one.lane_product
    assert one.lanes * one.interval == 16 * 8 * 30
    if kind is not None:
        each = 0.2 / 64 * kind.left * kind.right
        assert energy_of(one).products == pytest.approx(16 * 8 * 30 * each)


def test_pruned_in_that_order_it_computes_the_same(tmp_path: Path) -> None:
    check_plan(network_of(40), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("network", networks_of(40), ids=lambda network: network.name)
def test_all_levels_agree(network: Network, tmp_path: Path) -> None:
    check_network(network, tmp_path)
