"""Work that waits for programs: as much at once as is allowed, each piece once, kept as it comes.

The oracle is the definition: the function itself, done once for each piece and in order.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from hwcompile.engine.work import (
    CacheStore,
    FolderStore,
    Here,
    Job,
    ProgramThreads,
    Work,
    WorkEngine,
)
from hwcompile.processes import Jobs


class Square(msgspec.Struct, frozen=True):
    """What a piece of work finds."""

    value: int


@pytest.fixture(autouse=True)
def jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a test says of jobs holds for it alone, and its cache is its own."""
    monkeypatch.setenv("HWCOMPILE_CACHE", str(tmp_path / "cache"))
    Jobs.most = 3
    yield
    Jobs.most = None


def number_of(data: bytes) -> int:
    return int(data)


WORKS = [Work(f"of{number}", number) for number in (5, 3, 7, 3, 11)]


def job(seen: list[int], broken: int = -1) -> Job[Square]:
    def square(shared: int, number: int) -> Square:
        seen.append(number)
        if number == broken:
            raise KeyboardInterrupt
        return Square(shared * number * number)

    return Job(number_of, ("key of two", b"2"), square, Square, kind="squares")


@pytest.mark.parametrize("runner", [Here(), ProgramThreads()])
def test_results_are_in_order_and_each_is_made_once(runner: Here | ProgramThreads) -> None:
    seen: list[int] = []
    engine = WorkEngine(runner)
    expected = [Square(2 * work.task**2) for work in WORKS]
    assert engine.run(job(seen), WORKS) == expected
    assert sorted(seen) == [3, 5, 7, 11]
    assert (engine.performed, engine.cached) == (4, 0)
    again = WorkEngine(runner)
    assert again.run(job(seen), WORKS) == expected
    assert (again.performed, again.cached) == (0, 4)
    assert len(seen) == 4


def test_so_many_pieces_are_done_at_once() -> None:
    meeting = threading.Barrier(3, timeout=20)

    def meets(shared: int, number: int) -> Square:
        meeting.wait()  # would break if fewer came at the same time
        return Square(number)

    works = [Work(f"meets{number}", number) for number in range(3)]
    found = WorkEngine(ProgramThreads()).run(Job(number_of, ("k", b"1"), meets, Square), works)
    assert [one.value for one in found] == [0, 1, 2]
    assert ProgramThreads().workers == 3


def test_what_was_ended_in_the_middle_goes_on() -> None:
    seen: list[int] = []
    Jobs.most = 1
    with pytest.raises(KeyboardInterrupt):
        WorkEngine(ProgramThreads()).run(job(seen, broken=7), WORKS)
    assert seen[:3] == [5, 3, 7]
    done = len(seen)  # the next one may have begun
    engine = WorkEngine(ProgramThreads())
    engine.run(job(seen), WORKS)
    assert seen[done:] == [7, 11]
    assert (engine.performed, engine.cached) == (2, 2)


def test_a_folder_keeps_results_as_plain_json(tmp_path: Path) -> None:
    seen: list[int] = []
    steps: list[None] = []
    engine = WorkEngine(
        ProgramThreads(), FolderStore(tmp_path / "kept"), lambda: steps.append(None)
    )
    engine.run(job(seen), WORKS)
    assert len(steps) == 4
    assert (tmp_path / "kept/of7.json").read_bytes() == b'{"value":98}'
    assert len(list((tmp_path / "kept").iterdir())) == 4
    (tmp_path / "kept/of7.json").write_bytes(b'{"value":1}')
    found = WorkEngine(Here(), FolderStore(tmp_path / "kept")).run(job(seen), WORKS)
    assert [one.value for one in found] == [50, 18, 1, 18, 242]
    assert CacheStore().find("squares", "of7") is None
