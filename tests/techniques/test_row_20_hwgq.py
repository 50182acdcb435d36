"""HWGQ (1702.00953): binary weights, activations of two bits, even levels and those of Lloyd."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hwcompile import compress
from tests.techniques.rows import check_network, check_synthesis, network_of

ORACLE = ("ONNX Runtime", "QONNX executor", "a paper", "hardware tools")
ORACLE_REASON = "the paper says what the levels are, executors what is computed"


def test_levels_are_those_of_the_paper() -> None:
    even = compress.half_wave_levels(3)
    np.testing.assert_allclose(even, np.multiply(0.538, [1, 2, 3]), atol=3e-3)
    np.testing.assert_allclose(compress.half_wave_levels(2, even=False), [0.453, 1.51], atol=0.02)


@pytest.mark.parametrize(
    "name",
    ["spelled out", pytest.param("Quant", marks=pytest.mark.slow), "Lloyd"],
)
def test_levels_of_activations(name: str, tmp_path: Path) -> None:
    """A level is added or subtracted, whatever it is."""
    check_network(network_of(20, name), tmp_path)


@pytest.mark.slow
def test_synthesis_finds_nothing_to_multiply(tmp_path: Path) -> None:
    network = network_of(20, "spelled out")
    check_synthesis(check_network(network, tmp_path), network, tmp_path)
