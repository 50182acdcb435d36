"""Networks of several rows in one design, at every level; and that no row is left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.techniques_layers import LAYERS
from tests.techniques.planned import networks_of, together
from tests.techniques.rows import check_network, network_of

ORACLE = ("QONNX executor",)

ROWS = (
    (37, ""), (51, ""), (52, ""), (56, "spatial"), (60, ""), (65, ""), (71, "wide"), (75, ""),
)  # fmt: skip

FEW_BITS = (
    (2, "residual"), (4, "dynamic"), (5, ""), (9, ""), (10, "spelled out"), (12, "of 3 and"),
    (16, "five levels of act"), (17, "binarization"), (20, "spelled out"), (20, "Lloyd"), (29, ""),
)  # fmt: skip

ELSEWHERE = (66, 68, 69, 70)
"""Rows from 30 to 71 whose tests need no network of the table."""

NO_FORM = (23, 25)
"""A framework and a survey, which have no form in hardware."""


@pytest.mark.parametrize("rows", [ROWS, FEW_BITS], ids=["structure", "few bits"])
def test_rows_at_all_levels(rows: tuple[tuple[int, str], ...], tmp_path: Path) -> None:
    check_network(together([network_of(*row) for row in rows]), tmp_path)


@pytest.mark.parametrize("row", [row for row in range(1, 72) if row not in ELSEWHERE])
def test_a_row_has_a_place_in_the_table_and_a_test(row: int) -> None:
    assert row in NO_FORM or networks_of(row) or any(layer.row == row for layer in LAYERS)
    assert list(Path(__file__).parent.glob(f"test_row_{row:02}_*.py"))
