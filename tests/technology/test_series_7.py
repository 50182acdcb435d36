"""Yosys for 7-series: what docs/rtl.md says of it, and the rules of the resource model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import area
from benchmarks.area_units import SERIES_7, UNITS
from hwcompile.families import fpga_family
from hwcompile.toolchains import series_7
from tests.models import ROOT
from tests.technology.test_products import NEAR, WIDE, products_text

ORACLE = "Yosys"

PAGE = (ROOT / "docs" / "rtl.md").read_text(encoding="utf-8")
KEPT = "setattr -mod -set keep_hierarchy 1 *hw_weight_rom*"


def test_the_page_has_the_line_that_the_benchmark_uses() -> None:
    assert f"\n{KEPT}\n" in PAGE
    assert series_7.KEPT == KEPT


def test_what_abc_does_not_prove_is_mapped_the_same(tmp_path: Path) -> None:
    text = "module top(input [7:0] a, b, output [9:0] y); assign y = 3 * a + b; endmodule"
    (tmp_path / "sum.v").write_text(text)
    found, proofs = [], []
    for proved in (True, False):
        found.append(series_7.cells_of(tmp_path, ["sum.v"], "top", proved=proved))
        proofs.append("&verify" in (tmp_path / "yosys_unit.log").read_text())
    assert proofs == [True, False]
    assert found[0] == found[1]


@pytest.mark.slow
def test_a_memory_in_tables_takes_two_for_seven_address_bits() -> None:
    """128 rows of 152 bits in use: 304 tables of the 750, which are many more without the line."""
    (unit,) = (unit for unit in UNITS if unit.name == "int4_pe4_simd8")
    use = area.measured(unit.subject(), SERIES_7)
    assert use.lut <= 800
    assert use.dsp == 8


@pytest.mark.slow
def test_products_of_signed_factors_go_where_the_table_says(tmp_path: Path) -> None:
    """Unsigned factors count as with one bit more, which the arithmetic of lanes gives them."""
    pairs = [pair for pair in (*NEAR, *WIDE) if sorted(pair)[0] <= 18 and sorted(pair)[1] <= 25]
    text, names = products_text(pairs, ("signed",))
    kept = text.replace("module signed_", "(* keep_hierarchy *) module signed_")
    (tmp_path / "products.sv").write_text(kept)
    series_7.cells_of(tmp_path, ["products.sv"], "top")
    modules = json.loads((tmp_path / "cells.json").read_text())["modules"]
    made = {name: _blocks(modules[f"\\{name}"]["num_cells_by_type"]) for name in names}
    table = fpga_family("artix7").products
    assert made == {f"signed_{a}_{b}": table.blocks(a, b) for a, b in pairs}


def _blocks(cells: dict[str, object]) -> int:
    found = cells.get("DSP48E1", 0)
    return int(found["count"]) if isinstance(found, dict) else int(str(found))
