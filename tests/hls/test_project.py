"""A whole design as a project for high-level synthesis."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest

import hwcompile
from hwcompile.design import Design
from hwcompile.diagnostics import Origin
from hwcompile.emit.hls.project import hls_sources
from hwcompile.emit.opened import read_plan
from hwcompile.emit.project import finished_rtl
from hwcompile.ir.graph import Builder
from hwcompile.ir.types import IntType, TensorType
from hwcompile.ops.elementwise.op import Linear
from hwcompile.options import DEFAULT_MHZ
from hwcompile.verify.comparing import compare_run
from hwcompile.verify.hls.compilers import STANDARD, ProgramKind, compile_program
from hwcompile.verify.hls.running import HlsDesign, run_program
from hwcompile.verify.levels import run_reference
from hwcompile.verify.sources import random_source
from hwcompile.verify.verilator import find_compiler
from tests.models import ROOT
from tests.vendor import tcl

ORACLE = ("hardware tools", "this project")
ORACLE_REASON = "the integer reference; texts on file are there to be read when they change"

GOLDEN = Path(__file__).parent / "golden"
UPDATE = bool(os.environ.get("HWCOMPILE_UPDATE"))
NETWORKS = ("digits_mlp_w1a1", "digits_cnn_w3a3")


@cache
def build(name: str) -> Design:
    directory = Path(mkdtemp(prefix="hwcompile-hls-")) / "build"
    model = ROOT / "examples" / "digits" / f"{name}.onnx"
    return hwcompile.compile(model, directory, target_cycles=2000, hls=True)


@pytest.mark.parametrize("file", ["top", "layers"])
@pytest.mark.parametrize("name", NETWORKS)
def test_the_text_is_on_file(name: str, file: str) -> None:
    written = f"{name}.cpp" if file == "top" else "layers.hpp"
    text = (build(name).directory / "hls" / written).read_text()
    path = GOLDEN / f"{name}_{file}.txt"
    if UPDATE:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert text == path.read_text(), "HWCOMPILE_UPDATE=1 pytest tests/hls writes it anew"


@pytest.mark.parametrize("name", NETWORKS)
def test_a_plan_read_back_gives_the_design_that_was_written(name: str) -> None:
    directory = build(name).directory
    for path, text in finished_rtl(read_plan(directory), DEFAULT_MHZ).items():
        assert (directory / path).read_text() == text, path


def test_the_project_stands_for_itself_and_checks_itself(tmp_path: Path) -> None:
    """A compiler and make are all it needs; a wrong result is seen."""
    folder = tmp_path / "copy"
    shutil.copytree(build("digits_mlp_w1a1").directory / "hls", folder)
    done = subprocess.run(["make", "CXXFLAGS=-O0"], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "8 frames, 0 beats differ" in done.stdout
    data = folder / "data" / "m_axis.dat"
    first, rest = data.read_text().split("\n", maxsplit=1)
    data.write_text(first[:-1] + ("0" if first[-1] != "0" else "1") + "\n" + rest)
    done = subprocess.run([str(folder / "testbench")], cwd=folder, capture_output=True, text=True)
    assert (done.returncode, done.stdout.splitlines()[0]) == (
        1,
        "frame 0: beat 0 of m_axis differs",
    )


def test_the_script_of_vitis_is_tcl_and_names_files_that_are_there() -> None:
    folder = build("digits_mlp_w1a1").directory / "hls"
    done = tcl.run(folder / "run_hls.tcl")
    assert done.error == "exit 0"
    assert done.of("open_project") == [("-reset", "digits_mlp_w1a1_prj")]
    assert done.of("set_top") == [("digits_mlp_w1a1",)]
    files = [word for call in done.of("add_files") for word in call if not word.startswith("-")]
    assert files == ["digits_mlp_w1a1.cpp", "testbench.cpp", "data"]
    assert all((folder / name).exists() for name in files)
    steps = ["csim_design", "csynth_design", "cosim_design", "export_design"]
    assert [call[0] for call in done.calls][-4:] == steps


def test_every_header_stands_alone(tmp_path: Path) -> None:
    """A file that includes nothing else compiles, as editors and other projects want it."""
    shutil.copytree(build("digits_cnn_w3a3").directory / "hls", tmp_path / "hls")
    headers = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.hpp"))
    assert Path("hls/weights/stem.hpp") in headers
    for header in headers:
        (tmp_path / "one.cpp").write_text(f'#include "{header}"\n')
        command = [find_compiler(), *STANDARD, "-fsyntax-only", "one.cpp"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, f"{header}: {done.stderr}"


def test_the_level_compares_every_stage_and_output() -> None:
    outcome = build("digits_mlp_w1a1").verify(
        levels=("reference", "hls"), frames=40, boundaries=True
    )
    assert outcome.passed
    assert outcome.lines() == ["hls: 40 frames, 0 mismatches"]
    report = build("digits_mlp_w1a1").report["design"]["levels"]
    assert report["hls"] == {"frames": 40, "mismatches": 0}


def test_a_wrong_weight_is_seen_at_the_layer_that_has_it() -> None:
    """Boundaries name the first layer that differs."""
    design = build("digits_mlp_w1a1")
    made = HlsDesign.of(read_plan(design.directory))
    assert set(made.project.taps) == {p.name for p in made.project.interface.streams}
    text = made.sources["weights/fc2.hpp"]
    at = text.index("{", text.index("= {") + 3) + 1
    flipped = text[:at] + ("1" if text[at] == "0" else "0") + text[at + 1 :]
    program = compile_program({**made.sources, "weights/fc2.hpp": flipped}, ProgramKind(taps=True))
    graph = design.graph
    frames = random_source({name: graph.types[name] for name in graph.inputs}, 5, 1)
    result = run_program(program, made.project, frames)
    names = tuple(port.name for port in made.project.interface.streams)
    found = compare_run(made.project.interface, run_reference(graph, frames, keep=names), result)
    assert found[0].stream == "fc2_sign"
    streams = [mismatch.stream for mismatch in found]
    assert len(streams) == len(set(streams))  # an output that is a recorded stream counts once


def test_names_are_those_of_c() -> None:
    """Words that C++ keeps for itself, and names that meet, get other names."""
    builder = Builder("main")
    value = builder.input("class", TensorType((1, 2, 3), IntType(-4, 3)))
    for name in ("hls", "operator", "a.b", "a_b", "a_b_config"):
        (value,) = builder.add(name, Linear((1,), 1), (value,), Origin("", name, "Add"))
    graph = builder.build((value,))
    folder = Path(mkdtemp(prefix="hwcompile-hls-")) / "build"
    design = hwcompile.compile_graph(graph, folder, fastest=True)
    assert design.verify(levels=("reference", "hls"), frames=3).passed


def test_texts_do_not_change_from_one_run_to_the_next() -> None:
    directory = build("digits_mlp_w1a1").directory
    assert hls_sources(read_plan(directory))[1] == hls_sources(read_plan(directory))[1]
