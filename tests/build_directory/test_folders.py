"""Folders that later commands add: only what this program made is removed.

The oracle is the file system: what a user put there is there afterwards.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

import hwcompile
from hwcompile.build_directory import board_folder, is_complete, making_folder
from hwcompile.build_directory.names import MARKER
from hwcompile.diagnostics import CompileError, InternalError
from tests.cli import small


@pytest.mark.parametrize(
    "name", ["..", ".", "", "a/b", "/etc", "rtl", "RTL", "report.json", "kept"]
)
def test_a_name_that_leads_elsewhere_is_no_board(tmp_path: Path, name: str) -> None:
    with pytest.raises(CompileError, match=r"HW0860.*a board can not be called"):
        board_folder(tmp_path, name)


def test_a_folder_without_the_marker_is_somebody_elses(tmp_path: Path) -> None:
    (tmp_path / "board").mkdir()
    (tmp_path / "board" / "build.sh").write_text("precious")
    with (
        pytest.raises(CompileError, match=r"HW0815.*not one that this program made"),
        making_folder(tmp_path, "board"),
    ):
        pass
    assert (tmp_path / "board" / "build.sh").read_text() == "precious"


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "file").write_text("precious")
    (tmp_path / "board").symlink_to("elsewhere")
    with pytest.raises(CompileError, match="HW0815"), making_folder(tmp_path, "board"):
        pass
    assert (tmp_path / "elsewhere" / "file").read_text() == "precious"


def test_files_added_to_a_finished_folder_are_kept(tmp_path: Path) -> None:
    with making_folder(tmp_path, "board") as folder:
        (folder / "a.bin").write_text("1")
        (folder / "deep").mkdir()
        (folder / "deep" / "b.bin").write_text("1")
    assert is_complete(folder)
    (folder / "deep" / "notes").write_text("mine")
    with making_folder(tmp_path, "board") as folder:
        assert [path.name for path in folder.iterdir()] == [MARKER]
        assert not is_complete(folder)
    assert (tmp_path / "kept" / "board" / "deep" / "notes").read_text() == "mine"


def test_a_failed_or_killed_attempt_is_not_complete_and_makes_room(tmp_path: Path) -> None:
    folder = tmp_path / "board"

    def attempt() -> None:
        with making_folder(tmp_path, "board"):
            (folder / "log").write_text("why")
            raise InternalError("no room left")

    with pytest.raises(InternalError, match="no room left"):
        attempt()
    assert (folder / "log").read_text() == "why"
    assert not is_complete(folder)
    marker = json.loads((folder / MARKER).read_text())
    (folder / MARKER).write_text(json.dumps(marker | {"pid": 2**22 + 1, "files": None}))
    (folder / "half").write_text("x")
    with making_folder(tmp_path, "board"):
        pass
    assert [path.name for path in folder.iterdir()] == [MARKER]
    assert not (tmp_path / "kept").exists()


def test_another_process_at_work_is_not_disturbed(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as other:
        with making_folder(tmp_path, "board") as folder:
            marker = json.loads((folder / MARKER).read_text())
        started = Path(f"/proc/{other.pid}/stat").read_text().rpartition(")")[2].split()[19]
        mine = {"pid": other.pid, "started": started, "files": None}
        (folder / MARKER).write_text(json.dumps(marker | mine))
        with pytest.raises(CompileError, match="HW0862"), making_folder(tmp_path, "board"):
            pass
        other.kill()
    with making_folder(tmp_path, "board"):
        pass


def test_a_new_design_takes_the_old_ones_boards_away(tmp_path: Path) -> None:
    model, build = small.save(tmp_path), tmp_path / "build"
    hwcompile.compile(model, build)
    with making_folder(build, "icestick") as folder:
        (folder / "board.bin").write_text("of the old design")
    (folder / "notes").write_text("mine")
    design = hwcompile.compile(model, build, force=True)
    assert not folder.exists()
    assert (build / "kept" / "icestick" / "notes").read_text() == "mine"
    assert any("kept/icestick/notes" in note for note in design.notes)
