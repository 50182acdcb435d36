"""LBCNN (1608.06049): fixed sparse filters of -1, 0 and 1 are adders; nothing is stored."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.techniques import compiled, mismatches, products
from benchmarks.techniques_layers import POSITIONS, SHAPE, Layer, Random, Weights
from hwcompile.explore.encodings import weight_bits
from hwcompile.ops.arithmetic.adders.kernel import Adders

ORACLE = ("ONNX Runtime", "a paper")
ORACLE_REASON = "the paper says what the filters are, ONNX Runtime what is computed"


def binary_patterns(random: Random) -> Weights:
    """One weight in ten is -1 or 1 (the paper's sparsity of 0.9)."""
    return np.where(random.random(SHAPE) < 0.1, random.choice([-1, 1], SHAPE), 0)


def test_fixed_filters_are_adders(tmp_path: Path) -> None:
    layer = Layer(26, "LBCNN", binary_patterns, lambda weights: 0, cycles=POSITIONS)
    design, weights = compiled(layer, tmp_path)
    assert mismatches(layer, design, weights) == 0
    (built,) = products(tmp_path / "layer.onnx", layer.cycles)
    assert isinstance(built, Adders)
    assert built.interval == POSITIONS
    assert weight_bits(built) == 0
    assert not built.needs.products
    outputs = np.count_nonzero(weights.any(axis=(1, 2, 3)))
    assert len(built.graph.adders) <= np.count_nonzero(weights) - outputs
