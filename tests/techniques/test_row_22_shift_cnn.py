"""ShiftCNN (1706.02393): sums of two powers of two in 8 bits, and nothing multiplies."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.techniques import cells, compiled
from tests.techniques.rows import check, layer_of

ORACLE = ("ONNX Runtime", "a paper", "hardware tools")
ORACLE_REASON = "the paper says what is stored, ONNX Runtime what is computed"


def test_two_powers_of_two(tmp_path: Path) -> None:
    built = check(layer_of(22), tmp_path, 2304 * 8)
    assert not built.needs.products


@pytest.mark.slow
def test_synthesis_finds_nothing_to_multiply(tmp_path: Path) -> None:
    design, _ = compiled(layer_of(22), tmp_path)
    made = cells(design, tmp_path)
    assert (made.multipliers, made.dsp) == (0, 0)
