"""Bad input: one clear paragraph, exit code 2, and nothing half-written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.cli.running import Outcome, type_command
from tests.cli.small import save

MonkeyPatch = pytest.MonkeyPatch
Capture = pytest.CaptureFixture[str]


def refused(outcome: Outcome, *parts: str, code: int = 2) -> None:
    """Assert the exit code, exactly one paragraph, no traceback, and every part in it."""
    assert outcome.code == code
    assert "Traceback" not in outcome.err
    assert outcome.err.count("error[") == 1
    assert len(outcome.err.strip().splitlines()) == 1
    for part in parts:
        assert part in outcome.err


@pytest.fixture
def build(tmp_path: Path, monkeypatch: MonkeyPatch, capsys: Capture) -> Path:
    directory = tmp_path / "build"
    assert type_command(monkeypatch, capsys, "compile", save(tmp_path), "-o", directory).code == 0
    return directory


def test_a_truncated_file(tmp_path: Path, monkeypatch: MonkeyPatch, capsys: Capture) -> None:
    whole = save(tmp_path)
    cut = tmp_path / "cut.onnx"
    cut.write_bytes(whole.read_bytes()[:200])
    outcome = type_command(monkeypatch, capsys, "compile", cut, "-o", tmp_path / "out")
    refused(outcome, "HW0102", "'cut.onnx' is not a readable ONNX model", "may be truncated")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["cut.onnx", "small.onnx"]


def test_a_missing_file(tmp_path: Path, monkeypatch: MonkeyPatch, capsys: Capture) -> None:
    outcome = type_command(monkeypatch, capsys, "compile", tmp_path / "no.onnx", "-o", tmp_path)
    refused(outcome, "HW0101", "no.onnx")


def test_an_unsupported_node(tmp_path: Path, monkeypatch: MonkeyPatch, capsys: Capture) -> None:
    model = save(tmp_path, op="Det")
    outcome = type_command(monkeypatch, capsys, "compile", model, "-o", tmp_path / "out")
    refused(outcome, "HW0201", "'activation' (Det in small.onnx)", "not supported", "Try:")


def test_a_dynamic_shape(tmp_path: Path, monkeypatch: MonkeyPatch, capsys: Capture) -> None:
    model = save(tmp_path, width="n")
    outcome = type_command(monkeypatch, capsys, "compile", model, "-o", tmp_path / "out")
    refused(outcome, "HW0203", "axis 1 of the input has no fixed size", "fixed input shape")


def test_a_free_batch_is_frozen(tmp_path: Path, monkeypatch: MonkeyPatch, capsys: Capture) -> None:
    model = save(tmp_path, batch="N")
    assert type_command(monkeypatch, capsys, "compile", model, "-o", tmp_path / "out").code == 0


@pytest.mark.parametrize(("scale", "word"), [(float("nan"), "not a number"), (0.0, "zero")])
def test_a_scale_that_is_none(
    scale: float, word: str, tmp_path: Path, monkeypatch: MonkeyPatch, capsys: Capture
) -> None:
    model = save(tmp_path, scale=scale)
    outcome = type_command(monkeypatch, capsys, "compile", model, "-o", tmp_path / "out")
    refused(outcome, "HW0212", "'quant_in' (Quant in small.onnx)", f"the scale is {word}")


def test_frames_of_a_wrong_shape(
    build: Path, tmp_path: Path, monkeypatch: MonkeyPatch, capsys: Capture
) -> None:
    np.save(tmp_path / "x.npy", np.zeros((2, 7), np.float32))
    outcome = type_command(monkeypatch, capsys, "simulate", build, "--inputs", tmp_path / "x.npy")
    refused(outcome, "HW0605", "[1, 6], not [2, 7]")


def test_frames_that_are_no_numpy_file(
    build: Path, tmp_path: Path, monkeypatch: MonkeyPatch, capsys: Capture
) -> None:
    (tmp_path / "x.npy").write_text("hello")
    outcome = type_command(monkeypatch, capsys, "simulate", build, "--inputs", tmp_path / "x.npy")
    refused(outcome, "HW0606", "x.npy")


def test_a_missing_compiler(build: Path) -> None:
    # In a process of its own, because tools are looked up once per process.
    environment = {
        "PATH": "/nonexistent",
        "HWCOMPILE_CACHE": str(build.parent / "cache"),
        "HOME": str(build.parent),
    }
    command = [sys.executable, "-m", "hwcompile", "verify", str(build)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    outcome = Outcome.of(done.returncode, done.stdout, done.stderr)
    refused(outcome, "HW0703", "no C++ compiler was found", "install g++", code=3)


def test_a_place_that_can_not_be_written(
    tmp_path: Path, monkeypatch: MonkeyPatch, capsys: Capture
) -> None:
    # A file where a folder should be refuses everybody, the superuser included.
    (tmp_path / "file").write_text("")
    model = save(tmp_path)
    outcome = type_command(monkeypatch, capsys, "compile", model, "-o", tmp_path / "file" / "out")
    refused(outcome, "HW0502", "can not write the build directory", "with -o")


def test_an_existing_build_needs_force(
    build: Path, tmp_path: Path, monkeypatch: MonkeyPatch, capsys: Capture
) -> None:
    before = (build / "report.json").read_bytes()
    outcome = type_command(monkeypatch, capsys, "compile", save(tmp_path), "-o", build)
    refused(outcome, "HW0501", "exists", "--force")
    assert (build / "report.json").read_bytes() == before
    again = type_command(monkeypatch, capsys, "compile", save(tmp_path), "-o", build, "--force")
    assert again.code == 0


def test_force_never_replaces_a_folder_that_is_no_build(
    tmp_path: Path, monkeypatch: MonkeyPatch, capsys: Capture
) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years")
    outcome = type_command(monkeypatch, capsys, "compile", save(tmp_path), "-o", mine, "--force")
    refused(outcome, "HW0501", "not a build directory")
    assert (mine / "thesis.txt").read_text() == "years"


def test_a_misspelt_key_in_the_schedule(
    build: Path, tmp_path: Path, monkeypatch: MonkeyPatch, capsys: Capture
) -> None:
    edited = tmp_path / "edited.toml"
    edited.write_text((build / "schedule.toml").read_text().replace("simd =", "simmd ="))
    words = ("compile", save(tmp_path), "-o", tmp_path / "out", "--schedule", edited)
    outcome = type_command(monkeypatch, capsys, *words)
    refused(outcome, "HW0402", "'simmd'", "simd")
    assert not (tmp_path / "out").exists()


def test_an_unknown_node_in_the_schedule(
    tmp_path: Path, monkeypatch: MonkeyPatch, capsys: Capture
) -> None:
    edited = tmp_path / "edited.toml"
    edited.write_text('[nodes."fcc"]\nkernel = "folded"\npe = 1\nsimd = 1\n')
    words = ("compile", save(tmp_path), "-o", tmp_path / "out", "--schedule", edited)
    outcome = type_command(monkeypatch, capsys, *words)
    refused(outcome, "HW0402", "'fcc'", "'fc'")


def test_a_folder_that_is_no_build(
    tmp_path: Path, monkeypatch: MonkeyPatch, capsys: Capture
) -> None:
    outcome = type_command(monkeypatch, capsys, "verify", tmp_path / "nothing")
    refused(outcome, "HW0503", "not a build directory")


def test_an_unknown_level(build: Path, monkeypatch: MonkeyPatch, capsys: Capture) -> None:
    outcome = type_command(monkeypatch, capsys, "verify", build, "--levels", "layout")
    refused(outcome, "HW0607", "'layout'", "reference, hls, rtl, netlist")


def test_an_unknown_input_type(tmp_path: Path, monkeypatch: MonkeyPatch, capsys: Capture) -> None:
    words = ("compile", save(tmp_path), "-o", tmp_path / "out", "--input-type", "float:1")
    outcome = type_command(monkeypatch, capsys, *words)
    refused(outcome, "float")
