"""A system's folder: replaced as a whole or not at all, and what is the user's stays."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from hwcompile.compiler import build_files
from hwcompile.diagnostics import CompileError
from hwcompile.options import CompileOptions
from hwcompile.system import split as splitting
from hwcompile.system.files import read_system
from hwcompile.system.split import split
from tests.system.networks import layers

ORACLE = "this project"
ORACLE_REASON = "what happens to files is the program's own rule"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "system"
    split(layers(), folder, ["icebreaker"] * 2, CompileOptions())
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_a_system_is_not_touched_by_one_that_may_not_replace_it(
    whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(whole)
    with pytest.raises(CompileError, match=r"HW0501.*exists"):
        split(layers(), whole, ["icebreaker"] * 2, CompileOptions())
    assert contents(whole) == before
    # Ctrl-C while the parts are compiled, however late.
    made = []

    def interrupted(*args: Any) -> Any:
        made.append(build_files(*args))
        if len(made) == 2:
            raise KeyboardInterrupt
        return made[-1]

    monkeypatch.setattr(splitting, "build_files", interrupted)
    with pytest.raises(KeyboardInterrupt):
        split(layers(), whole, ["icebreaker"] * 2, CompileOptions(force=True))
    assert contents(whole) == before


def test_files_of_the_user_are_kept_and_named(whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "system.md").write_text("mine")
    with pytest.raises(CompileError, match=r"HW0501.*'system\.md' and is no system"):
        split(layers(), folder, ["icebreaker"] * 2, CompileOptions(force=True))
    assert contents(folder) == {"system.md": b"mine"}
    with pytest.raises(CompileError, match="HW0003"):
        split(layers(), folder / "system.md", ["icebreaker"] * 2, CompileOptions())
    again = tmp_path / "again"
    shutil.copytree(whole, again)
    (again / "part1/report.json").write_text("mine")
    _, kept = split(layers(), again, ["icebreaker"] * 2, CompileOptions(force=True))
    (place,) = kept
    assert (again / place).read_text() == "mine"
    assert contents(again / "part2") == contents(whole / "part2")
    (again / "system.json").write_text("{")
    with pytest.raises(CompileError, match=r"HW0510.*hwcompile split MODEL --boards A,B"):
        read_system(again)
