"""ZipML (1611.05402): levels that follow the data, any sorted table of them."""

from __future__ import annotations

from pathlib import Path

from hwcompile.ir.types import IntType
from tests.techniques.planned import check_plan
from tests.techniques.rows import check, layer_of, network_of

ORACLE = ("ONNX Runtime", "a paper")
ORACLE_REASON = "the paper says what is stored, ONNX Runtime what is computed"


def test_five_levels(tmp_path: Path) -> None:
    check(layer_of(16), tmp_path, 2304 * 3 + 8 * 8)


def test_levels_of_activations(tmp_path: Path) -> None:
    """Comparisons and heights, spelled out: a stream of whole multiples of their step."""
    found = check_plan(network_of(16, "activations"), tmp_path)
    sums = found.of("matmul")[-1]
    assert sums.site.inputs[0].element == IntType(0, 130)
