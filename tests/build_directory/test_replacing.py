"""A build directory is made, replaced and left as its owner would want it.

The oracle is the file system itself: which files are there, byte by byte, before and after.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import hwcompile
from hwcompile.build_directory import new_build_directory, rewrite_files
from hwcompile.build_directory.process import write_marker
from hwcompile.diagnostics import CompileError
from tests.cli import small


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small.save(tmp_path_factory.mktemp("model"))


def _contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_files_of_the_user_survive_a_replacement(model: Path, tmp_path: Path) -> None:
    build = tmp_path / "build"
    hwcompile.compile(model, build)
    (build / "notes.txt").write_text("mine")
    (build / "rtl" / "tried.sv").write_text("mine too")
    (build / "own").mkdir()
    (build / "own" / "deep.txt").write_text("and this")
    hwcompile.compile(model, build, force=True, target_cycles=4)
    found = _contents(build)
    assert found["notes.txt"] == b"mine"
    assert found["rtl/tried.sv"] == b"mine too"
    assert found["own/deep.txt"] == b"and this"
    hwcompile.load(build).verify(frames=1)


def test_a_file_that_was_changed_is_kept_under_another_name(model: Path, tmp_path: Path) -> None:
    build = tmp_path / "build"
    hwcompile.compile(model, build)
    (build / "schedule.toml").write_text("# tuned for days\n")
    design = hwcompile.compile(model, build, force=True)
    assert (build / "kept" / "schedule.toml").read_text() == "# tuned for days\n"
    assert any("kept/schedule.toml" in note for note in design.notes)
    (build / "schedule.toml").write_text("# again\n")
    hwcompile.compile(model, build, force=True)
    assert (build / "kept" / "schedule.toml").read_text() == "# tuned for days\n"
    assert (build / "kept-1" / "schedule.toml").read_text() == "# again\n"


def test_files_of_the_old_design_go(model: Path, tmp_path: Path) -> None:
    build = tmp_path / "build"
    hwcompile.compile(model, build, dump_ir=True)
    assert (build / "ir").is_dir()
    hwcompile.compile(model, build, force=True)
    hwcompile.compile(model, tmp_path / "fresh")
    assert not (build / "ir").exists()
    assert _contents(build) == _contents(tmp_path / "fresh")


@pytest.mark.parametrize("which", ["model", "schedule"])
def test_inputs_inside_the_directory_are_refused(model: Path, tmp_path: Path, which: str) -> None:
    build = tmp_path / "build"
    hwcompile.compile(model, build)
    (build / "m.onnx").write_bytes(model.read_bytes())
    before = _contents(build)
    source = build / "m.onnx" if which == "model" else model
    schedule = build / "schedule.toml" if which == "schedule" else None
    with pytest.raises(CompileError, match=r"HW0512.*lies in the build directory.*Try: move"):
        hwcompile.compile(source, build, force=True, schedule=schedule)
    assert _contents(build) == before


def test_a_manifest_of_another_program_makes_no_build_directory(
    model: Path, tmp_path: Path
) -> None:
    page = tmp_path / "extension"
    page.mkdir()
    (page / "manifest.json").write_text(json.dumps({"manifest_version": 3, "files": {}}))
    (page / "background.js").write_text("alert(1)")
    before = _contents(page)
    with pytest.raises(CompileError, match="HW0501"):
        hwcompile.compile(model, page, force=True)
    assert _contents(page) == before


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"schema": 9}'])
def test_a_lost_manifest_costs_no_file(model: Path, tmp_path: Path, damage: str) -> None:
    build = tmp_path / "build"
    hwcompile.compile(model, build)
    old = _contents(build)
    (build / "manifest.json").write_text(damage)
    hwcompile.compile(model, build, force=True)
    new = _contents(build)
    assert {name: new[f"kept/{name}"] for name in old if name != "manifest.json"} == {
        name: data for name, data in old.items() if name != "manifest.json"
    }
    hwcompile.load(build)


def test_a_link_stays_a_link(model: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("real")
    hwcompile.compile(model, tmp_path / "link")
    hwcompile.compile(model, tmp_path / "link", force=True)
    assert (tmp_path / "link").is_symlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "real"]


def test_links_in_the_directory_are_not_followed(model: Path, tmp_path: Path) -> None:
    build, elsewhere = tmp_path / "build", tmp_path / "elsewhere"
    hwcompile.compile(model, build)
    (build / "rtl").rename(elsewhere)
    (build / "rtl").symlink_to(elsewhere)
    before = _contents(elsewhere)
    hwcompile.compile(model, build, force=True)
    assert _contents(elsewhere) == before
    assert not (build / "rtl").is_symlink()
    assert (build / "kept" / "rtl").is_symlink()


def test_a_failed_compilation_leaves_nothing(tmp_path: Path) -> None:
    broken = small.save(tmp_path, op="Mystery")
    with pytest.raises(CompileError):
        hwcompile.compile(broken, tmp_path / "out" / "build")
    (tmp_path / "empty").mkdir()
    with pytest.raises(CompileError):
        hwcompile.compile(broken, tmp_path / "empty")
    assert _contents(tmp_path).keys() == {"small.onnx"}
    assert not any((tmp_path / "empty").iterdir())


def test_what_a_killed_compilation_left_goes_the_next_time(model: Path, tmp_path: Path) -> None:
    build = tmp_path / "build"
    code = (
        "import os, sys; from pathlib import Path\n"
        "from hwcompile.build_directory import new_build_directory\n"
        "with new_build_directory(Path(sys.argv[1]), force=True) as staging:\n"
        "    (staging.folder / 'half').write_text('half'); os.kill(os.getpid(), 9)\n"
    )
    for _ in range(2):
        subprocess.run([sys.executable, "-c", code, str(build)], check=False)
        assert len(list(tmp_path.iterdir())) == 1, "what the one before left was not removed"
        assert not build.exists()
    hwcompile.compile(model, build)
    assert [path.name for path in tmp_path.iterdir()] == ["build"]
    before = _contents(build)
    subprocess.run([sys.executable, "-c", code, str(build)], check=False)
    assert (build / ".hwcompile").exists()
    assert hwcompile.load(build).report["schema"] == 1
    hwcompile.compile(model, build, force=True)
    assert _contents(build) == before


def test_a_replacement_that_was_killed_is_finished_by_whoever_comes(
    model: Path, tmp_path: Path
) -> None:
    """Killed before each move; whatever the moment, old or new is there, and files are kept."""
    hwcompile.compile(model, tmp_path / "new", target_cycles=4)
    expected = _contents(tmp_path / "new")
    code = (
        "import os, sys, pathlib; import hwcompile\n"
        "count = int(sys.argv[3]); original = pathlib.Path.replace\n"
        "def replace(self, target):\n"
        "    global count\n"
        "    if '/.hwcompile/' in str(self):\n"
        "        count -= 1\n"
        "        if not count: os.kill(os.getpid(), 9)\n"
        "    return original(self, target)\n"
        "pathlib.Path.replace = replace\n"
        "hwcompile.compile(sys.argv[1], sys.argv[2], force=True, target_cycles=4)\n"
    )
    for moment in (3, 11):
        build = tmp_path / f"build{moment}"
        hwcompile.compile(model, build)
        (build / "notes.txt").write_text("mine")
        (build / "graph.txt").write_text("changed")
        words = [sys.executable, "-c", code, str(model), str(build), str(moment)]
        assert subprocess.run(words, check=False).returncode == -9
        hwcompile.load(build)
        found = _contents(build)
        assert found.pop("notes.txt") == b"mine"
        assert found.pop("kept/graph.txt") == b"changed"
        assert found == expected


def test_two_processes_do_not_replace_one_directory(model: Path, tmp_path: Path) -> None:
    build = tmp_path / "build"
    hwcompile.compile(model, build)
    (build / ".hwcompile").mkdir()
    write_marker(build / ".hwcompile")
    text = (build / ".hwcompile" / ".hwcompile-made").read_text()
    with subprocess.Popen(["sleep", "60"]) as other:
        started = Path(f"/proc/{other.pid}/stat").read_text().rpartition(")")[2].split()[19]
        mark = json.loads(text) | {"pid": other.pid, "started": started}
        (build / ".hwcompile" / ".hwcompile-made").write_text(json.dumps(mark))
        with pytest.raises(CompileError, match=r"HW0513.*another process is making"):
            hwcompile.compile(model, build, force=True)
        other.kill()
    hwcompile.compile(model, build, force=True)


def test_a_system_error_names_the_file_that_failed(tmp_path: Path) -> None:
    with (
        pytest.raises(CompileError, match=r"HW0516.*'/nowhere/x'.*no such file"),
        new_build_directory(tmp_path / "build", force=False),
    ):
        Path("/nowhere/x").read_text()
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(
            CompileError, match=r"HW0502.*file/build', because file exists \('.*/file'\)"
        ),
        new_build_directory(tmp_path / "file" / "build", force=False),
    ):
        pass


def test_rewritten_files_keep_the_manifest_true(model: Path, tmp_path: Path) -> None:
    design = hwcompile.compile(model, tmp_path / "build")
    design.verify(frames=1)
    rewrite_files(design.directory, {"schedule.toml": "# other\n"})
    loaded = hwcompile.load(design.directory)
    assert loaded.schedule == "# other\n"
    assert loaded.report["design"]["levels"]["rtl"]["mismatches"] == 0
