"""C++ for high-level synthesis: what it lacks, and what goes wrong when it is compiled and run."""

from __future__ import annotations

import importlib.util

import numpy as np

from hwcompile.emit.hls import view
from hwcompile.emit.opened import read_plan
from hwcompile.verify.hls import compilers
from hwcompile.verify.hls.compilers import MAIN, ProgramKind, ap_types, compile_program
from hwcompile.verify.hls.lint import check_sources
from hwcompile.verify.hls.running import HlsDesign, agree, run_program
from hwcompile.verify.sources import FrameSource
from tests.diagnostics.place import Place


def hw0430_a_layer_that_c_has_no_header_for(at: Place) -> None:
    at.patch.setattr(view, "has_header", lambda module: module != "hw_matvec")
    at.design(hls=True)


def hw0430_arithmetic_that_c_has_no_header_for(at: Place) -> None:
    at.patch.setattr(view, "has_header", lambda module: not module.startswith("hw_products"))
    at.design(hls=True)


def hw0620_a_source_that_a_compiler_refuses(at: Place) -> None:
    """What a compiler says differs from one to the next."""
    compiler = at.folder / "compiler"
    compiler.write_text("#!/bin/sh\necho 'bulk.cpp:2: error: no such name' >&2\nexit 1\n")
    compiler.chmod(0o755)
    at.patch.setattr(compilers, "find_compiler", lambda: str(compiler))
    compile_program({MAIN: "int main() {\n  return unheard_of;\n}\n"}, ProgramKind())


def hw0621_a_program_that_ends_before_its_frames(at: Place) -> None:
    design = HlsDesign.of(read_plan(at.design().directory))
    program = at.folder / "program"
    program.write_text("#!/bin/sh\necho the stream is empty\nexit 3\n")
    program.chmod(0o755)
    port = design.project.interface.inputs[0]
    frames = FrameSource.of({port.name: np.zeros((2, *port.shape), dtype=np.int64)})
    run_program(program, design.project, frames)


def hw0622_floating_point_in_a_layer(at: Place) -> None:
    check_sources({"hw/matvec.hpp": "void f() {\n  float x = 1;\n}\n"})


def hw0623_integers_that_depend_on_the_types(at: Place) -> None:
    found = {"y": np.zeros((3, 1, 1, 2), dtype=np.int64)}
    other = {"y": np.array([[0, 0], [0, 1]], dtype=np.int64).reshape(2, 1, 1, 2)}
    agree(other, found, "a program with ap_int")


def hw0707_no_headers_of_ap_types(at: Place) -> None:
    at.patch.setattr(importlib.util, "find_spec", lambda name: None)
    ap_types.__wrapped__()
