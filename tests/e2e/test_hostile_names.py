"""Names of models, nodes and tensors reach every output file as text, never as its language.

The oracles are the languages' own readers: Verilator and a C compiler read the design and the
driver, Python compiles its modules, Tcl's rules of substitution are applied by `_tcl_orders`, and
a mark inside each name shows where it went.
"""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import onnx
import pytest

import hwcompile
from hwcompile.boards import load_board
from hwcompile.build_directory import rtl_sources
from hwcompile.emit import quoting
from hwcompile.toolchains.board_top import TOP, write_board_top
from hwcompile.toolchains.vendor.project import project_files
from hwcompile.toolchains.vendor.soc import write_wrappers
from hwcompile.verify.verilator import lint
from tests.cli import small

ORACLE = "hardware tools"

MARK = "HwMark"
"""Identifiers are lower case: where it stands as it is, a name was printed."""
NAMES = (
    *(f"a; exec touch {MARK}", f"[exec touch {MARK}]", f"$(touch {MARK})", f"`touch {MARK}`"),
    *(f"a\n{MARK} b;", f"a\r\n  {MARK}\r", f'a"{MARK}"', f"a'{MARK}'", f"*/ {MARK} /*"),
    *(f"// {MARK} \\", f"{MARK}\\", f'"""{MARK}"""', f"{{{{{MARK}}}}}", f"{{% {MARK} %}}"),
    *(f"ä→{MARK}", f"\u202e{MARK}\u2028x", f"\U0001f600{MARK}", f"../../{MARK}", f"/tmp/{MARK}"),
    *(f"endmodule module {MARK}", f"verilator lint_off {MARK}", f"synopsys translate_off {MARK}"),
    *(f"%n%s{MARK}", f"$finish; {MARK}", f'`include "{MARK}"', f"|{MARK}|`x`", f"#{MARK}"),
    *("always", " ", "." * 3, "-rf", f"{MARK}" * 60, f"$::env({MARK})", f"??/\n{MARK}"),
)


def _model(folder: Path, name: str) -> Path:
    """The small network, everything in it called `name` and a number."""
    found = small.model()
    called = {"": ""}
    graph = found.graph
    for index, entry in enumerate((*graph.input, *graph.output, *graph.initializer)):
        called.setdefault(entry.name, f"{name}{index or ''}")
    for index, node in enumerate(graph.node):
        node.name = f"{name}{index or ''}"
        for value in node.output:
            called.setdefault(value, f"{name}n{index}")
    for node in graph.node:
        for values in (node.input, node.output):
            values[:] = [called[value] for value in values]
    for entry in (*graph.input, *graph.output, *graph.initializer):
        entry.name = called[entry.name]
    graph.name = name
    stem = re.sub(r"[/\x00]", "_", name)[:40].strip() or "nameless"
    path = folder / f"{stem}.onnx"
    onnx.save(found, path)
    return path


def _texts(folder: Path) -> dict[Path, str]:
    return {path: path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}


def _tcl_orders(text: str) -> list[str]:
    """Lines of a Tcl or constraint file that hold the mark outside a comment, or go on after it."""
    found = [line for line in text.splitlines() if MARK in line]
    return [line for line in found if not line.startswith("#") or line.endswith("\\")]


@pytest.mark.parametrize(
    "name",
    [
        name if i % 4 == 0 else pytest.param(name, marks=pytest.mark.slow)
        for i, name in enumerate(NAMES)
    ],
)
def test_a_hostile_name_is_text_in_every_file(tmp_path: Path, name: str) -> None:
    build = tmp_path / "out" / "build"
    design = hwcompile.compile(_model(tmp_path, name), build, fastest=True)
    before = sorted(tmp_path.iterdir())
    lint(rtl_sources(build), design.interface.top)
    top = tmp_path / "out" / "top"
    top.mkdir()
    written = write_board_top(build, load_board("icestick"), top)
    lint([*rtl_sources(build), *written], TOP)
    files: dict[str, str] = {}
    for board in ("arty_a7_35", "de10_nano", "pynq_z2"):
        files |= {f"{board}/{k}": v for k, v in project_files(build, load_board(board)).items()}
    files |= {str(path): text for path, text in _texts(write_wrappers(build)).items()}
    for path, text in files.items():
        if path.endswith(".py"):
            _is_only_data(ast.parse(text))
        if path.endswith((".tcl", ".xdc", ".qsf", ".sdc", ".sh")):
            assert not _tcl_orders(text), path
        if path.endswith((".sv", ".v")):
            code = re.sub(r'//[^\n]*|"(?:[^"\\\n]|\\.)*"', "", text)
            assert not re.search(rf"\W{MARK}\W", code), path
    assert sorted(tmp_path.iterdir()) == before, "files outside the build directory"
    host = json.loads((build / "host.json").read_text())
    assert design.interface.inputs[0].name == host["inputs"][0]["value"]
    shape = (2, 6)
    design.simulate(np.zeros(shape, np.float32), level="reference")


def _is_only_data(tree: ast.AST) -> None:
    """The mark is in strings of the module and in none of its names."""
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert not any(MARK in name for name in names)


@pytest.mark.parametrize("name", [NAMES[4], NAMES[8], NAMES[9], NAMES[10], NAMES[14], NAMES[-1]])
def test_a_hostile_name_is_text_in_the_c_driver(tmp_path: Path, name: str) -> None:
    from hwcompile.runtime.driver import write_driver

    design = hwcompile.compile(_model(tmp_path, name), tmp_path / "build", fastest=True)
    folder = tmp_path / "driver"
    write_driver(design.directory, design.graph.types, folder)
    compiler = shutil.which("gcc") or shutil.which("cc") or "g++"
    flags = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-trigraphs", "-fsyntax-only"]
    files = sorted(str(path) for path in folder.glob("*.c"))
    done = subprocess.run([compiler, *flags, *files], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("text", NAMES)
def test_quoting_gives_the_text_back(text: str) -> None:
    """Python and the shell read their own strings; the others are unquoted by their rules."""
    assert ast.literal_eval(quoting.python(text)) == text
    shown = subprocess.run(
        ["sh", "-c", f"printf %s {quoting.shell(text)}"], capture_output=True, check=True
    )
    assert shown.stdout.decode() == text
    literal = quoting.verilog(text)
    assert literal.isascii()
    assert "\n" not in literal
    octal = re.sub(rb"\\(\d{3})", lambda m: bytes([int(m[1], 8)]), literal[1:-1].encode())
    assert octal.decode() == text
    assert quoting.comment(text).isascii()
    assert "\n" not in quoting.markdown(text)


@pytest.mark.parametrize("name", ["hw_dot", "board_top", "hwcompile_link"])
def test_a_model_may_be_called_like_a_module_of_the_library(tmp_path: Path, name: str) -> None:
    design = hwcompile.compile(
        small.save(tmp_path, f"{name}.onnx"), tmp_path / "build", fastest=True
    )
    assert design.interface.top == f"n_{name}"
    lint(rtl_sources(design.directory), design.interface.top)
