"""Files and functions stay short, and functions take few things.

The limits are those the project set itself; exceptions are named here with what they have today,
and may only become fewer and smaller.
"""

from __future__ import annotations

import ast
import re

import numpy as np

from benchmarks.pages import ROOT
from hwcompile.emit.shelves import source_files
from tests.house.measures import Function, files, functions, functions_in

MEDIAN, LONGEST_PERCENT, FILE, PARAMETERS, MODULE = 7, 50, 400, 8, 20

WIDE_FUNCTIONS = {
    # Of a command every option is a parameter: Typer reads them off the signature.
    "cli/build.py:build_command": 9,
    "cli/compile.py:compile_command": 19,
    "cli/run.py:run_command": 10,
    "cli/explore.py:explore_command": 15,
    "cli/simulate.py:simulate_command": 9,
    "cli/verify.py:verify_command": 10,
}


def all_functions() -> list[Function]:
    return [found for path in files() for found in functions(path)]


def test_functions_are_short() -> None:
    lines = np.array([found.lines for found in all_functions()])
    assert lines.size > 2000
    assert np.median(lines) <= MEDIAN
    assert np.percentile(lines, 99) <= LONGEST_PERCENT


def test_files_are_short() -> None:
    rooms = ("hwcompile", "hwcompile_runtime", "tests", "benchmarks", "examples")
    paths = [path for room in rooms for path in sorted((ROOT / room).rglob("*.py"))]
    lengths = {
        str(path.relative_to(ROOT)): path.read_text(encoding="utf-8").count("\n") for path in paths
    }
    assert len(lengths) > 500
    long = {name: n for name, n in lengths.items() if n > FILE}
    assert not long, "split them by idea"


def test_public_functions_take_few_things() -> None:
    wide = {f.name: f.parameters for f in all_functions() if f.public}
    wide = {name: n for name, n in wide.items() if n > WIDE_FUNCTIONS.get(name, PARAMETERS)}
    assert not wide, "give them one object that holds what belongs together"


def test_library_modules_take_few_parameters() -> None:
    modules = list(source_files().values())
    assert len(modules) > 50
    wide = {}
    for path in modules:
        text = re.sub(r"//[^\n]*", "", path.read_text(encoding="utf-8"))
        count = len(re.findall(r"\bparameter\b", text))
        if count > MODULE:
            wide[path.stem] = count
    assert not wide, "put what belongs together in a package"


def test_methods_nested_functions_and_private_names_are_counted_as_such() -> None:
    text = (
        "def f(a, *, b):\n    def g(): pass\n"
        "class _C:\n    def h(self, a):\n        '''Doc.'''\n        return a\n"
        "class D:\n    def __init__(self): pass\n"
    )
    found = {f.name: f for f in functions_in(ast.parse(text), "", public=True)}
    assert [(f.lines, f.parameters, f.public) for f in found.values()] == [
        (2, 2, True),
        (1, 0, False),
        (3, 1, False),
        (1, 0, True),
    ]
    assert list(found) == ["f", "f.g", "_C.h", "D.__init__"]
