"""The table of tools in docs/rtl.md is what these tools say about emitted designs."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import tools
from benchmarks.tools import PAGE, TOOLS, compiled, page_rows, page_with, present, verible_says
from hwcompile.build_directory import rtl_sources
from hwcompile.resources import room
from tests.emit.networks import CASES

ORACLE = "Verilator, Yosys, slang, Verible, Icarus Verilog"

PACKAGES = {"Verilator", "Yosys", "slang", "Verible"}
"""Those that developers have; others are asked where they are installed."""


@pytest.mark.parametrize("name", sorted(CASES))
def test_the_table_says_what_tools_say(name: str, tmp_path: Path) -> None:
    design = compiled(name, tmp_path / "build")
    page, column = page_rows(PAGE.read_text(encoding="utf-8")), 1 + sorted(CASES).index(name)
    found = {tool.name: "yes" if tool.takes(design) else "no" for tool in present()}
    assert found.keys() >= PACKAGES
    for tool in present():
        cells = page[tool.name].split(" | ")
        if cells[-2] == tool.version() or tool.name in PACKAGES or cells[column] == "yes":
            assert found[tool.name] == cells[column], tool.name  # a later one may take more


def test_every_tool_has_a_row_and_what_it_refuses_a_way() -> None:
    page = page_rows(PAGE.read_text(encoding="utf-8"))
    assert list(page) == [tool.name for tool in TOOLS]
    for tool in TOOLS:
        cells = page[tool.name].split(" | ")
        assert cells[-1] == f"{tool.note} |\n"
        assert set(cells[1:-2]) <= {"yes", "no"}
        assert "no" not in cells[1:-2] or "Verilog-2005" in tool.note


def test_rows_of_tools_that_are_not_here_stay() -> None:
    text = PAGE.read_text(encoding="utf-8")
    name = "Icarus Verilog"
    changed = page_with(text, {name: "| Icarus Verilog | yes | yes | yes | 99 | all |\n"})
    assert page_with(changed, {name: page_rows(text)[name]}) == text
    others = page_rows(changed)
    assert others.pop(name) != page_rows(text)[name]
    assert others.items() <= page_rows(text).items()


def test_a_design_that_is_no_systemverilog_is_refused_by_all(tmp_path: Path) -> None:
    design = compiled("plain", tmp_path / "build")
    (design.directory / "manifest.json").unlink()
    path = rtl_sources(design.directory)[-1]
    path.write_text(path.read_text().replace("endmodule", "endmodul"))
    assert not [tool.name for tool in present() if tool.takes(design)]


def test_verilog_2005_that_computes_something_else_is_found(tmp_path: Path) -> None:
    if not tools.said("iverilog", "-V"):
        pytest.skip("Icarus Verilog is not installed")
    design = compiled("plain", tmp_path / "build")
    path = Path(tools.plain_verilog(design))
    assert tools.icarus_simulates(design)
    text = path.read_text()
    path.write_text(text.replace("assign m_axis_tdata = ", "assign m_axis_tdata = ~"))
    assert path.read_text() != text
    assert not tools.icarus_simulates(design)


def test_every_module_of_the_library_is_clean_in_verible() -> None:
    """Also those of kernels that the three designs do not have."""
    modules = sorted(room("templates").glob("library/*/*.sv"))
    assert len(modules) > 100
    assert verible_says(*modules) == ""
