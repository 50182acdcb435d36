"""What people type by mistake: exit codes and paragraphs of every kind.

Who wrote the expectations: the list of mistakes that were seen in the field; the paragraphs are
this project's own, because nobody else could say what it should print.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

import hwcompile
from hwcompile.boards import load_board
from hwcompile.build_directory import rewrite_files
from hwcompile.limits import output_file
from hwcompile.resources import room
from hwcompile.toolchains.overflow import check_far_too_large
from hwcompile_runtime.link import Line
from hwcompile_runtime.packets import TAKEN, Packet
from tests.cli.bad_frames import BAD_ARRAYS, damaged
from tests.cli.running import Outcome, type_command
from tests.cli.small import save
from tests.frontends.oracle import Model
from tests.fuzz.caches import HARMS
from tests.runtime.test_broken_lines import Cut, polite

ORACLE = "this project"
Typed = Callable[..., Outcome]


def refused(outcome: Outcome, *parts: str, code: int = 2) -> None:
    assert (outcome.code, len(outcome.err.strip().splitlines())) == (code, 1), outcome
    for part in parts:
        assert part in outcome.err


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Typed:
    return lambda *words: type_command(monkeypatch, capsys, *words)


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mistakes")
    return hwcompile.compile(save(folder), folder / "build").directory


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["--target-fps", "0"], "--target-fps is 0.0"),
        (["--target-fps", "nan"], "--target-fps is nan"),
        (["--target-fps", "inf"], "--target-fps is inf"),
        (["--target-fps", "1e9"], "at 100 MHz"),
        (["--target-cycles", "-5"], "a whole number from 1 to"),
        (["--clock-mhz", "0"], "a number from 0.001 to 10,000"),
        (["--clock-mhz", "nan"], "--clock-mhz is nan"),
        (["--target-fps", "5", "--target-cycles", "9"], "HW0002"),
        (["--target-fps", "5", "--fastest"], "Try: --target-fps 5.0, or --fastest"),
        (["--target-cycles", "9", "--fastest"], "the fastest design has no target"),
    ],
)
def test_targets_that_make_no_sense(
    words: list[str], part: str, tmp_path: Path, typed: Typed
) -> None:
    out = tmp_path / "out"
    refused(typed("compile", save(tmp_path), "-o", out, *words), part)
    assert not out.exists()


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["--frames", "0"], "--frames is 0"),
        (["--frames", "-1"], "--frames is -1"),
        (["--stall", "1.0"], "a number from 0 to 0.99"),
        (["--stall", "nan"], "--stall is nan"),
        (["--stall", "-1"], "--stall is -1"),
        (["--memory-latency", "-5"], "a whole number from 0 to 100,000"),
        (["--levels", "rtl,,"], "HW0607"),
    ],
)
def test_conditions_of_a_run_that_make_no_sense(
    words: list[str], part: str, build: Path, typed: Typed
) -> None:
    refused(typed("verify", build, *words), part)


def test_one_level_has_nothing_to_compare(build: Path, typed: Typed) -> None:
    outcome = typed("verify", build, "--levels", " reference ")
    assert outcome.code == 0
    assert "there is nothing to compare it with" in outcome.out


@pytest.mark.parametrize("name", BAD_ARRAYS)
@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_frames_that_are_none(
    name: str,
    suffix: str,
    build: Path,
    tmp_path: Path,
    typed: Typed,
) -> None:
    array, part = BAD_ARRAYS[name]
    path = tmp_path / f"x{suffix}"
    np.save(path, array) if suffix == ".npy" else np.savez(path, x=array)
    words = ("simulate", build, "--level", "reference", "--inputs", path)
    refused(typed(*words), part)


@pytest.mark.parametrize(
    "name", ["empty", "truncated.npy", "truncated.npz", "rows.npy", "text.npy", "other name"]
)
def test_files_of_frames_that_are_damaged(
    name: str, build: Path, tmp_path: Path, typed: Typed
) -> None:
    path = tmp_path / "x"
    path.write_bytes(damaged(tmp_path)[name])
    words = ("simulate", build, "--level", "reference", "--inputs", path)
    part = "'x' of shape [frames, 6], and there is 'images'" if name == "other name" else "HW0606"
    refused(typed(*words), part)


def test_a_bomb_is_not_unpacked(build: Path, tmp_path: Path, typed: Typed) -> None:
    path = tmp_path / "x.npz"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("x.npy", "w", force_zip64=True) as file,
    ):
        rows = 12_000_000
        header = {"descr": "<f4", "fortran_order": False, "shape": (rows, 6)}
        np.lib.format.write_array_header_1_0(file, header)
        for _ in range(12):
            file.write(bytes(rows * 2))
    words = ("simulate", build, "--level", "reference", "--inputs", path)
    refused(typed(*words), "HW0634", "bytes to 288,000,000")


def test_codes_are_taken_as_they_are(build: Path) -> None:
    design = hwcompile.load(build)
    codes = np.random.default_rng(1).integers(-8, 8, (7, 6))
    (values,) = design.quantize(codes, "codes").values()
    np.testing.assert_array_equal(values.reshape(7, 6), codes)
    (values,) = design.quantize(codes * np.float32(0.25)).values()
    np.testing.assert_array_equal(values.reshape(7, 6), codes)
    with pytest.raises(hwcompile.CompileError, match=r"HW0637.*frame 0 of 'x' holds 8"):
        design.quantize(np.full((2, 6), 8), "codes")


@pytest.mark.parametrize("name", ["no/y.npz", "folder", "y.txt"])
def test_places_that_can_not_be_written(
    name: str, build: Path, tmp_path: Path, typed: Typed
) -> None:
    (tmp_path / "folder").mkdir()
    np.save(tmp_path / "x.npy", np.ones((2, 6), np.float32))
    words = ("simulate", build, "--level", "reference", "--inputs", tmp_path / "x.npy")
    outcome = typed(*words, "--outputs", tmp_path / name)
    refused(outcome, "HW0003", "--outputs")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["folder", "x.npy"]


def test_what_is_written_is_what_is_said(build: Path, tmp_path: Path, typed: Typed) -> None:
    np.save(tmp_path / "x.npy", np.ones((2, 6), np.float32))
    words = ("simulate", build, "--level", "reference", "--inputs", tmp_path / "x.npy")
    outcome = typed(*words, "--outputs", tmp_path / "y")
    assert f"Wrote {tmp_path / 'y.npz'}." in outcome.out
    assert np.load(tmp_path / "y.npz")["raw"].shape[0] == 2
    assert output_file(tmp_path / "y.npz") == tmp_path / "y.npz"


@pytest.mark.parametrize(("level", "name"), [("reference", "w.vcd"), ("rtl", "no/w.vcd")])
def test_waves_that_can_not_be_written(
    level: str,
    name: str,
    build: Path,
    tmp_path: Path,
    typed: Typed,
) -> None:
    np.save(tmp_path / "x.npy", np.ones((2, 6), np.float32))
    words = ("simulate", build, "--level", level, "--inputs", tmp_path / "x.npy")
    outcome = typed(*words, "--waves", tmp_path / name)
    refused(outcome, "--waves")


def test_a_design_far_beyond_the_board_is_refused_at_once(build: Path) -> None:
    report, board = hwcompile.load(build).report, load_board("icestick")
    check_far_too_large(report, board)
    report["design"]["resources_predicted"]["lut"] = 20_260
    with pytest.raises(hwcompile.CompileError, match=r"HW0640.*'icestick' has .*'fc' takes about"):
        check_far_too_large(report, board)


def test_the_default_is_explained(tmp_path: Path, typed: Typed) -> None:
    words = ("compile", save(tmp_path), "-o", tmp_path / "out")
    notes = [line for line in typed(*words).out.splitlines() if line.startswith("note: ")]
    (note,) = notes
    assert note == (
        "note: no target was given: this is the smallest design found with at least 10,000 "
        "frames/s at 100 MHz; --target-fps, --target-cycles, --fastest or --board asks for another"
    )
    answer = json.loads(typed(*words, "--force", "--json").out)
    assert answer["notes"] == [note.removeprefix("note: ")]
    assert answer["report"]["design"]["target"] == {"source": "default", "cycles": 10_000}
    assert "no target" not in typed(*words, "--force", "--fastest").out


def test_another_format_is_named(tmp_path: Path, typed: Typed) -> None:
    for name, data in (("m.hdf", b"\x89HDF\r\n\x1a\n" + bytes(90)), ("x.csv", b"1,2\n3,4\n")):
        path = tmp_path / name
        path.write_bytes(data)
        outcome = typed("compile", path, "-o", tmp_path / "o")
        refused(outcome, name)
        assert "may be truncated" not in outcome.err


def test_force_keeps_what_is_not_in_the_manifest(tmp_path: Path, typed: Typed) -> None:
    words = ("compile", save(tmp_path), "-o", tmp_path / "o")
    assert typed(*words).code == 0
    (tmp_path / "o" / "notes.txt").write_text("mine")
    assert typed(*words, "--force").code == 0
    assert (tmp_path / "o" / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("file", ["report.json", "host.json", "interface.json", "graph.txt"])
def test_a_damaged_build_directory_is_called_that(file: str, tmp_path: Path, typed: Typed) -> None:
    words = ("compile", save(tmp_path), "-o", tmp_path / "o")
    assert typed(*words).code == 0
    np.save(tmp_path / "x.npy", np.ones((2, 6), np.float32))
    read = ("simulate", tmp_path / "o", "--inputs", tmp_path / "x.npy", "--level", "reference")
    use = read if file == "host.json" else ("verify", tmp_path / "o")
    for data in (b"", b"\xff\x00", b"[]"):
        (tmp_path / "o" / file).write_bytes(data)
        refused(typed(*use), file, "damaged")
    (tmp_path / "o" / file).unlink()
    refused(typed(*use), file)


def test_a_schedule_with_a_byte_order_mark_is_read(tmp_path: Path, typed: Typed) -> None:
    path = tmp_path / "s.toml"
    path.write_bytes(b'\xef\xbb\xbf[nodes."fc"]\r\nkernel = []\r\n')
    words = ("compile", save(tmp_path), "-o", tmp_path / "o", "--schedule", path)
    refused(typed(*words), "kernel")
    path.write_bytes(b'\xef\xbb\xbf[nodes."fc"]\r\nkernel = "folded"\r\npe = 2\r\nsimd = 3\r\n')
    assert typed(*words).code == 0


def test_two_types_for_one_input_are_refused(tmp_path: Path, typed: Typed) -> None:
    words = ("compile", save(tmp_path), "-o", tmp_path / "o")
    types = ("--input-type", "x:int8:0.25", "--input-type", "x:int4:0.5")
    refused(typed(*words, *types), "'x'")


def board_file(path: Path, old: str = "", new: str = "") -> Path:
    path.write_text((room("boards") / "icebreaker" / "board.toml").read_text().replace(old, new))
    return path


@pytest.mark.parametrize("name", ["../board.toml", "./board.toml", "../rtl.toml"])
def test_a_board_file_above_never_costs_a_folder(
    name: str, tmp_path: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A board is called after its folder: that has files of the user, or is the design's own."""
    above = tmp_path / "out"
    design = hwcompile.compile(save(tmp_path), above / "out").directory
    for folder in (above, design):
        (folder / "build.sh").write_text("mine")
    monkeypatch.chdir(design)
    board_file(design / name)
    (design / "out").mkdir()
    (design / "out" / "build.sh").write_text("mine")
    refused(typed("build", ".", "--board", name), "HW08")
    assert all((f / "build.sh").read_text() == "mine" for f in (above, design, design / "out"))
    assert hwcompile.load(design).interface


