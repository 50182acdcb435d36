"""Networks of several rows in one design, at every level: equal integers, predicted cycles."""

from __future__ import annotations

from pathlib import Path

from tests.techniques.planned import together
from tests.techniques.rows import check_network, network_of

ORACLE = ("QONNX executor",)

ROWS = (
    (37, ""), (51, ""), (52, ""), (56, "spatial"), (60, ""), (65, ""), (71, "wide"), (75, ""),
)  # fmt: skip


def test_rows_at_all_levels(tmp_path: Path) -> None:
    check_network(together([network_of(*row) for row in ROWS]), tmp_path)
