"""Networks of several rows in one design, at every level; and that no row is left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.techniques.planned import networks_of, together
from tests.techniques.rows import check_network, network_of

ORACLE = ("QONNX executor",)

ROWS = (
    (37, ""), (51, ""), (52, ""), (56, "spatial"), (60, ""), (65, ""), (71, "wide"), (75, ""),
)  # fmt: skip

ELSEWHERE = (45, 66, 68, 69, 70)
"""Rows from 30 to 71 whose tests need no network of the table."""


def test_rows_at_all_levels(tmp_path: Path) -> None:
    check_network(together([network_of(*row) for row in ROWS]), tmp_path)


@pytest.mark.parametrize("row", [row for row in range(30, 72) if row not in ELSEWHERE])
def test_a_row_has_a_network_and_a_test(row: int) -> None:
    assert networks_of(row)
    assert list(Path(__file__).parent.glob(f"test_row_{row}_*.py"))
