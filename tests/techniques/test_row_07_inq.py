"""INQ (1702.03044): zero and powers of two in 5 or 4 bits, and nothing multiplies."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.techniques import cells, compiled
from tests.techniques.rows import check, layer_of

ORACLE = ("ONNX Runtime", "a paper", "hardware tools")
ORACLE_REASON = "the paper says what is stored, ONNX Runtime what is computed"


@pytest.mark.parametrize("bits", [5, 4])
def test_powers_of_two(bits: int, tmp_path: Path) -> None:
    built = check(layer_of(7, f"{bits} bits"), tmp_path, 2304 * bits)
    assert not built.needs.products


@pytest.mark.slow
def test_synthesis_finds_nothing_to_multiply(tmp_path: Path) -> None:
    layer = layer_of(7, "5 bits")
    design, _ = compiled(layer, tmp_path)
    made = cells(design, tmp_path)
    assert (made.multipliers, made.dsp) == (0, 0)
