"""Finds C++ compilers and the headers of ap_types, and turns an HLS project into programs."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hwcompile.diagnostics import CompileError, fail
from hwcompile.emit.project import write_files
from hwcompile.engine.cache import cached, digest
from hwcompile.processes import run_captured
from hwcompile.resources import room
from hwcompile.verify.preludes import Prelude
from hwcompile.verify.verilator import find_compiler, linker_options

MAIN = "bulk.cpp"
"""The file with the main program, among the project's sources."""

STANDARD = ("-std=c++17", "-Wall", "-Wextra", "-Werror", "-Wno-unknown-pragmas")
"""Every warning is an error; pragmas are for other compilers."""

SANITIZE = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g1")

PROGRAMS = "hls"
"""The kind of the cache's entries with programs."""

PRELUDE_PAYS = 12
"""Programs after which translating a header has paid; two in five read ap_types."""

UNINITIALIZED = ("-Wno-uninitialized", "-Wno-maybe-uninitialized", "-Wno-unknown-warning-option")
"""What ap_types' own constructors do: a number without a value is cut to its width."""


@dataclass(frozen=True)
class ProgramKind:
    """A program to make of a project.

    Attributes:
        exact: Numbers are ap_int and ap_uint, intermediate results have the circuit's widths.
        sanitize: Faults of memory and undefined behaviour end the program.
        taps: Streams are recorded; not with `exact`.
        quick: Is there sooner, and runs twenty times as long with `exact`, twice as long without.
        compiler: Another one than usually.
    """

    exact: bool = False
    sanitize: bool = False
    taps: bool = False
    quick: bool = False
    compiler: str = ""

    @property
    def words(self) -> str:
        """What is peculiar, for people."""
        maker = f" of {self.compiler}" if self.compiler else ""
        if self.exact:
            return f"a program{maker} with ap_int"
        return f"a program{maker}" if maker else "a program under sanitizers"

    def options(self) -> list[str]:
        """The compiler's options besides `STANDARD`."""
        optimised = "-O1" if self.exact or self.sanitize else "-O2"
        options = ["-O0" if self.quick else optimised]
        if self.exact:
            options += ["-DHW_AP_TYPES", *UNINITIALIZED, "-isystem", str(ap_types())]
        if self.sanitize:
            options += SANITIZE
        return options + (["-DHW_TAPS"] if self.taps else [])


@cache
def ap_types() -> Path:
    """The folder with `ap_int.h` and `hls_stream.h`, inside the package hls4ml.

    Raises:
        CompileError: HW0707 without it.
    """
    package = importlib.util.find_spec("hls4ml")
    for place in package.submodule_search_locations or () if package else ():
        folder = Path(place) / "templates" / "vivado" / "ap_types"
        if (folder / "ap_int.h").is_file() and (folder / "hls_stream.h").is_file():
            return folder
    raise fail(
        "HW0707",
        "the headers ap_int.h and hls_stream.h were not found",
        "level hls compiles the project with them, and takes them from the package hls4ml",
        'pip install "hwcompile[hls4ml]"',
    )


def other_compilers() -> tuple[str, ...]:
    """C++ compilers that are there besides the first one."""
    first = Path(find_compiler()).resolve()
    found = (shutil.which(name) for name in ("g++", "clang++"))
    return tuple(name for name in found if name and Path(name).resolve() != first)


def compile_program(sources: Mapping[str, str], variant: ProgramKind) -> Path:
    """The program of a project; cached.

    Args:
        sources: Path to text, `MAIN` among them.
        variant: What to make.

    Raises:
        CompileError: HW0703, HW0707 when something is missing, HW0620 when the compiler refuses.
    """
    compiler = variant.compiler or find_compiler()
    command = [compiler, *STANDARD, *variant.options()]

    def make(folder: Path) -> None:
        write_files(folder, sources)
        _compile(command, _prelude(compiler, variant, command), folder)
        for name in sources:
            (folder / name).unlink()

    texts = [part for name, text in sorted(sources.items()) for part in (name, text)]
    key = digest([_version(compiler), *command, *texts])
    return cached(PROGRAMS, key, make) / "program"


def _prelude(compiler: str, variant: ProgramKind, command: Sequence[str]) -> list[str]:
    """Options that bring ap_types or the standard library translated."""
    header = ap_types() / "ap_int.h" if variant.exact else room("sim") / "hls_standard.hpp"
    prelude = Prelude((header,), PROGRAMS, PRELUDE_PAYS)
    return prelude.options(command, _version(compiler), _run)


def _compile(command: Sequence[str], prelude: Sequence[str], folder: Path) -> None:
    linker = linker_options(command[0])
    last = [*linker, "-o", str(folder / "program"), str(folder / MAIN)]
    if prelude:
        # One that does not fit, after an update of headers for example, costs nothing but time.
        with suppress(CompileError):
            _run([*command, *prelude, *last])
            return
    _run([*command, *last])


@cache
def _version(compiler: str) -> str:
    return subprocess.run([compiler, "--version"], capture_output=True, text=True).stdout


def _run(command: Sequence[str]) -> None:
    done = run_captured(command)
    if done.returncode == 0:
        return
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    raise fail(
        "HW0620",
        "the C++ compiler does not accept the HLS project",
        "it says:\n" + "\n".join(lines[:40]),
        "report this as a bug",
    )
