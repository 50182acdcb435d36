"""Damaged build directories are refused in one paragraph that names the file.

The oracle is the damage itself: which file was changed is known, and what it said before.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hwcompile
from hwcompile.build_directory import rewrite_files
from hwcompile.diagnostics import CompileError
from tests.cli import small
from tests.cli.running import type_command
from tests.fuzz.attempts import attempt
from tests.fuzz.directories import damage, fresh_copy, use


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    return hwcompile.compile(small.save(folder), folder / "build").directory


def _folder_in_its_place(path: Path) -> None:
    path.unlink()
    path.mkdir()


FILES = ("report.json", "host.json", "interface.json", "graph.txt", "schedule.toml", "rtl/files.f")
WAYS: dict[str, Callable[[Path], object]] = {
    "changed": lambda path: path.write_text(path.read_text() + "\n"),
    "empty": lambda path: path.write_bytes(b""),
    "binary": lambda path: path.write_bytes(bytes(range(256))),
    "missing": lambda path: path.unlink(),
    "a folder": _folder_in_its_place,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_named(whole: Path, tmp_path: Path, name: str, way: str) -> None:
    build = tmp_path / "build"
    shutil.copytree(whole, build)
    WAYS[way](build / name)
    with pytest.raises(
        CompileError,
        match=rf"HW0510.*'{build}' is damaged, because of its file {name}: .*"
        rf"Try: compile again: hwcompile compile MODEL -o {build} --force\.",
    ):
        use(build)


@pytest.mark.parametrize("name", ["manifest.json", "report.json", "host.json", "interface.json"])
def test_a_file_of_another_version_is_refused(whole: Path, tmp_path: Path, name: str) -> None:
    build = tmp_path / "build"
    shutil.copytree(whole, build)
    data = json.loads((build / name).read_text()) | {"schema": 9}
    if name == "manifest.json":
        (build / name).write_text(json.dumps(data))
    else:
        rewrite_files(build, {name: json.dumps(data)})
    with pytest.raises(CompileError, match=r"HW0511.*another version of hwcompile.*schema 9"):
        use(build)


BELIEVED: dict[str, tuple[str, Callable[[Any], object]]] = {
    "top": ("interface.json", lambda d: d | {"top": "../../../evil"}),
    "top of a module": ("interface.json", lambda d: d | {"top": "always"}),
    "prefix": (
        "interface.json",
        lambda d: d | {"inputs": [d["inputs"][0] | {"prefix": "a; $finish"}]},
    ),
    "shape": ("interface.json", lambda d: d | {"inputs": [d["inputs"][0] | {"shape": [1, 1, 7]}]}),
    "no output": ("interface.json", lambda d: d | {"outputs": []}),
    "image elsewhere": (
        "interface.json",
        lambda d: (
            d
            | {
                "memories": [
                    {
                        "name": "a",
                        "prefix": "m",
                        "status": "w",
                        "address_bits": 32,
                        "data_bits": 64,
                        "size": 8,
                        "file": "../../etc/passwd",
                    }
                ]
            }
        ),
    ),
    "host of another network": ("host.json", lambda d: d | {"inputs": []}),
    "a level": (
        "report.json",
        lambda d: d | {"design": d["design"] | {"levels": {"rtl": {"frames": "many"}}}},
    ),
    "an index": (
        "host.json",
        lambda d: d | {"inputs": [d["inputs"][0] | {"index": {"order": [0]}}]},
    ),
    "cycles": ("report.json", lambda d: d | {"design": d["design"] | {"clock_mhz": "fast"}}),
}


@pytest.mark.parametrize("what", BELIEVED)
def test_what_makes_no_sense_is_refused_though_its_hash_is_right(
    whole: Path, tmp_path: Path, what: str
) -> None:
    build = tmp_path / "build"
    shutil.copytree(whole, build)
    name, change = BELIEVED[what]
    rewrite_files(build, {name: json.dumps(change(json.loads((build / name).read_text())))})
    with pytest.raises(CompileError, match=f"HW0510.*{name}"):
        use(build)


def test_a_manifest_can_not_list_files_elsewhere(whole: Path, tmp_path: Path) -> None:
    build = tmp_path / "build"
    shutil.copytree(whole, build)
    (tmp_path / "precious").write_text("mine")
    data = json.loads((build / "manifest.json").read_text())
    data["files"]["../precious"] = "0" * 64
    (build / "manifest.json").write_text(json.dumps(data))
    with pytest.raises(CompileError, match=r"HW0510.*manifest\.json.*not a file's name"):
        hwcompile.load(build)
    hwcompile.compile(small.save(tmp_path), build, force=True)
    assert (tmp_path / "precious").read_text() == "mine"


def test_damaged_directories_are_refused_in_words(whole: Path, tmp_path: Path) -> None:
    """A slice of the campaign `tests.fuzz.directories`."""
    for case in range(25):
        broken = fresh_copy(whole, tmp_path / "around")
        damage(broken, np.random.default_rng([20, case]))
        found = attempt(lambda broken=broken: use(broken))  # type: ignore[misc]
        assert not found.bad, f"case {case}: {found.text}"


def test_doctor_checks_every_file(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    build = tmp_path / "build"
    shutil.copytree(whole, build)
    assert type_command(monkeypatch, capsys, "doctor", build).code == 0
    (build / "graph.txt").write_text("")
    (build / "host.json").write_text("")
    outcome = type_command(monkeypatch, capsys, "doctor", build)
    assert outcome.code == 2
    assert "graph.txt" in outcome.err
    assert "host.json" in outcome.err


@pytest.mark.parametrize("given", ["../board.toml", "./board.toml"])
def test_a_board_file_in_a_parent_folder_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], given: str
) -> None:
    inner = tmp_path / "project" / "inner"
    inner.mkdir(parents=True)
    board = (Path(hwcompile.__file__).parents[1] / "boards" / "pynq_z1" / "board.toml").read_text()
    for folder in (inner, inner.parent):
        (folder / "board.toml").write_text(board)
        (folder / "build.sh").write_text("mine")
    hwcompile.compile(small.save(inner), inner / "out")
    monkeypatch.chdir(inner)
    assert type_command(monkeypatch, capsys, "build", "out", "--board", given).code == 0
    assert (inner / "out" / ("project" if ".." in given else "inner") / "build.sh").is_file()
    assert all((folder / "build.sh").read_text() == "mine" for folder in (inner, inner.parent))


def test_a_build_that_was_interrupted_can_be_repeated(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    build = tmp_path / "build"
    shutil.copytree(whole, build)
    words = ("build", build, "--board", "pynq_z1")
    assert type_command(monkeypatch, capsys, *words).code == 0
    marker = build / "pynq_z1" / ".hwcompile-made"
    gone = json.loads(marker.read_text()) | {"pid": 2**22 + 1, "files": None, "complete": False}
    marker.write_text(json.dumps(gone))
    (build / "pynq_z1" / "build.sh").unlink()
    assert type_command(monkeypatch, capsys, *words).code == 0
    assert (build / "pynq_z1" / "build.sh").is_file()
