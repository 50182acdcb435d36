"""The benchmark of the suite's time runs the same tests in both versions, and counts programs."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.test_time import Spent, Suite, in_parts, in_turn, row, workers

OLD = """
import subprocess, sys

import pytest

def test_kept():
    code = "import time\\nwhile time.process_time() < 0.3: pass"
    subprocess.run([sys.executable, "-c", code], check=True)

@pytest.mark.parametrize("word", ["a b", "c::d"])
def test_words(word):
    assert False

@pytest.mark.slow
def test_slow():
    assert False
"""


def suite(folder: Path, text: str) -> Suite:
    checkout = folder / "checkout"
    (checkout / "tests").mkdir(parents=True)
    (checkout / "tests" / "test_x.py").write_text(text)
    (checkout / "pytest.ini").write_text("[pytest]\naddopts = -q\nmarkers = slow\n")
    return Suite(checkout, Path(sys.executable), folder, workers=("-n", "0"))


def test_ids_are_in_whole_files_and_all_there() -> None:
    ids = ["a::1", "a::2", "b::1", "c::1", "a::3", "c::2[x::y]"]
    assert in_parts(ids, 2) == [["a::1", "a::2", "a::3"], ["b::1", "c::1", "c::2[x::y]"]]
    assert sorted(name for part in in_parts(ids, 5) for name in part) == sorted(ids)
    assert in_parts(ids, 1) == [["a::1", "a::2", "a::3", "b::1", "c::1", "c::2[x::y]"]]


def test_chosen_tests_run_with_all_their_programs(tmp_path: Path) -> None:
    found = suite(tmp_path, OLD)
    prefix = "tests/test_x.py::"
    ids = found.ids()
    assert ids == [
        f"{prefix}{name}" for name in ("test_kept", "test_words[a b]", "test_words[c::d]")
    ]
    (kept,) = in_turn([found], ids[:1], 3)
    assert (kept.tests, kept.failed) == (1, False)
    assert kept.cpu_seconds > 0.3
    assert kept.seconds > 0.3
    assert found.run(ids[1:2]).failed


def test_what_is_no_result_is_an_error(tmp_path: Path) -> None:
    found = suite(tmp_path, OLD)
    with pytest.raises(RuntimeError, match="ended with 5"):
        found.run(["tests/test_x.py::test_gone"])


def test_tests_are_shared_out_as_make_does() -> None:
    assert workers()[0] == "-n"


def test_a_row_has_the_ratio_to_the_commit() -> None:
    assert row("now", Spent(3, 25.04, 50.0), Spent(3, 100.0, 190.0)) == {
        "suite": "now",
        "tests": 3,
        "seconds": 25.0,
        "cpu_seconds": 50.0,
        "ratio": 0.25,
        "failed": False,
    }
