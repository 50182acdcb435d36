"""QNN (1609.07061): weights and activations of 1 to 4 bits, also in a recurrent cell."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from benchmarks.techniques_networks.few_bits import qnn
from tests.techniques.planned import check_plan, together
from tests.techniques.rows import check_network, network_of

ORACLE = ("QONNX executor", "numpy", "a paper")
ORACLE_REASON = "the paper says what is stored; cells are written in numpy"

WIDTHS = list(product(range(1, 5), repeat=2))


@pytest.mark.parametrize(("weights", "activations"), [(1, 2), (4, 3)])
def test_few_bits(weights: int, activations: int, tmp_path: Path) -> None:
    check_plan(qnn(weights, activations), tmp_path)


@pytest.mark.slow
def test_all_widths_at_all_levels(tmp_path: Path) -> None:
    """In one design."""
    check_network(together([qnn(*widths) for widths in WIDTHS]), tmp_path)


@pytest.mark.slow
def test_activations_are_powers_of_two(tmp_path: Path) -> None:
    """Spelled out with Log, Round and Pow."""
    check_network(network_of(12, "logarithmic"), tmp_path)


@pytest.mark.slow
def test_a_cell_of_4_bits(tmp_path: Path) -> None:
    check_network(network_of(12, "LSTM"), tmp_path)
