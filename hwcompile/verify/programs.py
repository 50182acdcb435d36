"""Compiles the C++ that Verilator writes to programs.

What does not depend on a design is compiled once per machine: Verilator's run-time library, the
header that everything begins with, and the main program of `sim/`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hwcompile.diagnostics import CompileError
from hwcompile.engine.cache import cached, digest
from hwcompile.processes import in_parallel, run_captured
from hwcompile.resources import room
from hwcompile.verify.preludes import Prelude
from hwcompile.verify.verilator import (
    ATOMICS,
    FST,
    VERILATE,
    Variant,
    find_tools,
    linker_options,
    refused,
)

UNITY_BYTES = {"-O0": 6_000_000, "-Og": 3_000_000, "-O1": 1_500_000}
"""Generated C++ up to this size is compiled as one file: the header is then read only once."""

SMALL_BYTES = 100_000
"""Up to this size a file takes most of its time for the header."""

HEADER = "verilated.h"
"""What all generated C++ includes."""

SMALL = "verilated_without_queues.h"
"""The same in `sim/`, without what g++ repeats for every program."""

PRELUDE_PAYS = 3
"""Programs after which translating the header has taken less time than reading it each time."""

PROGRAMS = "simulators"
"""The kind of the cache's entries with programs."""

OPTIMISED = {"-O0": 20_000, "-Og": 500_000, "-O1": math.inf}
"""Up to how many clock cycles a program is there and has simulated them soonest.

Both the time that optimising takes and what it saves in a cycle grow with the design. On three
designs of 2 to 3 MB of C++, -Og took 0 to 30 % longer than -O0, and its programs a sixth of the
time for a cycle; -O1 then took 55 to 65 % longer for programs 20 % faster. For two recurrent
networks of 5 and 9 MB -Og took 16 seconds longer than -O0, and 450 frames of both 24 seconds less.
Up to how many cycles -O0 takes less in all: 9,000 of a network without folding, 24,000 of a folded
one, 120,000 of a recurrent one; of a netlist of cells, whose cycles took as long, all.
"""


@dataclass(frozen=True)
class SharedSource:
    """C++ that includes nothing of a design.

    Attributes:
        source: The file.
        headers: What it includes by names without a folder.
    """

    source: Path
    headers: tuple[Path, ...]


def build_program(
    folder: Path,
    main: Path,
    program: Path,
    variant: Variant,
    link: Sequence[str] = (),
    shared: SharedSource | None = None,
) -> None:
    """Compile what `verilate` wrote into `folder` with a main program.

    Args:
        folder: Verilator's output; further headers may lie beside it.
        main: The C++ file with `main`, or what joins the design to `shared`.
        program: The file to write.
        variant: What `verilate` was asked for.
        link: Further options for the linker.
        shared: The rest of the program.

    Raises:
        CompileError: If the compiler fails.
    """
    units = _units(folder, main, variant)
    preludes = {level: _prelude(variant, level) for level in {_level(variant, u) for u in units}}
    tasks = [partial(_runtime_object, variant, name) for name in variant.runtime]
    if shared is not None:
        tasks.append(partial(_shared_object, shared))
    for unit in units:
        level = _level(variant, unit)
        tasks.append(partial(_compile_unit, unit, folder, variant, level, preludes[level]))
    objects = [str(path) for path in in_parallel(lambda task: task(), tasks)]
    tools = find_tools()
    last = [*link, "-pthread", *(ATOMICS if tools.clang else ())]
    linker = linker_options(tools.compiler)
    _run([tools.compiler, *linker, *objects, *last, "-o", str(program)])


def program_key(variant: Variant, texts: Sequence[str]) -> str:
    """The cache key of a program made of `texts`: tools and options are part of it."""
    tools = find_tools()
    settings = [tools.versions, *VERILATE, *variant.options, *_command(variant)]
    levels = [_level(variant, Path(name)) for name in ("Vdut.cpp", "Vdut__Slow.cpp")]
    return digest([*settings, *levels, *texts])


def level_of(cycles: float | None) -> str:
    """How to compile a program for about so many clock cycles; None: for many."""
    many = math.inf if cycles is None else cycles
    return next(level for level, most in OPTIMISED.items() if many <= most)


