"""The two files that a host needs of a design, and the versions of their form.

Every JSON file of a build directory says in `schema` which version of its form it has. A reader
takes the one version that it knows and refuses all others; `check_schema` is where that is done,
for the files of the compiler too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from hwcompile_runtime.diagnostics import CompileError, fail, reason_of

HOST, HOST_SCHEMA = "host.json", 1
INTERFACE, INTERFACE_SCHEMA = "interface.json", 1

_SOURCES = "rtl/files.f"


def damaged(directory: Path, name: str, reason: str, fix: str = "") -> CompileError:
    """The finding for a file of a build directory that is not as it was written."""
    return fail(
        "HW0510",
        f"the build directory '{directory}' is damaged",
        f"of its file {name}: {reason}",
        fix or f"compile again: hwcompile compile MODEL -o {directory} --force",
    )


def check_schema(path: Path, data: object, known: int, fix: str = "") -> None:
    """Refuse a file of another version than the one that is known.

    Args:
        path: The file, for the message.
        data: What it holds.
        known: The version that this program reads.
        fix: What the user can do; without it, to compile again.

    Raises:
        CompileError: HW0511.
        ValueError: When the file does not say its version.
    """
    schema = data.get("schema") if isinstance(data, Mapping) else None
    if not isinstance(schema, int) or isinstance(schema, bool):
        raise ValueError("it does not say which `schema` it has")
    if schema != known:
        raise fail(
            "HW0511",
            f"'{path}' was written by another version of hwcompile",
            f"it has schema {schema}, and this version reads schema {known}",
            fix or f"compile again: hwcompile compile MODEL -o {path.parent} --force",
        )


def read_json(path: Path, known: int) -> dict[str, Any]:
    """A JSON file whose version is the known one.

    Raises:
        CompileError: HW0511, and HW0510 when it is missing or is no such file.
    """
    try:
        data = json.loads(path.read_bytes())
        check_schema(path, data, known)
    except OSError as error:
        raise damaged(path.parent, path.name, reason_of(error)) from error
    except ValueError as error:
        raise damaged(path.parent, path.name, str(error).splitlines()[0]) from error
    found: dict[str, Any] = data
    return found


def design_digest(files: Iterable[Path]) -> str:
    """The SHA-256 of a design: its sources, its memory contents and the list of its sources."""
    state = hashlib.sha256()
    for path in sorted(files):
        state.update(f"{path.name}\n".encode())
        state.update(path.read_bytes())
    return state.hexdigest()


def digest_of(folder: Path) -> str:
    """The same of the design in a build directory or in a board's project.

    Raises:
        CompileError: HW0510 when its sources are not there.
    """
    listed = folder / _SOURCES
    try:
        names = listed.read_text(encoding="utf-8").split()
        sources = [listed.parent / name for name in names]
        return design_digest([*sources, *listed.parent.glob("*.mem"), listed])
    except OSError as error:
        raise damaged(folder, _SOURCES, reason_of(error)) from error
