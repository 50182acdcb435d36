"""Simulators of several designs in one program: each has classes and functions of its own name.

`HW_DESIGN` in the environment says which one a run is of; everything else is as it is in a
simulator alone.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from hwcompile import build_directory
from hwcompile.diagnostics import InternalError
from hwcompile.emit.interface import Interface
from hwcompile.engine.cache import cached, digest
from hwcompile.processes import run_captured
from hwcompile.resources import room
from hwcompile.verify.programs import PROGRAMS, SharedSource, build_program, level_of
from hwcompile.verify.simulator import HARNESS, Simulator, ports_header, simulator_key
from hwcompile.verify.verilator import Variant, verilate

BYTES = 1_500_000
"""About how much C++ of Verilator's one program is made of; it is compiled as one file."""

QUICK, FEW = "-O0", 60_000
"""How to compile what simulates up to so many cycles; designs of one node are faster than most."""

CHOICE = """
#include <cstdlib>
hw::Design* hw::make_design(int seed, const char* waves) {
    switch (std::atoi(std::getenv("HW_DESIGN"))) {
%s    }
    std::abort();
}
"""


@dataclass(frozen=True)
class Wanted:
    """A design that a program of about so many clock cycles is wanted of.

    Attributes:
        folder: Its build directory.
        cycles: How many will be simulated.
    """

    folder: Path
    cycles: float

    @property
    def level(self) -> str:
        """How its program is compiled."""
        return QUICK if self.cycles <= FEW else level_of(self.cycles)


@dataclass(frozen=True)
class Part(Simulator):
    """One of a program's designs.

    Attributes:
        number: Which one.
    """

    number: int

    def _execute(self, work: Path, options: list[str]) -> None:
        environment = {**os.environ, "HW_DESIGN": str(self.number)}
        result = run_captured([self.program, ".", *options], cwd=work, env=environment)
        if result.returncode != 0 or not (work / "status.txt").is_file():
            raise InternalError(f"simulator ended with {result.returncode}: {result.stderr}")


def compile_together(wanted: Sequence[Wanted]) -> list[Simulator]:
    """Simulators of designs of one level, in as few programs as make sense, or out of the cache.

    Raises:
        CompileError: If a tool refuses one of the designs.
    """
    main, ports, design = (room("sim") / name for name in HARNESS)
    texts = [CHOICE, *(path.read_text() for path in (main, ports, design))]
    variant = Variant(level=wanted[0].level)
    keys = [_key(item.folder, variant) for item in wanted]
    distinct = {key: item.folder for key, item in zip(keys, wanted, strict=True)}

    def make(folder: Path) -> None:
        programs: dict[str, int] = {}
        objects = _empty(folder, 0)
        for number, (key, source) in enumerate(distinct.items()):
            if sum(path.stat().st_size for path in objects.glob("Vdut*.cpp")) > BYTES:
                objects = _empty(folder, len(list(folder.glob("objects*"))))
            _translate(source, number, objects, ports)
            programs[key] = int(objects.name.removeprefix("objects"))
        for objects in sorted(folder.glob("objects*")):
            shutil.copyfile(design, objects / design.name)
            shared = SharedSource(main, (design,))
            program = folder / f"simulator{objects.name.removeprefix('objects')}"
            build_program(objects, _chosen(objects), program, variant, shared=shared)
            shutil.rmtree(objects)
        (folder / "programs.json").write_bytes(msgspec.json.encode(programs))

    made = cached(PROGRAMS, digest([*texts, *distinct]), make)
    programs = msgspec.json.decode((made / "programs.json").read_bytes(), type=dict[str, int])
    numbers = {key: number for number, key in enumerate(distinct)}
    return [
        Part(
            made / f"simulator{programs[key]}",
            item.folder,
            Interface.read(item.folder),
            waves="",
            taps=False,
            number=numbers[key],
        )
        for key, item in zip(keys, wanted, strict=True)
    ]


def _key(folder: Path, variant: Variant) -> str:
    return simulator_key(folder, variant, [ports_header(Interface.read(folder))])


def _empty(folder: Path, number: int) -> Path:
    objects = folder / f"objects{number}"
    objects.mkdir()
    return objects


def _translate(source: Path, number: int, objects: Path, ports: Path) -> None:
    """Write the C++ of a design, and what joins it to the main program, with names of its own."""
    interface = Interface.read(source)
    name = f"Vdut{number}"
    sources = build_directory.rtl_sources(source)
    verilate(sources, interface.top, objects, ["--prefix", name])
    # Its header that all files begin with wants to be the only one of its kind.
    alone = objects / f"{name}__pch.h"
    alone.write_text(alone.read_text().replace("VL_PCH_INCLUDED", f"VL_PCH_INCLUDED_{number}"))
    forgotten = "".join(f"#undef HW_{kind}\n" for kind in ("INPUTS", "OUTPUTS", "MEMORIES"))
    header = f"hw_ports_{number}.h"
    (objects / header).write_text(forgotten + ports_header(interface))
    text = ports.read_text()
    for old, new in (
        ("Vdut", name),
        ("hw_ports.h", header),
        ("namespace {", f"namespace ported_{number} {{"),
        ("hw::make_design", f"make_design_{number}"),
        ("new Ported", f"new ported_{number}::Ported"),
    ):
        assert old in text, f"{ports.name} has no {old}"
        text = text.replace(old, new)
    (objects / f"ports_{number}.cpp").write_text(text)


def _chosen(objects: Path) -> Path:
    """The file with `make_design`, which asks for the design."""
    parts = sorted(objects.glob("ports_*.cpp"))
    numbers = [path.stem.removeprefix("ports_") for path in parts]
    cases = "".join(f"    case {n}: return make_design_{n}(seed, waves);\n" for n in numbers)
    main = objects / "together.cpp"
    main.write_text("".join(f'#include "{path}"\n' for path in parts) + CHOICE % cases)
    return main