def test_ctrl_c_is_one_line(build: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("hwcompile.design.Design.verify", interrupted)
    outcome = typed("verify", build)
    assert (outcome.code, outcome.err) == (130, "Interrupted.\n")


@pytest.mark.slow
@pytest.mark.parametrize("harm", ["", "truncated"])
def test_a_cache_that_can_not_be_used(harm: str, build: Path, tmp_path: Path) -> None:
    """Not a folder, or damaged after a run; a dozen kinds are in `tests/verify/test_cache.py`."""
    cache = tmp_path / "cache"
    if not harm:
        cache.write_text("not a folder")
    command = [sys.executable, "-m", "hwcompile", "verify", str(build), "--frames", "2"]
    environment = {**os.environ, "HWCOMPILE_CACHE": str(cache)}
    for _ in range(1 + bool(harm)):
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        assert (done.returncode, "a temporary one is" in done.stderr) == (0, not harm), done.stderr
        if harm:
            HARMS[harm](cache)


@pytest.mark.parametrize(
    ("name", "value"), [("../../../evil", "top"), ("x; exec rm", "pin"), ("12\nset x", "pin")]
)
def test_names_of_files_that_would_write_elsewhere_or_run(
    name: str, value: str, tmp_path: Path, typed: Typed
) -> None:
    directory = hwcompile.compile(save(tmp_path), tmp_path / "in" / "build").directory
    if value == "top":
        ports = json.loads((directory / "interface.json").read_text())
        rewrite_files(directory, {"interface.json": json.dumps(ports | {"top": name})})
        refused(typed("verify", directory, "--levels", "reference"), "interface.json", "damaged")
    else:
        mine = board_file(tmp_path / "mine.toml", 'pin = "35"', f"pin = {json.dumps(name)}")
        refused(typed("build", directory, "--board", mine), "HW0802", "clock.pin")
    assert not list(tmp_path.glob("**/*evil*"))


def test_a_vendors_build_that_broke_off_is_built_again(
    tmp_path: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = hwcompile.compile(save(tmp_path), tmp_path / "build").directory
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    tool, words = tmp_path / "vivado", ("build", directory, "--board", "arty_a7_35")
    for lines, code in (('echo "ERROR: no space left"; exit 1', 2), (": > design.bit", 0)):
        tool.write_text(f"#!/bin/sh\n{lines}\n")
        tool.chmod(0o755)
        assert typed(*words).code == code


def test_what_is_too_large_for_a_board_is_called_by_its_layer(tmp_path: Path, typed: Typed) -> None:
    m = Model()
    layer = m.op("MatMul", m.quantize(m.input(1, 300)), m.weights(300, 70))
    path = m.save(tmp_path, m.quantize(layer))
    outcome = typed("compile", path, "-o", tmp_path / "o", "--board", "icestick")
    refused(outcome, "HW0404", f"'{m.nodes[-3].name}' takes")


@pytest.mark.parametrize("surplus", [False, True])
def test_a_board_that_goes_or_says_too_much(
    surplus: bool, build: Path, tmp_path: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    design = hwcompile.load(build)
    part = bytes(9 if surplus else 1)  # four frames make eight
    board = polite(design, lambda r: Packet(TAKEN, r.sequence, r.channels, part))
    line = board if surplus else Cut(board, 80)

    @contextmanager
    def opened(*_: object) -> Iterator[Line]:
        yield line

    monkeypatch.setattr("hwcompile.runtime.session.open_port", opened)
    np.save(tmp_path / "x.npy", np.ones((4, 6), np.float32))
    words = ("run", build, "--board", "icebreaker", "--port", "/dev/none")
    outcome = typed(*words, "--inputs", tmp_path / "x.npy", "--outputs", tmp_path / "y.npz")
    refused(outcome, "HW0871" if surplus else "HW0870")
    kept = np.load(tmp_path / "y.npz")["raw"].shape[0]
    assert f"{kept} of 4 frames came before the run ended early." in outcome.out
    assert 1 <= kept <= 4


@pytest.mark.parametrize("name", ["rtl", "report.json"])
def test_a_file_of_the_design_that_is_missing(name: str, tmp_path: Path, typed: Typed) -> None:
    directory = hwcompile.compile(save(tmp_path), tmp_path / "build").directory
    found = next((directory / "rtl").glob("*.sv")) if name == "rtl" else directory / name
    found.unlink()
    refused(typed("verify", directory), found.name, "damaged", "compile again")


def test_a_model_without_quantizers_is_shown_how(tmp_path: Path, typed: Typed) -> None:
    m = Model()
    layer = m.op("MatMul", m.input(1, 6), m.constant(m.rng.normal(size=(6, 3))))
    outcome = typed("compile", m.save(tmp_path, layer), "-o", tmp_path / "o")
    assert (outcome.code, outcome.err.count("error[HW0284]")) == (2, 1)
    assert len([line for line in outcome.err.splitlines() if line.startswith("    ")]) == 6


def test_a_batch_in_the_file_means_frames(tmp_path: Path, typed: Typed) -> None:
    frames = np.random.default_rng(4).normal(size=(8, 6)).astype(np.float32)
    np.save(tmp_path / "x.npy", frames)
    raw = []
    for batch in (1, 4):
        words = ("compile", save(tmp_path, batch=batch), "-o", tmp_path / f"b{batch}")
        assert typed(*words).code == 0
        read = ("simulate", tmp_path / f"b{batch}", "--level", "reference")
        out = tmp_path / f"y{batch}.npz"
        assert typed(*read, "--inputs", tmp_path / "x.npy", "--outputs", out).code == 0
        raw.append(np.load(out)["raw"])
    assert raw[0].shape[0] == 8
    np.testing.assert_array_equal(*raw)
