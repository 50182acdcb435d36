"""Loss-aware binarization (1611.01600): a factor for each layer, folded into what follows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.techniques.rows import check_network, check_synthesis, network_of

ORACLE = ("ONNX Runtime", "numpy", "a paper", "hardware tools")
ORACLE_REASON = "the paper says what is stored; the cell is written in numpy"


def test_factors_cost_nothing(tmp_path: Path) -> None:
    found = check_network(network_of(17, "binarization"), tmp_path)
    assert not any(one.needs.products for one in found.parts)


def test_a_cell_of_one_bit(tmp_path: Path) -> None:
    check_network(network_of(17, "LSTM"), tmp_path)


@pytest.mark.slow
def test_synthesis_finds_nothing_to_multiply(tmp_path: Path) -> None:
    network = network_of(17, "binarization")
    check_synthesis(check_network(network, tmp_path), network, tmp_path)
