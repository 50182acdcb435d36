"""BNN (1602.02830): signs of weights and activations; pixels, normalization and maxima included."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.techniques_networks.binary import FORMS
from tests.techniques.planned import check_plan
from tests.techniques.rows import network_of

ORACLE = ("ONNX Runtime", "QONNX executor", "a paper")
ORACLE_REASON = "the paper says what a lane is, executors what is computed"


@pytest.mark.parametrize("form", FORMS)
def test_lanes_agree_or_add(form: str, tmp_path: Path) -> None:
    """However signs are written: pixels are added and subtracted, signs compared and counted."""
    first, *others = check_plan(network_of(10, FORMS[form]), tmp_path).of("matmul")
    assert "added or subtracted" in first.comment
    assert len(others) == 2
    assert all("xnor" in one.comment for one in others)
