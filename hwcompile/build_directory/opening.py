"""Opens build directories, and rewrites files in them so that the manifest stays true."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from hwcompile.build_directory.atomic import flush, os_failure, write_atomic
from hwcompile.build_directory.insight import INSIGHT_SCHEMA, Insight
from hwcompile.build_directory.names import HOST, INSIGHT, MANIFEST, REPORT, WORK
from hwcompile.build_directory.ownership import is_there
from hwcompile.build_directory.reading import read_bytes, read_manifest, read_typed
from hwcompile.build_directory.replacing import PLAN, recover
from hwcompile.build_directory.reported import REPORT_SCHEMA, Report
from hwcompile.build_directory.typed import HostFile, Manifest
from hwcompile.diagnostics import CompileError, fail
from hwcompile_runtime.files import HOST_SCHEMA, damaged

Change: TypeAlias = Callable[[dict[str, Any]], None]
"""Fills in what was found into the plain data of `report.json`."""

Also: TypeAlias = Callable[[dict[str, Any]], Mapping[str, str]]
"""Texts of other files, by name, that follow from a report."""

try:
    import fcntl
except ImportError:  # Windows; there two processes may lose one of two measurements
    fcntl = None  # type: ignore[assignment]


def require_build_directory(directory: Path) -> Path:
    """Return `directory` if it is a complete build; a replacement that was killed is finished.

    Raises:
        CompileError: HW0503 if it is not one, HW0510 when it is damaged, HW0511 when another
            version made it.
    """
    if (directory / WORK / PLAN).is_file():
        try:
            recover(directory)
        except OSError as error:
            raise damaged(directory, WORK, f"it was being replaced, and {error}") from error
    try:
        manifest = read_manifest(directory)
    except OSError as error:
        raise os_failure(error, f"the build directory '{directory}' can not be read") from error
    if manifest is None:
        raise _no_build_directory(directory)
    for name in manifest.files:
        if not (directory / name).is_file():
            raise damaged(directory, name, "it is missing")
    return directory


def check_build_directory(directory: Path) -> list[CompileError]:
    """Every damage: all files are read and held against the manifest's hashes.

    Raises:
        CompileError: HW0503, HW0511, or HW0510 for the manifest itself.
    """
    found = []
    manifest = read_manifest(directory)
    if manifest is None:
        raise _no_build_directory(directory)
    for name in manifest.files:
        try:
            read_bytes(directory, name)
        except CompileError as error:
            found.append(error)
    return found


def read_report(directory: Path) -> dict[str, Any]:
    """`report.json` as plain data of which the types are right.

    Raises:
        CompileError: HW0510, HW0511.
    """
    read_typed(directory, REPORT, Report, REPORT_SCHEMA)
    data: dict[str, Any] = json.loads(read_bytes(directory, REPORT))
    return data


def read_host(directory: Path) -> HostFile:
    """`host.json`: what computers do before and after the network.

    Raises:
        CompileError: HW0510, HW0511.
    """
    return read_typed(directory, HOST, HostFile, HOST_SCHEMA)


def read_insight(directory: Path) -> Insight:
    """`insight.json`: the data of the report's pictures.

    Raises:
        CompileError: HW0510, HW0511.
    """
    return read_typed(directory, INSIGHT, Insight, INSIGHT_SCHEMA)


def update_report(directory: Path, change: Change, also: Also | None = None) -> dict[str, Any]:
    """Change the report as it stands now, also when other processes do.

    Args:
        directory: The build directory.
        change: Fills in what was found.
        also: Makes other files of the new report, by name; they are written with it.

    Returns:
        The new report.

    Raises:
        CompileError: HW0510, HW0511, HW0516 when it can not be written.
    """
    with _locked(directory):
        report = read_report(directory)
        change(report)
        try:
            files = also(report) if also else {}
            rewrite_files(directory, {REPORT: json_text(report), **files})
        except OSError as error:
            raise os_failure(error, f"'{directory / REPORT}' can not be written") from error
    return report


def rewrite_files(directory: Path, files: Mapping[str, str | bytes]) -> None:
    """Write files; the manifest lists both hashes meanwhile, and the new ones afterwards.

    Raises:
        OSError: When it can not be done; the old files stay then.
    """
    manifest = read_manifest(directory)
    if manifest is None:
        for name, text in files.items():
            write_atomic(directory / name, text)
        return
    new = {name: _hash(text) for name, text in files.items()}
    write_manifest(directory, msgspec.structs.replace(manifest, pending=new))
    for name, text in files.items():
        write_atomic(directory / name, text)
    done = msgspec.structs.replace(manifest, files={**manifest.files, **new}, pending={})
    write_manifest(directory, done)


def _hash(text: str | bytes) -> str:
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()


def write_manifest(directory: Path, manifest: Manifest) -> None:
    """Write `manifest.json`."""
    write_atomic(directory / MANIFEST, manifest_text(manifest))
    flush(directory)


def manifest_text(manifest: Manifest) -> str:
    """`manifest.json` as text."""
    return json_text(msgspec.to_builtins(manifest))


def json_text(data: object) -> str:
    """Plain data as the JSON files of a build directory have it."""
    return json.dumps(data, indent=2) + "\n"


def insight_text(insight: Insight) -> str:
    """`insight.json` as text: on one line, for it has thousands of numbers that nobody reads."""
    return msgspec.json.encode(insight).decode() + "\n"


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """Alone among the processes that rewrite files of this directory."""
    if fcntl is None:
        yield
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _no_build_directory(directory: Path) -> CompileError:
    why = f"it has no {MANIFEST}" if directory.is_dir() else "there is no such folder"
    if is_there(directory / WORK):
        why = "its compilation was interrupted"
    return fail(
        "HW0503",
        f"'{directory}' is not a build directory of hwcompile",
        why,
        "make one with: hwcompile compile MODEL -o DIR",
    )
