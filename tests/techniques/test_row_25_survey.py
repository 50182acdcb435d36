"""Survey of compression (1710.09282): its four families, and a test for each technique."""

from __future__ import annotations

import re

from benchmarks.techniques_matrix import FAMILIES, TESTS, family_of, rows
from tests.models import ROOT

ORACLE = "a paper"
ORACLE_REASON = "the survey says which families there are"

PAGE = ROOT / "docs" / "compression.md"


def test_the_page_names_families_and_tests() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert "1710.09282" in text
    named = re.findall(r"^\| (\d+) \| .* \| (.*) \| `(test_row_(\d+)_\w+\.py)` \|$", text, re.M)
    assert {int(row) for row, *_ in named} >= set(range(1, 30)) - {27}
    for row, family, test, number in named:
        assert (TESTS / test).is_file()
        assert int(row) == int(number)
        assert family == family_of(int(row))


def test_every_module_is_about_a_paper() -> None:
    for row in rows():
        assert re.search(r"\d{4}\.\d{4,5}|[A-Z]{4}|(?:19|20)\d\d", str(row["name"])), row
    assert list(FAMILIES) == sorted(FAMILIES)
