"""Finds the rooms that live outside the package: `templates`, `sim`, `boards`.

In a wheel they are in `hwcompile/_data/<room>`; in a checkout they stand beside the package. This
is the only place that looks at `__file__`. What is installed is looked for once per process.
"""

from __future__ import annotations

from functools import cache
from importlib import metadata
from pathlib import Path

from hwcompile.diagnostics import fail


def room(name: str) -> Path:
    """The folder of a room.

    Raises:
        CompileError: If the installation is incomplete.
    """
    return _room(__file__, name)


@cache
def package_version(name: str) -> str:
    """The version of a package that is installed.

    Raises:
        importlib.metadata.PackageNotFoundError: If there is none.
    """
    return metadata.version(name)


@cache
def _room(module: str, name: str) -> Path:
    package = Path(module).resolve().parent
    packaged = package / "_data" / name
    if packaged.is_dir():
        return packaged
    beside = package.parent / name
    if beside.is_dir() and (package.parent / "pyproject.toml").is_file():
        return beside
    raise fail(
        "HW0701",
        f"the folder '{name}' of hwcompile is missing",
        f"neither {packaged} nor {beside} exists",
        "reinstall hwcompile",
    )
