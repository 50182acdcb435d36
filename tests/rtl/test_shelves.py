"""The library's sources stand on shelves, and are found by name wherever they stand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hwcompile.diagnostics import InternalError
from hwcompile.emit import shelves
from hwcompile.emit.library import library_files, module_text, with_dependencies
from hwcompile.resources import room

LIBRARY = room("templates") / "library"


def test_every_source_stands_on_a_shelf() -> None:
    found = shelves.source_files()
    assert len(found) > 90
    assert {path.parent.parent for path in found.values()} == {LIBRARY}
    assert len(found) == len(list(LIBRARY.rglob("*.sv")))


def test_the_readme_says_what_stands_on_every_shelf() -> None:
    rows = re.findall(r"^\| `(\w+)/` \| \w+", (LIBRARY / "README.md").read_text(), re.MULTILINE)
    assert rows == sorted(path.name for path in LIBRARY.iterdir() if path.is_dir())


def test_a_name_exists_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for shelf, name in (("first", "hw_one"), ("second", "hw_two"), ("second", "hw_one")):
        (tmp_path / "library" / shelf).mkdir(parents=True, exist_ok=True)
        (tmp_path / "library" / shelf / f"{name}.sv").touch()
    monkeypatch.setattr(shelves, "room", lambda name: tmp_path)
    shelves.source_files.cache_clear()
    try:
        with pytest.raises(InternalError, match="hw_one is in the library twice"):
            shelves.source_files()
    finally:
        shelves.source_files.cache_clear()


def test_modules_are_found_on_other_shelves_than_who_needs_them() -> None:
    names = with_dependencies(["hw_threshold"])
    files = shelves.source_files()
    assert {files[name].parent.name for name in names} >= {"threshold", "memory", "stream"}
    assert all(module_text(name) == files[name].read_text() for name in names)


def test_what_is_emitted_is_flat() -> None:
    assert not [name for name in library_files(["hw_matvec", "hw_rnn_engine"]) if "/" in name]
