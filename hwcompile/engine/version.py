"""What results depend on beside the model: the code of the compiler, and programs that it uses."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from hwcompile.families import family_names, fpga_family
from hwcompile.resources import room

_PACKAGES = ("numpy", "onnx", "networkx", "pymoo", "da4ml")
"""Whose versions decide what is searched and planned, and which class a frame is of."""

_SYNTHESIS = "pyosys"


@cache
def compiler_key() -> str:
    """Of everything that the compiler says: its code, figures, modules and templates, and packages.

    Raises:
        CompileError: HW0701 for an incomplete installation.
    """
    state = hashlib.sha256()
    package = Path(__file__).parents[1]
    # What a host computes decides accuracies; templates decide what is built.
    for root in (package, package.parent / "hwcompile_runtime", room("templates")):
        for path in sorted(_files(root)):
            state.update(f"{root.name}/{path.relative_to(root)}".encode())
            state.update(hashlib.sha256(path.read_bytes()).digest())
    state.update(_versions(_PACKAGES).encode())
    return state.hexdigest()


def tools_key() -> str:
    """Of the packages that make bitstreams."""
    flows = (fpga_family(name).flow for name in family_names())
    programs = {program.package for flow in flows if flow for program in flow.programs}
    return _versions((_SYNTHESIS, *sorted(programs)))


def _files(root: Path) -> Iterator[Path]:
    """All of a folder but what Python leaves there, and rooms that an installation has inside."""
    for path in root.rglob("*"):
        parts = path.relative_to(root).parts
        if path.is_file() and "__pycache__" not in parts and parts[0] != "_data":
            yield path


def _versions(packages: Iterable[str]) -> str:
    return " ".join(f"{package} {_version(package)}" for package in packages)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "-"
