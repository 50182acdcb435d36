"""TTQ (1612.01064): two levels and zero; sums of inputs, and two products for each of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.techniques import cells, compiled
from benchmarks.techniques_layers import OUTPUTS, save, weights_of
from tests.techniques.rows import check, layer_of, planned_products

ORACLE = ("ONNX Runtime", "a paper", "hardware tools")
ORACLE_REASON = "the paper says what is stored, ONNX Runtime what is computed"


@pytest.mark.parametrize("word", ["two levels", pytest.param("zero", marks=pytest.mark.slow)])
def test_two_levels_and_zero(word: str, tmp_path: Path) -> None:
    """Two bits of a weight and the two levels; or an entry for each weight that is not zero."""
    layer = layer_of(18, word if word != "zero" else "most weights")
    entries = int(np.count_nonzero(weights_of(layer)))
    sums = (entries + entries % 2) * 9 if layer.sparse else 2304 * 2
    built = check(layer, tmp_path, sums + 2 * 8)
    assert built.kernel.name == ("sparse" if layer.sparse else "folded")
    assert not built.needs.products


@pytest.mark.parametrize(("cycles", "count"), [(9216, 1), (2048, 1), (576, 4), (64, 32)])
def test_an_output_lane_has_two_products_at_most(cycles: int, count: int, tmp_path: Path) -> None:
    """However many inputs a lane has: none in front of the sums, two for each sum behind."""
    save(layer_of(18, "two levels"), tmp_path / "layer.onnx")
    sums, levels = planned_products(tmp_path / "layer.onnx", cycles)
    assert max(sums.interval, levels.interval) <= cycles
    assert not sums.needs.products
    multipliers = sum(each.count for each in levels.needs.products)
    assert multipliers == count <= 2 * -(-OUTPUTS // cycles)


@pytest.mark.slow
@pytest.mark.parametrize("word", ["two levels", "most weights"])
def test_synthesis_finds_two_products(word: str, tmp_path: Path) -> None:
    design, _ = compiled(layer_of(18, word), tmp_path)
    made = cells(design, tmp_path)
    assert max(made.multipliers, made.dsp) <= 2
