"""XNOR-Net (1603.05279): filters' factors go into what follows, the map K needs a multiplier."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.techniques.rows import check_network, network_of

ORACLE = ("numpy", "a paper")
ORACLE_REASON = "the paper's equation 11 on whole numbers, then a bias and a sign"


def test_only_the_map_needs_multipliers(tmp_path: Path) -> None:
    """Of the report: one rounds K, one multiplies by it; all filters share them."""
    found = check_network(network_of(11, "with K"), tmp_path)
    nodes = found.design.report["nodes"]
    counted = {node["name"]: node["resources"]["predicted"]["multipliers"] for node in nodes}
    multiply = {name: count for name, count in counted.items() if count}
    names = [one.kernel.name for one in found.parts if one.needs.products]
    assert len(multiply) == len(names) == 2
    assert set(multiply.values()) == {1}
    assert "product" in names


@pytest.mark.slow
def test_without_the_map_nothing_multiplies(tmp_path: Path) -> None:
    check_network(network_of(11, "without K"), tmp_path)
