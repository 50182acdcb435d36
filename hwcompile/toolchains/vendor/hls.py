"""A project for high-level synthesis: C++ of the design, test bench, scripts for Vitis."""

from __future__ import annotations

from pathlib import Path

from hwcompile import build_directory
from hwcompile.emit.environment import render
from hwcompile.emit.hls.project import hls_sources
from hwcompile.emit.licence import licence_file
from hwcompile.emit.opened import read_plan
from hwcompile.emit.project import write_files
from hwcompile.toolchains.vectors import FRAMES, golden_vectors

PART = "xc7z020clg400-1"
"""The part of the scripts, which the environment may change: that of the PYNQ-Z2."""


def write_hls(directory: Path) -> Path:
    """Write `<directory>/hls/`, a project that stands for itself and can be copied.

    Args:
        directory: A complete build directory.

    Raises:
        CompileError: HW0430 with every layer that C++ has no header for, HW0815 when the folder is
            somebody else's.
    """
    files = hls_project(directory)
    with build_directory.making_folder(directory, build_directory.HLS) as folder:
        write_files(folder, files)
    return folder


def hls_project(directory: Path) -> dict[str, str]:
    """Path in the project to text of every file."""
    plan = read_plan(directory)
    project, files = hls_sources(plan)
    clock = build_directory.read_report(directory)["design"]["clock_mhz"]
    view = {
        "project": project,
        "ports": (*project.inputs, *project.outputs),
        "part": PART,
        "period": 1000 / clock,
        "frames": FRAMES,
    }
    names = ("testbench.cpp", "Makefile", "run_hls.tcl", "hls_config.cfg", "README.md")
    files |= {name: render(f"hls/{name}.j2", **view) for name in names}
    vectors = golden_vectors(plan.graph, project.interface)
    data = {f"data/{prefix}.dat": text for prefix, text in vectors.items()}
    return files | licence_file() | data