def _units(folder: Path, main: Path, variant: Variant) -> list[Path]:
    """The files that are compiled; one if that does not take too long.

    Else those that take most of their time for the header are compiled together.
    """
    parts = sorted(folder.glob("Vdut*.cpp"))
    limit = UNITY_BYTES[_level(variant, main)]
    if sum(path.stat().st_size for path in parts) <= limit:
        return [_together([*parts, main], folder / "unity.cpp")]
    large = [path for path in parts if path.stat().st_size > SMALL_BYTES]
    alike: dict[str, list[Path]] = {}
    for path in (*parts, main):
        if path not in large:
            alike.setdefault(_level(variant, path), []).append(path)
    # The level of a file follows from its name.
    names = {"-O0": "unity__Slow.cpp"}
    small = [
        _together(paths, folder / names.get(level, "unity.cpp")) for level, paths in alike.items()
    ]
    return [*large, *small]


def _together(parts: Sequence[Path], unity: Path) -> Path:
    unity.write_text("".join(f'#include "{path}"\n' for path in parts))
    return unity


def _level(variant: Variant, path: Path) -> str:
    """Code that runs once is not worth optimising, and there is a lot of it in large designs.

    For the rest -O2 takes twice as long as -O1 and runs 6 % faster: a loss below an hour of work.
    """
    once = "__Slow" in path.stem or "__Syms" in path.stem
    return "-O0" if once else variant.level


def _compile_unit(
    unit: Path, folder: Path, variant: Variant, level: str, prelude: Sequence[str]
) -> Path:
    command = [*_command(variant), level, f"-I{folder}"]
    target = folder / f"{unit.stem}.o"
    if prelude:
        # One that does not fit, after an update of headers for example, costs nothing but time.
        with suppress(CompileError):
            return _compile([*command, *prelude], unit, target)
    return _compile(command, unit, target)


def _runtime_object(variant: Variant, name: str) -> Path:
    """A part of Verilator's run-time library.

    -O2 takes a third longer than -O1, and what runs in every cycle is in headers.
    """
    # What Verilator's writer of FST files needs beside itself, see the files there.
    beside = room("sim") / "fst"
    fst = sorted(beside.iterdir()) if variant.waves == FST else []
    command = [*_command(variant), "-O1", *([f"-I{beside}"] if fst else [])]
    # Every program needs both; apart they take half as long again.
    names = [name, "verilated_threads"] if name == "verilated" else [name]
    text = "".join(f"#include <{part}.cpp>\n" for part in names)

    def make(folder: Path) -> None:
        source = folder / "part.cpp"
        source.write_text(text)
        _compile(command, source, folder / "part.o")

    made_of = [*command, text, *(path.read_text() for path in fst)]
    return _once("verilator", made_of, make) / "part.o"


def _shared_object(shared: SharedSource) -> Path:
    command = [find_tools().compiler, find_tools().standard, "-O2"]
    folders = [f"-I{path.parent}" for path in shared.headers]

    def make(folder: Path) -> None:
        _compile([*command, *folders], shared.source, folder / "part.o")

    texts = [path.read_text() for path in (shared.source, *shared.headers)]
    return _once("verilator", [*command, *texts], make) / "part.o"


def _prelude(variant: Variant, level: str) -> list[str]:
    tools = find_tools()
    whole = tools.root / "include" / HEADER
    # Another version of Verilator may have other queues.
    headers = (whole,) if tools.clang else (room("sim") / SMALL, whole)
    prelude = Prelude(headers, PROGRAMS, PRELUDE_PAYS)
    return prelude.options([*_command(variant), level], tools.versions, _run)


def _command(variant: Variant) -> list[str]:
    tools = find_tools()
    include = tools.root / "include"
    return [
        tools.compiler,
        tools.standard,
        "-pthread",
        "-DVERILATOR=1",
        # cocotb's main program keeps the time itself, ours leaves it to Verilator.
        *([] if variant.vpi else ["-DVL_TIME_CONTEXT"]),
        f"-I{include}",
        f"-I{include / 'vltstd'}",
    ]


def _once(kind: str, made_of: Sequence[str], make: Callable[[Path], None]) -> Path:
    return cached(kind, digest([find_tools().versions, *made_of]), make)


def _compile(command: Sequence[str], source: Path, target: Path) -> Path:
    _run([*command, "-c", str(source), "-o", str(target)])
    return target


def _run(command: Sequence[str]) -> None:
    result = run_captured(command)
    if result.returncode != 0:
        raise refused("HW0705", "the C++ compiler failed on a simulator", result.stderr)
