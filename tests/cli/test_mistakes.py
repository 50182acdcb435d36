"""What people type by mistake: exit codes and paragraphs.

Who wrote the expectations: the list of mistakes that were seen in the field; the paragraphs are
this project's own, because nobody else could say what it should print.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

import hwcompile
from hwcompile.boards import load_board
from hwcompile.limits import output_file
from hwcompile.toolchains.overflow import check_far_too_large
from hwcompile.verify.sources import random_source
from tests.cli.running import Outcome, type_command
from tests.cli.small import save

ORACLE = "this project"
MonkeyPatch = pytest.MonkeyPatch
Capture = pytest.CaptureFixture[str]


def refused(outcome: Outcome, *parts: str, code: int = 2) -> None:
    assert (outcome.code, len(outcome.err.strip().splitlines())) == (code, 1), outcome
    for part in parts:
        assert part in outcome.err


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
    ],
)
def test_targets_that_make_no_sense(
    words: list[str], part: str, tmp_path: Path, monkeypatch: MonkeyPatch, capsys: Capture
) -> None:
    out = tmp_path / "out"
    refused(type_command(monkeypatch, capsys, "compile", save(tmp_path), "-o", out, *words), part)
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
    words: list[str], part: str, build: Path, monkeypatch: MonkeyPatch, capsys: Capture
) -> None:
    refused(type_command(monkeypatch, capsys, "verify", build, *words), part)


def test_one_level_has_nothing_to_compare(
    build: Path, monkeypatch: MonkeyPatch, capsys: Capture
) -> None:
    outcome = type_command(monkeypatch, capsys, "verify", build, "--levels", " reference ")
    assert outcome.code == 0
    assert "there is nothing to compare it with" in outcome.out


BAD_ARRAYS = {
    "nan": (np.full((2, 6), np.nan, np.float32), "HW0630"),
    "infinite": (np.full((2, 6), np.inf, np.float32), "HW0630"),
    "beyond float32": (np.full((2, 6), 1e300), "HW0630"),
    "text": (np.full((2, 6), "a"), "HW0631"),
    "complex": (np.ones((2, 6), complex), "HW0631"),
    "objects": (np.array([[None] * 6]), "HW0631"),
    "other shape": (np.ones((2, 7), np.float32), "[frames, 6]"),
    "no frames": (np.ones((0, 6), np.float32), "HW0633"),
    "integers": (np.ones((2, 6), np.int64), "--inputs-are codes, or --inputs-are reals"),
}


@pytest.mark.parametrize("name", BAD_ARRAYS)
@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_frames_that_are_none(
    name: str,
    suffix: str,
    build: Path,
    tmp_path: Path,
    monkeypatch: MonkeyPatch,
    capsys: Capture,
) -> None:
    array, part = BAD_ARRAYS[name]
    path = tmp_path / f"x{suffix}"
    np.save(path, array) if suffix == ".npy" else np.savez(path, x=array)
    words = ("simulate", build, "--level", "reference", "--inputs", path)
    refused(type_command(monkeypatch, capsys, *words), part)


def header_of(shape: tuple[int, ...]) -> bytes:
    file = io.BytesIO()
    header = {"descr": "<f4", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue()


def damaged(folder: Path) -> dict[str, bytes]:
    np.save(folder / "good.npy", np.ones((5, 6), np.float32))
    np.savez(folder / "good.npz", x=np.ones((5, 6), np.float32))
    np.savez(folder / "name.npz", images=np.ones((5, 6), np.float32))
    npy, npz = (folder / "good.npy").read_bytes(), (folder / "good.npz").read_bytes()
    return {
        "empty": b"",
        "truncated.npy": npy[:-9],
        "truncated.npz": npz[:-40],
        "rows.npy": header_of((10**11, 6)) + bytes(240),
        "text.npy": b"hello",
        "other name": (folder / "name.npz").read_bytes(),
    }


@pytest.mark.parametrize(
    "name", ["empty", "truncated.npy", "truncated.npz", "rows.npy", "text.npy", "other name"]
)
def test_files_of_frames_that_are_damaged(
    name: str, build: Path, tmp_path: Path, monkeypatch: MonkeyPatch, capsys: Capture
) -> None:
    path = tmp_path / "x"
    path.write_bytes(damaged(tmp_path)[name])
    words = ("simulate", build, "--level", "reference", "--inputs", path)
    part = "'x' of shape [frames, 6], and there is 'images'" if name == "other name" else "HW0606"
    refused(type_command(monkeypatch, capsys, *words), part)


def test_a_bomb_is_not_unpacked(
    build: Path, tmp_path: Path, monkeypatch: MonkeyPatch, capsys: Capture
) -> None:
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
    refused(type_command(monkeypatch, capsys, *words), "HW0634", "bytes to 288,000,000")


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
    name: str, build: Path, tmp_path: Path, monkeypatch: MonkeyPatch, capsys: Capture
) -> None:
    (tmp_path / "folder").mkdir()
    np.save(tmp_path / "x.npy", np.ones((2, 6), np.float32))
    words = ("simulate", build, "--level", "reference", "--inputs", tmp_path / "x.npy")
    outcome = type_command(monkeypatch, capsys, *words, "--outputs", tmp_path / name)
    refused(outcome, "HW0003", "--outputs")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["folder", "x.npy"]


def test_what_is_written_is_what_is_said(
    build: Path, tmp_path: Path, monkeypatch: MonkeyPatch, capsys: Capture
) -> None:
    np.save(tmp_path / "x.npy", np.ones((2, 6), np.float32))
    words = ("simulate", build, "--level", "reference", "--inputs", tmp_path / "x.npy")
    outcome = type_command(monkeypatch, capsys, *words, "--outputs", tmp_path / "y")
    assert f"Wrote {tmp_path / 'y.npz'}." in outcome.out
    assert np.load(tmp_path / "y.npz")["raw"].shape[0] == 2
    assert output_file(tmp_path / "y.npz") == tmp_path / "y.npz"


@pytest.mark.parametrize(("level", "name"), [("reference", "w.vcd"), ("rtl", "no/w.vcd")])
def test_waves_that_can_not_be_written(
    level: str,
    name: str,
    build: Path,
    tmp_path: Path,
    monkeypatch: MonkeyPatch,
    capsys: Capture,
) -> None:
    np.save(tmp_path / "x.npy", np.ones((2, 6), np.float32))
    words = ("simulate", build, "--level", level, "--inputs", tmp_path / "x.npy")
    outcome = type_command(monkeypatch, capsys, *words, "--waves", tmp_path / name)
    refused(outcome, "--waves")


def test_a_design_far_beyond_the_board_is_refused_at_once(build: Path) -> None:
    report, board = hwcompile.load(build).report, load_board("icestick")
    check_far_too_large(report, board)
    report["design"]["resources_predicted"]["lut"] = 20_260
    with pytest.raises(hwcompile.CompileError, match=r"HW0640.*'icestick' has .*'fc' takes about"):
        check_far_too_large(report, board)


def test_the_default_is_explained(
    tmp_path: Path, monkeypatch: MonkeyPatch, capsys: Capture
) -> None:
    words = ("compile", save(tmp_path), "-o", tmp_path / "out")
    assert "No target was given" in type_command(monkeypatch, capsys, *words).out


def test_the_interface_says_what_it_has() -> None:
    assert {"CompileError", "__version__", "compile", "load"} <= set(dir(hwcompile))
    assert hwcompile.__version__


def test_blocks_of_random_frames_are_those_of_one_draw(build: Path) -> None:
    graph = hwcompile.load(build).graph
    types = {name: graph.types[name] for name in graph.inputs}
    ((name, kind),) = types.items()
    whole = np.random.default_rng(5).choice(kind.element.values(), size=(2500, *kind.shape))
    np.testing.assert_array_equal(random_source(types, 2500, 5).whole()[name], whole)


def test_another_format_is_named(tmp_path: Path, monkeypatch: MonkeyPatch, capsys: Capture) -> None:
    for name, data in (("m.h5", b"\x89HDF\r\n\x1a\n" + bytes(90)), ("x.csv", b"1,2\n3,4\n")):
        path = tmp_path / name
        path.write_bytes(data)
        outcome = type_command(monkeypatch, capsys, "compile", path, "-o", tmp_path / "o")
        refused(outcome, name)
        assert "may be truncated" not in outcome.err


def test_force_keeps_what_is_not_in_the_manifest(
    tmp_path: Path, monkeypatch: MonkeyPatch, capsys: Capture
) -> None:
    words = ("compile", save(tmp_path), "-o", tmp_path / "o")
    assert type_command(monkeypatch, capsys, *words).code == 0
    (tmp_path / "o" / "notes.txt").write_text("mine")
    assert type_command(monkeypatch, capsys, *words, "--force").code == 0
    assert (tmp_path / "o" / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("file", ["report.json", "host.json", "interface.json", "graph.txt"])
def test_a_damaged_build_directory_is_called_that(
    file: str, tmp_path: Path, monkeypatch: MonkeyPatch, capsys: Capture
) -> None:
    words = ("compile", save(tmp_path), "-o", tmp_path / "o")
    assert type_command(monkeypatch, capsys, *words).code == 0
    np.save(tmp_path / "x.npy", np.ones((2, 6), np.float32))
    read = ("simulate", tmp_path / "o", "--inputs", tmp_path / "x.npy", "--level", "reference")
    use = read if file == "host.json" else ("verify", tmp_path / "o")
    for data in (b"", b"\xff\x00", b"[]"):
        (tmp_path / "o" / file).write_bytes(data)
        refused(type_command(monkeypatch, capsys, *use), file, "damaged")
    (tmp_path / "o" / file).unlink()
    refused(type_command(monkeypatch, capsys, *use), file)


def test_a_schedule_with_a_byte_order_mark_is_read(
    tmp_path: Path, monkeypatch: MonkeyPatch, capsys: Capture
) -> None:
    path = tmp_path / "s.toml"
    path.write_bytes(b'\xef\xbb\xbf[nodes."fc"]\r\nkernel = []\r\n')
    words = ("compile", save(tmp_path), "-o", tmp_path / "o", "--schedule", path)
    refused(type_command(monkeypatch, capsys, *words), "kernel")
    path.write_bytes(b'\xef\xbb\xbf[nodes."fc"]\r\nkernel = "folded"\r\npe = 2\r\nsimd = 3\r\n')
    assert type_command(monkeypatch, capsys, *words).code == 0


def test_two_types_for_one_input_are_refused(
    tmp_path: Path, monkeypatch: MonkeyPatch, capsys: Capture
) -> None:
    words = ("compile", save(tmp_path), "-o", tmp_path / "o")
    types = ("--input-type", "x:int8:0.25", "--input-type", "x:int4:0.5")
    refused(type_command(monkeypatch, capsys, *words, *types), "'x'")
