"""The cache stays below its limit, and what was used least recently goes first."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from hwcompile.diagnostics import CompileError
from hwcompile.engine.cache import cached
from hwcompile.engine.cache_size import LIMIT, entries, trim, trim_now_and_then
from hwcompile.limits import parse_size


def make(size: int, key: str) -> Path:
    def fill(folder: Path) -> None:
        (folder / "a").write_bytes(b"x" * size)

    return cached("things", key, fill)


def age(entry: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(entry / ".contents.json", (then, then))


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HWCOMPILE_CACHE", str(tmp_path))
    return tmp_path


def test_the_least_recently_used_go(root: Path) -> None:
    places = [make(1000, key) for key in ("old", "older", "new")]
    for place, seconds in zip(places, (7200, 9000, 4000), strict=True):
        age(place, seconds)
    make(1000, "older")  # a use
    removed = trim(root, 2500)
    assert [place.is_dir() for place in places] == [False, True, True]
    assert removed > 1000
    assert sum(entry.size for entry in entries(root)) <= 2500


def test_what_is_in_use_stays_and_strangers_are_left_alone(root: Path) -> None:
    place = make(1000, "now")
    (root / "things" / "notes.txt").write_text("mine")
    assert trim(root, 0) == 0
    assert place.is_dir()
    assert trim(root, 0, in_use=0) > 1000
    assert not place.is_dir()
    assert (root / "things" / "notes.txt").read_text() == "mine"


def test_a_new_entry_makes_room(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(LIMIT, "2KB")
    old = make(1500, "old")
    age(old, 7200)
    age_of_the_stamp = time.time() - 3600
    os.utime(root / ".checked", (age_of_the_stamp, age_of_the_stamp))
    make(1500, "new")
    assert not old.is_dir()
    other = make(1500, "other")
    age(other, 7200)
    trim_now_and_then(root)  # looked a moment ago
    assert other.is_dir()


@pytest.mark.parametrize(
    ("text", "size"), [("123", 123), ("500MB", 500_000_000), ("1.5g", 1_500_000_000)]
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "many", "-1GB", "1 PB", "2GB2"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(CompileError, match="HW0001"):
        parse_size(text)
