"""Networks as C++ for high-level synthesis: equality with the reference, and speed of simulation.

    python benchmarks/hls.py [--only NETWORK] [--frames N] [--json FILE] [--markdown FILE]

Every row is a network at the compiler's own folding. Its C++ is compiled with all warnings as
errors, read by the lint, and run over the frames: all of them with numbers in machine words, the
first ones under sanitizers and with the types of synthesis. Mismatches are elements that differ
from the integer reference, at the outputs and behind every stage. Frames per second are those of
the compiled simulations of C++ and of SystemVerilog, without compiling, on one core.
Networks that are not part of the project are skipped when their folder is absent (see
tests/models.py).
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console

import hwcompile
from benchmarks.output import markdown, number, parser, show, write
from benchmarks.workloads import Workload, workloads
from hwcompile.emit.opened import read_plan
from hwcompile.emit.project import write_files
from hwcompile.toolchains.vendor.hls import hls_project
from hwcompile.verify.comparing import compare_run
from hwcompile.verify.hls.compilers import MAIN, STANDARD, ProgramKind, compile_program
from hwcompile.verify.hls.lint import findings
from hwcompile.verify.hls.running import HlsDesign, run_design, run_program
from hwcompile.verify.levels import run_reference
from hwcompile.verify.simulator import compile_simulator
from hwcompile.verify.sources import FrameSource, random_source
from hwcompile.verify.verilator import find_compiler

MANY = 5
"""Frames that C++ simulates for each one that SystemVerilog does."""


@dataclass
class Row:
    """One line of the table; field names are those of the JSON output."""

    network: str
    frames: int
    mismatches: int
    warnings: int
    lint: int
    csim_frames_per_second: float
    rtl_frames_per_second: float
    files: int
    lines: int


def measure(work: Workload, frames: int) -> Row:
    """Compile one workload, compare its C++ with the reference, and time both simulations.

    A program that warns, or that breaks a rule of synthesis, is counted and then refused.
    """
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder) / "build"
        design = hwcompile.compile(
            work.model, directory, schedule=work.schedule, target_cycles=work.target_cycles
        )
        types = {name: design.graph.types[name] for name in design.graph.inputs}
        made = HlsDesign.of(read_plan(directory))
        source = random_source(types, frames, 0)
        warnings = count_warnings(made.sources, Path(folder) / "warnings")
        names = tuple(port.name for port in made.project.interface.streams)
        result = run_design(made, source, taps=True)
        reference = run_reference(design.graph, source, keep=names)
        found = compare_run(made.project.interface, reference, result)
        fast = compile_program(made.sources, ProgramKind())
        cpp = run_program(fast, made.project, random_source(types, MANY * frames, 0))
        rtl = rtl_seconds(directory, source)
        project = hls_project(directory)
    return Row(
        network=work.network,
        frames=frames,
        mismatches=sum(mismatch.count for mismatch in found),
        warnings=warnings,
        lint=len(findings(made.sources)),
        csim_frames_per_second=round(MANY * frames / cpp.seconds, 2),
        rtl_frames_per_second=round(frames / rtl, 2),
        files=len(project),
        lines=sum(text.count("\n") for text in project.values()),
    )


def count_warnings(sources: Mapping[str, str], folder: Path) -> int:
    """How many warnings the compiler has for a project, none of which is an error here."""
    folder.mkdir()
    write_files(folder, sources)
    flags = [flag for flag in (*STANDARD, *ProgramKind().options()) if flag != "-Werror"]
    command = [find_compiler(), *flags, "-c", "-o", str(folder / "object.o"), str(folder / MAIN)]
    done = subprocess.run(command, capture_output=True, text=True)
    found = done.stderr.count("warning:")
    if found or done.returncode:
        print(done.stderr, file=sys.stderr)
    return found


def rtl_seconds(directory: Path, source: FrameSource) -> float:
    """Seconds that the simulation of the SystemVerilog takes."""
    return compile_simulator(directory).run(source).seconds


TITLES = (
    *("network", "frames", "mismatches", "warnings", "lint", "C++ frames/s", "RTL frames/s"),
    *("files", "lines"),
)
TABLES = {"": ("network", "frames", "mismatches", "C++ frames/s", "RTL frames/s", "lines")}


def line(row: Row) -> list[str]:
    """A row as documents show it."""
    speeds = (row.csim_frames_per_second, row.rtl_frames_per_second)
    values = (row.frames, row.mismatches, *speeds, row.lines)
    return [f"`{row.network}`", *map(number, values)]


def main() -> int:
    options_of = parser(__doc__)
    options_of.add_argument("--only")
    options_of.add_argument("--frames", type=int, help="for all networks")
    options = options_of.parse_args()
    console = Console(width=160, highlight=False)
    rows = []
    for work in workloads(console.print):
        if work.folding == "own" or work.network.startswith("tfc"):
            if options.only not in (None, work.network):
                continue
            console.print(f"{work.network} ...", style="dim")
            rows.append(measure(work, options.frames or work.frames))
    show(TITLES, [[number(value) for value in asdict(row).values()] for row in rows], left=1)
    write(options, [asdict(row) for row in rows], markdown(TABLES[""], [*map(line, rows)], left=1))
    return 1 if any(row.mismatches or row.warnings or row.lint for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
