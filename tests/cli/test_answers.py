"""`--json` of every command: one object on standard output, of the form that is published."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hwcompile.build_directory import rewrite_files
from hwcompile.cli import doctor
from hwcompile.cli.answers import ANSWERS
from hwcompile.cli.app import COMMANDS
from hwcompile.cli.schemas import NAME, answers_text
from tests.build_directory.test_schemas import wrong
from tests.cli.running import Outcome, type_command
from tests.cli.small import save
from tests.frontends.deep_compression.published import SHAPES, small_network
from tests.models import ROOT

MonkeyPatch = pytest.MonkeyPatch
Capture = pytest.CaptureFixture[str]

WITHOUT = {"report", "simulate-board"}
"""`report --json` prints report.json; a simulated board serves until it is stopped."""

SLOW = {"build", "run"}
"""Asked in the tests of boards, where there is a bitstream."""


def answered(command: str, outcome: Outcome) -> Any:
    """What a command printed, held against its schema."""
    schema = json.loads((ROOT / "docs" / "schemas" / NAME).read_text(encoding="utf-8"))
    shape = schema["$defs"][command]
    answer = json.loads(outcome.out)
    assert list(wrong(answer, shape, shape["$defs"], command)) == []
    return answer


@pytest.fixture
def build(tmp_path: Path, monkeypatch: MonkeyPatch, capsys: Capture) -> Path:
    directory = tmp_path / "build"
    outcome = type_command(
        monkeypatch, capsys, "compile", save(tmp_path), "-o", directory, "--json"
    )
    assert outcome.code == 0
    assert answered("compile", outcome)["directory"] == str(directory)
    return directory


def test_every_command_has_an_answer() -> None:
    assert set(ANSWERS) | WITHOUT == set(COMMANDS)


def test_the_published_schema_is_that_of_the_answers() -> None:
    published = (ROOT / "docs" / "schemas" / NAME).read_text(encoding="utf-8")
    assert published == answers_text(), "make pages writes it anew"


@pytest.mark.parametrize("command", ["boards", "ops", "doctor", "cache"])
def test_commands_that_only_tell(
    command: str, tmp_path: Path, monkeypatch: MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setenv("HWCOMPILE_CACHE", str(tmp_path))
    outcome = type_command(monkeypatch, capsys, command, "--json")
    assert outcome.code == 0
    assert len(answered(command, outcome)) >= 2


def test_commands_on_a_build(build: Path, monkeypatch: MonkeyPatch, capsys: Capture) -> None:
    def answer(command: str, *words: object, code: int = 0) -> Any:
        outcome = type_command(monkeypatch, capsys, command, build, *words, "--json")
        assert outcome.code == code, outcome.err
        return answered(command, outcome)

    verified = answer("verify", "--frames", 5)
    assert verified["passed"]
    assert verified["frames"] == 5
    assert verified["mismatches"] == {"rtl": 0}
    assert verified["interval_cycles"]["predicted"] == verified["interval_cycles"]["measured"]

    frames = np.random.default_rng(1).normal(size=(7, 6)).astype(np.float32)
    np.save(build.parent / "x.npy", frames)
    words = ("--inputs", build.parent / "x.npy", "--level", "reference")
    simulated = answer("simulate", *words, "--outputs", build.parent / "y.npz")
    real = np.load(build.parent / "y.npz")["real"]
    assert simulated["classes"] == real.argmax(axis=1).tolist()

    labels = real.argmax(axis=1)
    labels[:2] += 1
    np.save(build.parent / "labels.npy", labels)
    simulated = answer("simulate", *words, "--labels", build.parent / "labels.npy")
    assert simulated["accuracy"] == 5 / 7
    report = json.loads((build / "report.json").read_text(encoding="utf-8"))
    assert report["design"]["accuracy"] == {"reference": {"frames": 7, "right": 5}}
    page = (build / "report.html").read_text(encoding="utf-8")
    assert "71.43% of 7 frames" in page

    traced = answer("trace", *words, "--outputs", build.parent / "t.npz")
    with np.load(build.parent / "t.npz") as arrays:
        assert {name: list(arrays[name].shape[1:]) for name in arrays} == traced["tensors"]
        inside = {name: arrays[name] for name in arrays}
    answer("trace", *words[:2], "--level", "rtl", "--outputs", build.parent / "r.npz")
    with np.load(build.parent / "r.npz") as arrays:
        assert len(arrays) >= 1
        for name in arrays:
            np.testing.assert_array_equal(arrays[name], inside[name])

    for command in ("driver", "testbench", "wrap"):
        files = answer(command)["files"]
        assert files
        assert all(Path(name).is_file() for name in files)
    assert answer("doctor")["directory"] == str(build)


def test_encodings(tmp_path: Path, monkeypatch: MonkeyPatch, capsys: Capture) -> None:
    words = [save(tmp_path), "--encodings", "fc", "--csv", tmp_path / "t.csv"]
    outcome = type_command(monkeypatch, capsys, "explore", *words, "--json")
    assert outcome.code == 0, outcome.err
    listed = answered("explore", outcome)["encodings"]
    with (tmp_path / "t.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["lut"] for row in rows] == [str(each["lut"]) for each in listed]
    printed = type_command(monkeypatch, capsys, "explore", *words)
    assert "folded select plain" in printed.out
    assert "made LUT" not in printed.out
    refused = type_command(monkeypatch, capsys, "explore", words[0], "--encodings", "quant")
    assert refused.code == 2
    assert "HW0406" in refused.err


def test_an_import(tmp_path: Path, monkeypatch: MonkeyPatch, capsys: Capture) -> None:
    weights, network = small_network(tmp_path)
    np.savez(tmp_path / "x.npz", data=np.ones((2, 3, 9, 8), np.int16))
    words = [weights, "--network", network, "--calibration", tmp_path / "x.npz"]
    words += ["-o", tmp_path / "m.onnx"]
    outcome = type_command(monkeypatch, capsys, "import-deep-compression", *words, "--json")
    assert outcome.code == 0, outcome.err
    found = answered("import-deep-compression", outcome)
    assert [layer["name"] for layer in found["layers"]] == list(SHAPES)
    printed = type_command(monkeypatch, capsys, "import-deep-compression", *words)
    stored = sum(layer["entries"] for layer in found["layers"])
    assert f"{stored:,} entries stored" in printed.out
    assert found["note"] in printed.out
    assert type_command(monkeypatch, capsys, "compile", tmp_path / "m.onnx", "-o", tmp_path / "b")
    np.savez(tmp_path / "x.npz", a=np.ones(2), b=np.ones(3))
    refused = type_command(monkeypatch, capsys, "import-deep-compression", *words)
    assert refused.code == 2
    assert "HW0606" in refused.err


def test_a_mismatch_is_an_answer_too(
    build: Path, monkeypatch: MonkeyPatch, capsys: Capture
) -> None:
    memory = next(path for path in (build / "rtl").iterdir() if path.suffix == ".mem")
    text = memory.read_text()
    flipped = ("1" if text[0] == "0" else "0") + text[1:]
    rewrite_files(build, {f"rtl/{memory.name}": flipped})
    outcome = type_command(monkeypatch, capsys, "verify", build, "--json")
    assert outcome.code == 1
    found = answered("verify", outcome)
    assert not found["passed"]
    assert found["findings"]
    page = (build / "report.html").read_text(encoding="utf-8")
    assert "Wrong at level rtl" in page
    assert "First mismatches" in page


def test_a_needed_level_that_can_not_run_is_a_missing_tool(
    monkeypatch: MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setitem(doctor.NEEDS, "rtl", ("no_such_simulator",))
    outcome = type_command(monkeypatch, capsys, "doctor", "--level", "rtl")
    assert outcome.code == 3
    assert "HW0709" in outcome.err
    assert "no_such_simulator" in outcome.err
    assert type_command(monkeypatch, capsys, "doctor", "--level", "hls").code in (0, 3)


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        (np.zeros(3, dtype=np.int64), "3 numbers for 7 frames"),
        (np.array(["a"] * 7), "no whole numbers"),
        (None, "no such file"),
    ],
)
def test_labels_that_do_not_fit(
    labels: Any, told: str, build: Path, monkeypatch: MonkeyPatch, capsys: Capture
) -> None:
    np.save(build.parent / "x.npy", np.zeros((7, 6), np.float32))
    path = build.parent / "labels.npy"
    if labels is not None:
        np.save(path, labels)
    words = ("--inputs", build.parent / "x.npy", "--level", "reference", "--labels", path)
    outcome = type_command(monkeypatch, capsys, "simulate", build, *words)
    assert outcome.code == 2
    assert "HW0008" in outcome.err
    assert told in outcome.err
