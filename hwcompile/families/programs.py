"""Runs the programs of the flow: output goes to a log, a failure quotes the tool's own line."""

from __future__ import annotations

import importlib.util
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from hwcompile.diagnostics import CompileError, fail
from hwcompile.families.flow import Program, Step
from hwcompile.processes import run_into
from hwcompile.resources import package_version

_ERROR = re.compile(r"^\s*(?:ERROR|Error|error)\b:? ?(.*)|^(\w+Error: .*)", re.MULTILINE)

_CALL = """
import importlib, sys
name, function = sys.argv[1:3]
sys.argv[:3] = [function]
module = importlib.import_module(name)
if name.startswith("yowasp"):
    sys.exit(getattr(module, function)(sys.argv[1:]))
sys.exit(getattr(module, function)())
"""
"""YoWASP's functions take the arguments; others read `sys.argv`."""


class ToolError(Exception):
    """A program of the flow failed.

    Attributes:
        program: Its name.
        line: Its own explanation.
        log: The file with everything it said.
    """

    def __init__(self, program: str, line: str, log: Path) -> None:
        self.program, self.line, self.log = program, line, log
        super().__init__(f"{program}: {line}")


def command_of(step: Step) -> list[str]:
    """The command line of a step: the program on the PATH, else the one in the Python package.

    Raises:
        CompileError: HW0805 when there is neither.
    """
    program = step.program
    found = shutil.which(program.name)
    if found:
        return [found, *step.arguments]
    if importlib.util.find_spec(program.module.partition(".")[0]) is None:
        raise missing(program)
    return [sys.executable, "-c", _CALL, program.module, program.function, *step.arguments]


def version_of(program: Program) -> str:
    """What tells a program of the flow from another version of it: that which `command_of` runs."""
    found = shutil.which(program.name)
    if found is None:
        return f"{program.package} {package_version(program.package)}"
    facts = Path(found).stat()
    return f"{found} {facts.st_size} {facts.st_mtime_ns}"


def missing(program: Program) -> CompileError:
    """The finding for a program that is not installed."""
    return fail(
        "HW0805",
        f"{program.name} is not installed",
        f"neither the program nor the Python package {program.package} was found",
        'pip install "hwcompile[fpga]"',
    )


def failed(error: ToolError) -> CompileError:
    """The finding for a program that failed."""
    return fail(
        "HW0808", f"{error.program} failed", f"it says: {error.line}", f"read its log, {error.log}"
    )


def run_logged(command: Sequence[str], name: str, folder: Path, log: Path) -> str:
    """Run a command in `folder`, its output into `log`; returns the output.

    Raises:
        ToolError: When it fails.
    """
    code = run_into(command, log, cwd=folder)
    text = log.read_text(errors="replace")
    if code != 0:
        raise ToolError(name, error_line(text), log)
    return text


def error_line(text: str) -> str:
    """The first line of a log that states an error, else its last line."""
    found = _ERROR.search(text)
    if found:
        return (found[1] or found[2]).strip()
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "no output"
