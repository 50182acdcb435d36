"""Every declared dependency is used, and everything used is declared."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest

from tests.models import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]

QKERAS = [
    line
    for line in (ROOT / "benchmarks/qkeras.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]
"""What is installed in an environment of its own."""

MODULES = {
    "cocotb": ("cocotb", "cocotb_tools"),
    "cocotbext-axi": ("cocotbext",),
    "cyclonedx-python-lib": ("cyclonedx",),
    "hgq2": ("hgq",),
    "protobuf": ("google",),
    "pyedaa-ipxact": ("pyEDAA",),
    "pyserial": ("serial",),
    "pyyaml": ("yaml",),
    "scikit-learn": ("sklearn",),
    "systemrdl-compiler": ("systemrdl",),
    "z3-solver": ("z3",),
}
"""Modules of distributions whose modules have other names than they."""

PROGRAMS = {
    "import-linter": "lint-imports",
    "ipykernel": "kernelspec",
    "mkdocs-material": "mkdocs",
    "pre-commit": "repos",
    "pytest-xdist": "-n auto",
}
"""What shows that a developers' tool is in use, where that is not its name."""

OF_TCLINT = {"ply", "pygls", "voluptuous", "importlib-metadata"}
"""What tclint needs, which the Makefile installs without its own list."""

ROOMS = (
    "hwcompile",
    "hwcompile_runtime",
    "templates",
    "sim",
    "tests",
    "benchmarks",
    "examples",
    ".ci",
)
TEXTS = ("*.py", "*.j2", "*.sv", "*.v", "*.tcl", "run")
OWN = {"hwcompile", "hwcompile_runtime", "tests", "benchmarks"}


def name_of(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found is not None
    return found[0]


def modules_of(requirement: str) -> tuple[str, ...]:
    name = name_of(requirement)
    return MODULES.get(name, (name.replace("-", "_"),))


@cache
def imported(room: Path) -> tuple[tuple[str, Path], ...]:
    """Modules that the Python files of a folder import, with the file."""
    return tuple(_imports(room))


def _imports(room: Path) -> Iterator[tuple[str, Path]]:
    beside = {path.stem for path in room.rglob("*.py")}
    for path in room.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            else:
                continue
            for name in (n.split(".")[0] for n in names):
                if name not in sys.stdlib_module_names | OWN | beside:
                    yield name, path


@pytest.mark.parametrize("requirement", PROJECT["dependencies"])
def test_every_declared_dependency_is_imported(requirement: str) -> None:
    found = {name for name, _ in imported(ROOT / "hwcompile")}
    assert found & set(modules_of(requirement)), f"nothing in hwcompile imports {requirement}"


def test_every_import_of_the_package_is_declared() -> None:
    extras = [
        r
        for extra in ("sim", "fpga", "explore", "spi", "oracle", "test", "hls4ml")
        for r in EXTRAS[extra]
    ]
    declared = {m for r in [*PROJECT["dependencies"], *extras] for m in modules_of(r)}
    found = imported(ROOT / "hwcompile")
    assert len(found) > 100
    assert [f"{path}: {name}" for name, path in found if name not in declared] == []


def test_users_install_nothing_under_the_gpl() -> None:
    """Of all that the extras for users bring: what is installed says what it needs."""
    users = [r for extra in EXTRAS if extra != "dev" for r in EXTRAS[extra] if extra != "train"]
    waiting, seen = {name_of(r) for r in [*PROJECT["dependencies"], *users]} - {"hwcompile"}, set()
    while waiting:
        name = waiting.pop()
        seen.add(name)
        with suppress(PackageNotFoundError):
            needed = (r for r in requires(name) or () if "extra ==" not in r)
            waiting |= {canonical(name_of(r)) for r in needed} - seen
    assert {"markupsafe", "numpy"} <= seen
    assert sorted(seen & {"scapy", "cocotbext-axi", "cocotb-bus"}) == []


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_runtime_needs_numpy_only() -> None:
    runtime = tomllib.loads((ROOT / "runtime" / "pyproject.toml").read_text(encoding="utf-8"))
    (needed,) = runtime["project"]["dependencies"]
    assert {name for name, _ in imported(ROOT / "hwcompile_runtime")} == {name_of(needed)}
    named = {
        name
        for text in ("serial", "spi")
        for name in map(name_of, runtime["project"]["optional-dependencies"][text])
    }
    text = "".join(p.read_text("utf-8") for p in (ROOT / "hwcompile_runtime").glob("*.py"))
    loaded = {found.split(".")[0] for found in re.findall(r'import_module\("([\w.]+)"\)', text)}
    assert loaded == {module for name in named for module in modules_of(name)}


@pytest.mark.parametrize("room", ["tests", "benchmarks", "examples"])
def test_every_import_beside_the_package_is_declared(room: str) -> None:
    every = [*PROJECT["dependencies"], *(r for extra in EXTRAS.values() for r in extra), *QKERAS]
    declared = {module for requirement in every for module in modules_of(requirement)}
    found = imported(ROOT / room)
    assert [f"{path}: {name}" for name, path in found if name not in declared] == []


@pytest.fixture(scope="module")
def words() -> set[str]:
    """The words of everything that may name an optional package."""
    paths = [p for room in ROOMS for pattern in TEXTS for p in (ROOT / room).rglob(pattern)]
    paths += [ROOT / "Makefile", ROOT / "mkdocs.yml", ROOT / ".pre-commit-config.yaml"]
    here = Path(__file__)
    return {
        word
        for path in paths
        if path.is_file() and path != here
        for word in re.findall(r"\w+(?:-\w+)*|-n auto", path.read_text(encoding="utf-8"))
    }


@pytest.mark.parametrize("extra", [e for e in EXTRAS if e != "all"])
def test_every_optional_dependency_is_used(extra: str, words: set[str]) -> None:
    unused = []
    for requirement in EXTRAS[extra]:
        name = name_of(requirement)
        if name in OF_TCLINT | {"hwcompile"}:
            continue
        marks = (*modules_of(requirement), PROGRAMS.get(name, name))
        if not words & set(marks):
            unused.append(requirement)
    assert unused == []
