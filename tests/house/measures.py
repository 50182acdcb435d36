"""Counts lines and parameters of the package: files, functions, classes."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

from benchmarks.pages import ROOT

PACKAGE = ROOT / "hwcompile"
RUNTIME = ROOT / "hwcompile_runtime"
"""What hosts need of the package, in a package of its own."""


@dataclass(frozen=True)
class Function:
    """A function or method.

    Attributes:
        name: `<file>:<class>.<name>`, the file as `place_of` names it.
        lines: From `def` to its end, docstring included.
        parameters: All it takes, without `self` and `cls`.
        public: True when no name on the way to it begins with an underscore.
    """

    name: str
    lines: int
    parameters: int
    public: bool


def files() -> list[Path]:
    """The source files of the package and of its runtime, sorted."""
    return [*sorted(PACKAGE.rglob("*.py")), *sorted(RUNTIME.rglob("*.py"))]


def place_of(path: Path) -> str:
    """A file's name: below the package, or from its runtime on."""
    return str(path.relative_to(ROOT)).removeprefix(f"{PACKAGE.name}/")


def functions(path: Path) -> list[Function]:
    """All functions in a file, nested ones as well."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return list(functions_in(tree, f"{place_of(path)}:", public=True))


def functions_in(node: ast.AST, prefix: str, public: bool) -> list[Function]:
    found = []
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.ClassDef):
            special = child.name.startswith("__") and child.name.endswith("__")
            seen = public and (special or not child.name.startswith("_"))
            name = f"{prefix}{child.name}"
            if isinstance(child, ast.FunctionDef):
                lines = (child.end_lineno or child.lineno) - child.lineno + 1
                found.append(Function(name, lines, _parameters(child), seen))
                seen = False
            found += functions_in(child, f"{name}.", seen)
        elif not isinstance(child, ast.expr):
            found += functions_in(child, prefix, public)
    return found


def _parameters(node: ast.FunctionDef) -> int:
    given = node.args
    names = [a.arg for a in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    return sum(name not in ("self", "cls") for name in names)
