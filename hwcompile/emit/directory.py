"""Build directories: complete or absent, never half-written, never somebody else's files."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hwcompile.diagnostics import CompileError, fail

MANIFEST = "manifest.json"
"""The file that makes a folder a build directory; written last."""


@contextmanager
def new_build_directory(target: Path, *, force: bool) -> Iterator[Path]:
    """Yield an empty folder beside `target` that becomes `target` when the block succeeds.

    When the block raises, nothing is left behind and an older build stays untouched.

    Raises:
        CompileError: HW0501 if `target` exists (without `force`, or when it is not a build
            directory), HW0502 if the place can not be written to.
    """
    _check_target(target, force=force)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    except OSError as error:
        raise _not_writable(target, error) from error
    try:
        yield work
        work.chmod(0o755)
        _replace(work, target)
    except OSError as error:
        raise _not_writable(target, error) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def require_build_directory(directory: Path) -> Path:
    """Return `directory` if it is a complete build.

    Raises:
        CompileError: HW0503 if it is not.
    """
    if (directory / MANIFEST).is_file():
        return directory
    raise fail(
        "HW0503",
        f"'{directory}' is not a build directory of hwcompile",
        f"it has no {MANIFEST}" if directory.is_dir() else "there is no such folder",
        "make one with: hwcompile compile MODEL -o DIR",
    )


def _check_target(target: Path, *, force: bool) -> None:
    if not target.exists():
        return
    if not target.is_dir():
        raise fail("HW0501", f"the output '{target}' is a file", fix="name another folder with -o")
    if not any(target.iterdir()):
        return
    if not (target / MANIFEST).is_file():
        raise fail(
            "HW0501",
            f"the folder '{target}' exists and is not a build directory of hwcompile",
            "replacing it could delete files that are yours",
            "name another folder with -o",
        )
    if not force:
        raise fail(
            "HW0501",
            f"the build directory '{target}' exists",
            fix="--force to replace it, or another folder with -o",
        )


def _replace(work: Path, target: Path) -> None:
    if target.exists():
        old = work.with_name(work.name + ".old")
        target.rename(old)
        work.rename(target)
        shutil.rmtree(old, ignore_errors=True)
    else:
        work.rename(target)


def _not_writable(target: Path, error: OSError) -> CompileError:
    reason = os.strerror(error.errno) if error.errno else str(error)
    return fail(
        "HW0502",
        f"can not write the build directory '{target}'",
        reason[:1].lower() + reason[1:],
        "a folder you may write to, with -o",
    )
