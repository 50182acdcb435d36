"""The commands as a user types them, on a tiny model."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import hwcompile
from hwcompile.build_directory import rewrite_files
from hwcompile.verify.sources import random_source
from tests.cli.running import type_command
from tests.cli.small import save

MonkeyPatch = pytest.MonkeyPatch
Capture = pytest.CaptureFixture[str]


def test_compile_verify_simulate_report(
    tmp_path: Path, monkeypatch: MonkeyPatch, capsys: Capture
) -> None:
    build = tmp_path / "build"
    model = save(tmp_path)
    compiled = type_command(monkeypatch, capsys, "compile", model, "-o", build, "--dump-ir")
    assert compiled.code == 0
    assert "fc" in compiled.out
    assert (build / "ir" / "00_front-end.txt").is_file()

    verified = type_command(monkeypatch, capsys, "verify", build, "--boundaries")
    assert verified.code == 0
    assert "rtl: 20 frames, 0 mismatches" in verified.out

    x = np.random.default_rng(0).normal(size=(5, 6)).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    results = {}
    for level in ("reference", "rtl"):
        target = tmp_path / f"{level}.npz"
        words = ("simulate", build, "--inputs", tmp_path / "x.npy", "--level", level)
        assert type_command(monkeypatch, capsys, *words, "--outputs", target).code == 0
        results[level] = np.load(target)
    np.testing.assert_array_equal(results["rtl"]["raw"], results["reference"]["raw"])
    np.testing.assert_array_equal(results["rtl"]["real"], results["reference"]["real"])
    assert results["rtl"]["real"].shape == (5, 4)

    printed = type_command(monkeypatch, capsys, "report", build, "--json")
    report = json.loads(printed.out)
    assert report["schema"] == 1
    design = report["design"]
    assert design["levels"]["rtl"] == {"frames": 20, "mismatches": 0}
    for figure in ("interval_cycles", "latency_cycles"):
        assert design[figure]["measured"] == design[figure]["predicted"]


def test_verify_fails_on_a_wrong_weight(
    tmp_path: Path, monkeypatch: MonkeyPatch, capsys: Capture
) -> None:
    build = tmp_path / "build"
    type_command(monkeypatch, capsys, "compile", save(tmp_path), "-o", build)
    memory = max((build / "rtl").glob("fc_*.mem"), key=lambda path: path.stat().st_size)
    text = memory.read_text().strip()
    rewrite_files(build, {f"rtl/{memory.name}": f"{text[:-1]}{int(text[-1], 16) ^ 1:x}\n"})
    outcome = type_command(monkeypatch, capsys, "verify", build, "--boundaries")
    assert outcome.code == 1
    assert "expected" in outcome.out
    assert "channel" in outcome.out


def test_two_compilations_give_the_same_bytes(
    tmp_path: Path, monkeypatch: MonkeyPatch, capsys: Capture
) -> None:
    model = save(tmp_path)
    for name in ("one", "two"):
        assert type_command(monkeypatch, capsys, "compile", model, "-o", tmp_path / name).code == 0
    files = [p.relative_to(tmp_path / "one") for p in sorted((tmp_path / "one").rglob("*"))]
    assert files == [p.relative_to(tmp_path / "two") for p in sorted((tmp_path / "two").rglob("*"))]
    for file in files:
        if (tmp_path / "one" / file).is_file():
            first, second = ((tmp_path / name / file).read_bytes() for name in ("one", "two"))
            assert first == second, file


def test_ops_and_doctor(monkeypatch: MonkeyPatch, capsys: Capture) -> None:
    listed = type_command(monkeypatch, capsys, "ops")
    assert listed.code == 0
    for word in ("matmul", "folded", "QLinearConv", "BipolarQuant"):
        assert word in listed.out
    checked = type_command(monkeypatch, capsys, "doctor")
    assert checked.code == 0
    assert "verilator" in checked.out


def test_the_interface_says_what_it_has() -> None:
    assert {"CompileError", "__version__", "compile", "load"} <= set(dir(hwcompile))
    assert hwcompile.__version__


def test_blocks_of_random_frames_are_those_of_one_draw(tmp_path: Path) -> None:
    graph = hwcompile.compile(save(tmp_path), tmp_path / "build").graph
    types = {name: graph.types[name] for name in graph.inputs}
    ((name, kind),) = types.items()
    whole = np.random.default_rng(5).choice(kind.element.values(), size=(2500, *kind.shape))
    np.testing.assert_array_equal(random_source(types, 2500, 5).whole()[name], whole)
