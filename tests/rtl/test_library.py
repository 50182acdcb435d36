"""Every module of the library stands on its own: it elaborates as a top level in both tools."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from hwcompile.diagnostics import CompileError
from hwcompile.emit.library import module_text
from hwcompile.emit.shelves import source_files
from hwcompile.resources import room
from hwcompile.verify.verilator import lint
from tests.rtl.formal import YOSYS
from tests.rtl.library import sources, written

SOURCES = [*source_files(), "hw_products", "hw_encoding_pkg"]
MODULES = [name for name in SOURCES if not name.endswith("_pkg")]

HARMLESS = ("Replacing memory",)
"""Warnings of Yosys about correct code."""


def _yosys(module: str, folder: Path) -> tuple[int, list[str]]:
    """Elaborate a module from the sources in `folder`."""
    script = f"""\
read_verilog -sv {" ".join(map(str, sources(folder)))}
hierarchy -check -top {module}
proc
check -assert
"""
    result = subprocess.run([sys.executable, "-c", YOSYS, script], capture_output=True, text=True)
    lines = (result.stdout + result.stderr).splitlines()
    found = [line for line in lines if re.search(r"\b(Warning|ERROR):", line)]
    return result.returncode, [w for w in found if not any(h in w for h in HARMLESS)]


def _instantiates(module: str, part: str) -> bool:
    text = module_text(module)
    return re.search(rf"^ +{part} (#\(|\w+ \()", text, re.MULTILINE) is not None


def test_there_are_modules() -> None:
    assert len(MODULES) >= 10


@pytest.mark.parametrize("module", SOURCES)
def test_a_file_holds_the_module_of_its_name(module: str) -> None:
    text = module_text(module)
    assert re.findall(r"^(?:module|package) (\w+)", text, re.MULTILINE) == [module]
    code = re.sub(r"//[^\n]*", "", text).strip()
    assert code.startswith("`default_nettype none")
    assert code.endswith("`default_nettype wire")
    assert text.startswith("// ")
    assert text.isascii()
    assert max(map(len, text.splitlines())) <= 100
    assert len(text.splitlines()) <= 300
    assert "lint_off" not in text
    # A design's name is put in front of module names; Verilator and others read some words as
    # orders where they stand first in a comment.
    assert not re.search(r"//\s*hw_", text)


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize("define", ["", "-DHW_TAP"])
def test_verilator_has_no_warning(module: str, define: str, tmp_path: Path) -> None:
    options = [define] if define else []
    # Verilator warns about the outermost instance of a recursive module if it is the top level.
    users = [name for name in MODULES if name != module and _instantiates(name, module)]
    tops = users if _instantiates(module, module) else [module]
    assert tops, "a recursive module is read through the modules that use it"
    for top in tops:
        lint(written(top, tmp_path), top, options)


@pytest.mark.parametrize("module", MODULES)
def test_yosys_has_no_warning(module: str, tmp_path: Path) -> None:
    written(module, tmp_path)
    code, warnings = _yosys(module, tmp_path)
    assert not warnings
    assert code == 0


def test_faults_are_seen(tmp_path: Path) -> None:
    """An undriven wire is a warning in both tools, and both checks must fail on it."""
    text = module_text("hw_join")
    bad = text.replace("assign valid_o = &valid_i;", "")
    assert bad != text
    (tmp_path / "hw_join.sv").write_text(bad)
    with pytest.raises(CompileError, match="UNDRIVEN"):
        lint([tmp_path / "hw_join.sv"], "hw_join")
    code, warnings = _yosys("hw_join", tmp_path)
    assert code != 0
    assert warnings


def test_no_unary_operator_before_a_sized_cast() -> None:
    """Yosys 0.70 reads `-Width'(x)` as a cast to `-Width` bits: the sign is lost without a word."""
    wrong = re.compile(r"(?:^|[=(?:,{<>&|]|return)[ \t]*[-~!][ \t]*[A-Za-z_0-9]+'\(", re.MULTILINE)
    assert wrong.search("q <= -Width'(x);")
    assert wrong.search("y = a ? ~Width'(x) : b;")
    assert not wrong.search("y = a - Width'(x);")
    for path in sorted(room("templates").rglob("*.sv*")):
        assert not wrong.search(path.read_text()), path.name
