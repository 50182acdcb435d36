"""Loss-aware binarization (1611.01600): a factor for each layer, folded into what follows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.techniques.planned import check_plan
from tests.techniques.rows import check_network, network_of

ORACLE = ("ONNX Runtime", "numpy", "a paper")
ORACLE_REASON = "the paper says what is stored; the cell is written in numpy"


def test_factors_cost_nothing(tmp_path: Path) -> None:
    assert check_plan(network_of(17, "binarization"), tmp_path).products == 0


@pytest.mark.slow
def test_a_cell_of_one_bit(tmp_path: Path) -> None:
    check_network(network_of(17, "LSTM"), tmp_path)
