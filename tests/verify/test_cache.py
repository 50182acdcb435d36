"""The cache heals itself: whatever happened to it, the next run has a sound entry or a note.

The oracle is what `make` writes: every entry handed out must be exactly that, and executable.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hwcompile.diagnostics import fail
from hwcompile.engine.cache import cached
from hwcompile.engine.cache_size import CONTENTS
from hwcompile.verify import programs
from hwcompile.verify.verilator import Variant, find_tools

PROGRAM = "#!/bin/sh\necho right\n"


def make(folder: Path) -> None:
    (folder / "program").write_text(PROGRAM)
    (folder / "program").chmod(0o755)
    (folder / "inner").mkdir()
    (folder / "inner" / "data").write_bytes(b"x" * 4096)


def check(entry: Path) -> None:
    assert subprocess.run([entry / "program"], capture_output=True).stdout == b"right\n"
    assert (entry / "inner" / "data").read_bytes() == b"x" * 4096


def _emptied(entry: Path) -> None:
    shutil.rmtree(entry)
    entry.mkdir()


def _folder_in_place_of_a_file(entry: Path) -> None:
    (entry / "program").unlink()
    (entry / "program").mkdir()


def _foreign_file_in_place_of_the_entry(entry: Path) -> None:
    shutil.rmtree(entry)
    entry.write_text("somebody's")


def _link_to_nowhere(entry: Path) -> None:
    shutil.rmtree(entry)
    entry.symlink_to("nowhere")


DAMAGES: dict[str, Callable[[Path], object]] = {
    "truncated": lambda entry: os.truncate(entry / "inner" / "data", 100),
    "emptied": lambda entry: (entry / "program").write_bytes(b""),
    "other contents": lambda entry: (entry / "inner" / "data").write_bytes(b"y" * 4096),
    "deleted file": lambda entry: (entry / "program").unlink(),
    "not executable": lambda entry: (entry / "program").chmod(0o644),
    "folder in place of a file": _folder_in_place_of_a_file,
    "foreign file in place of the entry": _foreign_file_in_place_of_the_entry,
    "link to nowhere": _link_to_nowhere,
    "no list": lambda entry: (entry / CONTENTS).unlink(),
    "empty list": lambda entry: (entry / CONTENTS).write_bytes(b""),
    "list of another kind": lambda entry: (entry / CONTENTS).write_bytes(b"[1]"),
    "everything deleted": _emptied,
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_entry_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("HWCOMPILE_CACHE", str(tmp_path / "my cache"))
    entry = cached("kind", "0" * 32, make)
    check(entry)
    DAMAGES[name](entry)
    check(cached("kind", "0" * 32, make))
    assert len(list(entry.parent.iterdir())) == 1, "leftovers"


def test_a_foreign_file_beside_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HWCOMPILE_CACHE", str(tmp_path))
    entry = cached("kind", "0" * 32, make)
    (entry / "foreign").write_text("mine")
    (entry.parent / "foreign").write_text("mine")
    assert cached("kind", "0" * 32, make) == entry
    assert (entry / "foreign").exists()
    assert (entry.parent / "foreign").exists()


@pytest.mark.parametrize("place", ["file", "file/below", "/proc/nowhere", "/dev/null/x"])
def test_an_unusable_cache_is_replaced_by_a_temporary_one_with_a_note(
    tmp_path: Path, place: str
) -> None:
    (tmp_path / "file").write_text("not a folder")
    code = (
        "from tests.verify.test_cache import make, check\n"
        "from hwcompile.engine.cache import cached\n"
        "entries = [cached('kind', str(n) * 32, make) for n in (1, 2, 1)]\n"
        "[check(entry) for entry in entries]; assert entries[0] == entries[2]\n"
        "print(entries[0])\n"
    )
    environment = {**os.environ, "HWCOMPILE_CACHE": str(tmp_path / place)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("note: the cache") == 1
    assert "HWCOMPILE_CACHE=DIR" in done.stderr
    assert not Path(done.stdout.strip()).exists(), "the temporary cache stays behind"


def test_a_relative_cache_is_the_same_from_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HWCOMPILE_CACHE", "my cache")
    entry = cached("kind", "0" * 32, make)
    assert entry.is_absolute()
    monkeypatch.chdir("/")
    check(entry)


def test_leftovers_of_killed_processes_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HWCOMPILE_CACHE", str(tmp_path))
    code = (
        "import os; from hwcompile.engine.cache import cached\n"
        "cached('kind', '0' * 32, lambda folder: os.kill(os.getpid(), 9))\n"
    )
    subprocess.run([sys.executable, "-c", code], check=False)
    assert len(list((tmp_path / "kind").iterdir())) == 1
    check(cached("kind", "1" * 32, make))
    assert [path.name for path in (tmp_path / "kind").iterdir()] == ["1" * 32]


def test_processes_that_make_the_same_entry_do_not_disturb_each_other(tmp_path: Path) -> None:
    code = (
        "import time; from tests.verify.test_cache import make, check\n"
        "from hwcompile.engine.cache import cached\n"
        "def slow(folder): time.sleep(0.2); make(folder)\n"
        "for n in range(3): check(cached('kind', str(n) * 32, slow))\n"
    )
    environment = {**os.environ, "HWCOMPILE_CACHE": str(tmp_path)}
    words = [sys.executable, "-c", code]
    running = [subprocess.Popen(words, env=environment) for _ in range(4)]
    assert [process.wait() for process in running] == [0] * 4
    assert sorted(path.name for path in (tmp_path / "kind").iterdir()) == [
        digit * 32 for digit in "012"
    ]


def test_headers_are_translated_again_when_the_cache_went_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def translate(command: list[str]) -> None:
        Path(command[-1]).write_text("translated")

    def translated(cache: Path) -> list[str]:
        monkeypatch.setenv("HWCOMPILE_CACHE", str(cache))
        for number in range(programs.PRELUDE_PAYS):
            (cache / programs.PROGRAMS / str(number)).mkdir(parents=True, exist_ok=True)
        return programs._prelude(Variant(), "-O1")

    monkeypatch.setattr(programs, "_run", translate)
    first = translated(tmp_path / "first")
    shutil.rmtree(tmp_path / "first")
    assert translated(tmp_path / "first") == first
    assert len([*tmp_path.glob("first/prelude/*/*.gch")]) == 1
    assert str(tmp_path / "second") in translated(tmp_path / "second")[-1]


@pytest.mark.parametrize("refused", [(), (programs.SMALL,), (programs.SMALL, programs.HEADER)])
def test_the_first_header_that_the_compiler_takes_is_translated(
    refused: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def translate(command: list[str]) -> None:
        if Path(command[-3]).name in refused:
            raise fail("HW0705", "refused", "another version of Verilator has other queues", "none")
        Path(command[-1]).write_text("translated")

    monkeypatch.setattr(programs, "_run", translate)
    monkeypatch.setattr(programs, "find_tools", lambda: replace(find_tools(), clang=False))
    monkeypatch.setenv("HWCOMPILE_CACHE", str(tmp_path))
    for number in range(programs.PRELUDE_PAYS):
        (tmp_path / programs.PROGRAMS / str(number)).mkdir(parents=True)
    options = programs._prelude(Variant(), "-O1")
    expected = [name for name in (programs.SMALL, programs.HEADER) if name not in refused][:1]
    assert [Path(option).name for option in options[1:]] == expected


def test_headers_are_not_translated_for_a_single_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HWCOMPILE_CACHE", str(tmp_path))
    assert programs._prelude(Variant(), "-O1") == []
