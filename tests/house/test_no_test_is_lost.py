"""A change can not drop tests without saying so: each folder has at least as many as on file.

A merge that lost a file, or a rename that pytest no longer collects, would show nowhere else.
Functions are counted, not their cases. Only a drop fails; `HWCOMPILE_UPDATE=1 pytest tests/house`
records what is there, after a drop that was meant and now and then after growth.
"""

from __future__ import annotations

import ast
import os
from collections import Counter
from pathlib import Path

from tests.models import ROOT

TESTS = ROOT / "tests"
RECORD = Path(__file__).with_name("tests.txt")
UPDATE = bool(os.environ.get("HWCOMPILE_UPDATE"))


def count_in(text: str) -> int:
    """How many test functions and methods pytest collects in the text of a module."""
    body = ast.parse(text).body
    classes = [n for n in body if isinstance(n, ast.ClassDef) and n.name.startswith("Test")]
    return sum(
        len({n.name for n in scope if isinstance(n, ast.FunctionDef) and n.name.startswith("test")})
        for scope in (body, *(found.body for found in classes))
    )


def counted() -> Counter[str]:
    """Tests by folder, below `tests/`."""
    found: Counter[str] = Counter()
    for path in sorted(TESTS.rglob("test_*.py")):
        folder = path.parent.relative_to(TESTS).as_posix()
        found[folder] += count_in(path.read_text(encoding="utf-8"))
    return found


def recorded() -> dict[str, int]:
    """The numbers on file."""
    lines = (line.split() for line in RECORD.read_text(encoding="utf-8").splitlines())
    return {folder: int(count) for count, folder in lines}


def losses(before: dict[str, int], now: Counter[str]) -> list[str]:
    """A sentence for every folder that has fewer tests than before."""
    return [
        f"tests/{folder} has {now[folder]} test functions, and had {count}: bring the lost ones "
        "back, or record that it was meant with HWCOMPILE_UPDATE=1 pytest tests/house"
        for folder, count in sorted(before.items())
        if now[folder] < count
    ]


def test_no_folder_has_fewer_tests_than_on_file() -> None:
    found = counted()
    if UPDATE:
        lines = (f"{count:4} {folder}\n" for folder, count in sorted(found.items()))
        RECORD.write_text("".join(lines), encoding="utf-8")
    assert losses(recorded(), found) == []


def test_losses_are_told_and_growth_is_not() -> None:
    now = Counter({"ops/gru": 3, "new": 1, "rtl": 7})
    told = losses({"ops/gru": 4, "gone": 2, "rtl": 6}, now)
    assert [line.partition(":")[0] for line in told] == [
        "tests/gone has 0 test functions, and had 2",
        "tests/ops/gru has 3 test functions, and had 4",
    ]


def test_what_pytest_does_not_collect_is_not_counted() -> None:
    text = (
        "def test_a(): pass\ndef test_a(): return 1\ndef helper():\n    def test_b(): pass\n"
        "class TestC:\n    def test_d(self): pass\n    def other(self): pass\n"
        "class Base:\n    def test_e(self): pass\nTEXT = 'def test_f(): pass'\n"
    )
    assert count_in(text) == 2
