"""BNN (1602.02830): signs of weights and activations; pixels, normalization and maxima included."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.techniques_networks.binary import FORMS
from tests.techniques.rows import check_network, check_synthesis, network_of

ORACLE = ("ONNX Runtime", "QONNX executor", "a paper", "hardware tools")
ORACLE_REASON = "the paper says what a lane is, executors what is computed"


@pytest.mark.parametrize(
    "form", [f if f == "where" else pytest.param(f, marks=pytest.mark.slow) for f in FORMS]
)
def test_lanes_agree_or_add(form: str, tmp_path: Path) -> None:
    """However signs are written: pixels are added and subtracted, signs compared and counted."""
    found = check_network(network_of(10, FORMS[form]), tmp_path)
    first, *others = (one for one in found.parts if one.op.family == "matmul")
    assert "added or subtracted" in first.comment
    assert len(others) == 2
    assert all("xnor" in one.comment for one in others)


@pytest.mark.slow
def test_synthesis_finds_nothing_to_multiply(tmp_path: Path) -> None:
    network = network_of(10, FORMS["where"])
    check_synthesis(check_network(network, tmp_path), network, tmp_path)
