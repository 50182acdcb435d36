"""Writes the HLS part of a build directory from a plan. Deterministic: same plan, same bytes."""

from __future__ import annotations

from hwcompile.emit.environment import render
from hwcompile.emit.hls.library import FOLDER, headers
from hwcompile.emit.hls.view import Project, view_of
from hwcompile.schedule.plan import Plan

TESTBENCH = ("axis.hpp", "testbench.hpp")
"""Headers of the library that the project needs besides those of its layers."""

PRINTED = "printed"
"""Folder of the functions of single layers."""

Texts = dict[str, str]
"""Path relative to the project's folder to text."""


def cpp_sources(project: Project) -> Texts:
    """What C++ compilers read: the top function, layers, memories, the library."""
    ports = (*project.inputs, *project.outputs)
    files = {
        f"{project.top}.hpp": render("hls/top.hpp.j2", project=project, ports=ports),
        f"{project.top}.cpp": render("hls/top.cpp.j2", project=project, ports=ports),
        "layers.hpp": render("hls/layers.hpp.j2", project=project, ports=ports),
    }
    for layer in project.layers:
        if layer.arrays:
            text = render("hls/weights.hpp.j2", layer=layer, top=project.top)
            files[f"weights/{layer.name}.hpp"] = text
    for own in project.printed:
        files[f"{PRINTED}/{own.name}.hpp"] = own.header(project.top)
    library = headers((*project.headers, *TESTBENCH), project.encodings)
    return files | {f"{FOLDER}/{name}": text for name, text in library.items()}


def bulk_program(project: Project) -> str:
    """The main program that runs files of frames through the design."""
    ports = (*project.inputs, *project.outputs)
    return render("hls/bulk.cpp.j2", project=project, ports=ports)


def hls_sources(plan: Plan) -> tuple[Project, Texts]:
    """The project of a plan, and its sources.

    Raises:
        CompileError: HW0430, with every layer that there is no header for.
    """
    project = view_of(plan)
    return project, cpp_sources(project)
