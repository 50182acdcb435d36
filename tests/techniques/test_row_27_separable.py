"""Separable binary kernels (1707.04693): filters share what a row or a column of signs gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.techniques import measured_network
from benchmarks.techniques_networks.separable import kernels
from tests.techniques.rows import check_network, network_of

ORACLE = ("numpy", "a paper", "hardware tools")
ORACLE_REASON = "two passes of three taps each, which the paper says are one of nine"


def test_two_passes_are_one_with_shared_sums(tmp_path: Path) -> None:
    """Without a bit of weights."""
    assert np.linalg.matrix_rank(kernels(True)).max() == 1
    found = check_network(network_of(27), tmp_path)
    assert found.weight_bits == 0
    assert found.kernels == "adder_graph"


@pytest.mark.slow
def test_synthesis_needs_fewer_look_up_tables(tmp_path: Path) -> None:
    row = measured_network(network_of(27), tmp_path)
    assert row["verdict"] == "met"
    assert row["lut"] < row["baseline_lut"]
