"""LBCNN (1608.06049): fixed sparse filters of -1, 0 and 1 are adders; nothing is stored."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.techniques import compiled, mismatches, products
from benchmarks.techniques_layers import POSITIONS
from hwcompile.emit.opened import read_plan
from hwcompile.explore.encodings import weight_bits
from hwcompile.ops.arithmetic.adders.kernel import Adders
from tests.techniques.rows import layer_of

ORACLE = ("ONNX Runtime", "a paper")
ORACLE_REASON = "the paper says what the filters are, ONNX Runtime what is computed"


def test_fixed_filters_are_adders(tmp_path: Path) -> None:
    layer = layer_of(26)
    design, weights = compiled(layer, tmp_path)
    assert mismatches(layer, design, weights) == 0
    (built,) = products(read_plan(design.directory))
    assert isinstance(built, Adders)
    assert built.interval == POSITIONS
    assert weight_bits(built) == 0
    assert not built.needs.products
    outputs = np.count_nonzero(weights.any(axis=(1, 2, 3)))
    assert len(built.graph.adders) <= np.count_nonzero(weights) - outputs
