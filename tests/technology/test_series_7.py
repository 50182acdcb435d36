"""What docs/rtl.md says of Yosys for 7-series: memories of weights stay memories."""

from __future__ import annotations

import pytest

from benchmarks import area
from benchmarks.area_units import SERIES_7, UNITS
from tests.models import ROOT

ORACLE = "Yosys"

PAGE = (ROOT / "docs" / "rtl.md").read_text(encoding="utf-8")
KEPT = "setattr -mod -set keep_hierarchy 1 *hw_weight_rom*"


def test_the_page_has_the_line_that_the_benchmark_uses() -> None:
    assert f"\n{KEPT}\n" in PAGE
    assert area.KEPT == KEPT


@pytest.mark.slow
def test_a_memory_in_tables_takes_two_for_seven_address_bits() -> None:
    """128 rows of 152 bits in use: 304 tables of the 750, which are many more without the line."""
    (unit,) = (unit for unit in UNITS if unit.name == "int4_pe4_simd8")
    use = area.measured(unit.subject(), SERIES_7)
    assert use.lut <= 800
    assert use.dsp == 8
