"""Balanced quantization (1611.10176): even levels, each of which has as many weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hwcompile import compress
from tests.techniques.rows import check_network, network_of

ORACLE = ("numpy", "a paper")
ORACLE_REASON = "the cell written in numpy; the paper says that the histogram is flat"


def test_weights_take_their_bits(tmp_path: Path) -> None:
    check_network(network_of(15), tmp_path)


@pytest.mark.parametrize("bits", [1, 2, 3, 4])
def test_the_histogram_is_flat(bits: int) -> None:
    """Within one weight; levels are even and odd multiples of half a step."""
    weights = np.random.default_rng(bits).normal(size=(7, 13))
    codes = compress.balanced(weights, bits, means=False)
    order = np.argsort(weights, axis=None)
    assert np.all(np.diff(codes.reshape(-1)[order]) >= 0)
    levels, counts = np.unique(codes, return_counts=True)
    assert levels.size == 1 << bits
    np.testing.assert_allclose(np.diff(levels), levels[-1] - levels[-2])
    assert counts.max() - counts.min() <= 1
