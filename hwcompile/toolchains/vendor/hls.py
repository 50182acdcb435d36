"""A project for high-level synthesis: C++ of the design, test bench, scripts for Vitis."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hwcompile import build_directory
from hwcompile.emit.environment import render
from hwcompile.emit.hls.project import hls_sources
from hwcompile.emit.hls.view import Project
from hwcompile.emit.interface import AxisPort, packing_of
from hwcompile.emit.licence import licence_file
from hwcompile.emit.opened import read_plan
from hwcompile.emit.project import write_files
from hwcompile.ir.graph import Graph
from hwcompile.ir.types import IntArray, TensorType
from hwcompile_runtime.packing import pack

FRAMES = 8
"""Frames of the test bench."""

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
    return files | licence_file() | golden_vectors(plan.graph, project)


def golden_vectors(graph: Graph, project: Project) -> dict[str, str]:
    """Random frames at every input, the extremes among them, and what the reference makes of them.

    A line of text for every beat: hexadecimal digits of tdata, the most significant first.
    """
    rng = np.random.default_rng(0)
    interface = project.interface
    inputs = {port.name: _frames(graph.types[port.name], rng) for port in interface.inputs}
    values = graph.evaluate(inputs)
    sides = ((interface.inputs, inputs), (interface.outputs, values))
    return {
        f"data/{port.prefix}.dat": _lines(frames[port.name], port)
        for ports, frames in sides
        for port in ports
    }


def _frames(kind: TensorType, rng: np.random.Generator) -> IntArray:
    shape = (FRAMES, *kind.shape)
    values = rng.integers(kind.element.low, kind.element.high, size=shape, endpoint=True)
    if kind.element.kind == "bipolar":
        values = 2 * rng.integers(0, 2, size=shape) - 1
    values[-2], values[-1] = kind.element.low, kind.element.high
    return values


def _lines(frames: IntArray, port: AxisPort) -> str:
    beats = pack(frames, packing_of(port.format, port.tdata_bytes))
    return "".join(f"{beat[::-1].tobytes().hex()}\n" for beat in beats)
