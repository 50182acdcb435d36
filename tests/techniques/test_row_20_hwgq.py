"""HWGQ (1702.00953): binary weights, activations of two bits, even levels and those of Lloyd."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hwcompile import compress
from tests.techniques.planned import check_plan
from tests.techniques.rows import network_of

ORACLE = ("ONNX Runtime", "QONNX executor", "a paper")
ORACLE_REASON = "the paper says what the levels are, executors what is computed"


def test_levels_are_those_of_the_paper() -> None:
    even = compress.half_wave_levels(3)
    np.testing.assert_allclose(even, np.multiply(0.538, [1, 2, 3]), atol=3e-3)
    np.testing.assert_allclose(compress.half_wave_levels(2, even=False), [0.453, 1.51], atol=0.02)


@pytest.mark.parametrize("name", ["spelled out", "Quant", "Lloyd"])
def test_levels_of_activations(name: str, tmp_path: Path) -> None:
    """A level is added or subtracted, whatever it is."""
    assert check_plan(network_of(20, name), tmp_path).products == 0
