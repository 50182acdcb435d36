"""Every page of `docs/how_to_add` works: a toy is added from the page's own text, and tested.

The project is copied to a temporary folder, the page is followed there to the letter, and the
commands at its end, mostly the tests that it tells the reader to write, must succeed. The toys'
tests name their oracles.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.pages import ROOT, PageError, Step, page_names, read_page

MOST_FILES = {
    "board": 1,
    "encoding": 3,
    "family": 3,
    "front_end": 6,
    "kernel": 4,
    "operator": 8,
    "printer": 1,
}
"""Files of the compiler that adding one may touch, without tests."""

NEUTRAL = (
    "hwcompile/frontends/symbolic/",
    "hwcompile/frontends/numbers/",
    "hwcompile/frontends/model.py",
    "hwcompile/ir/",
    "hwcompile/passes/",
    "hwcompile_runtime/",
)
"""What knows no source format."""


def copy_project(folder: Path) -> None:
    """What the pages change and what their tests need; compiled files included, for speed."""
    for name in ("hwcompile", "hwcompile_runtime", "templates", "sim", "boards"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name)
    shutil.copy2(ROOT / "pyproject.toml", folder)
    for path in (ROOT / "tests").glob("*.py"):
        (folder / "tests").mkdir(exist_ok=True)
        shutil.copy2(path, folder / "tests")


def run(folder: Path, *arguments: str) -> None:
    """Python with arguments, in the copied project and on it."""
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{arguments}\n{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize("name", page_names())
def test_a_page_works_to_the_letter(name: str, tmp_path: Path) -> None:
    page = read_page(name)
    copy_project(tmp_path)
    page.follow(tmp_path)
    code = [path for path in (*page.files, *page.tests) if path.endswith(".py")]
    if code:
        run(tmp_path, "-m", "ruff", "format", "--check", *code)
        run(tmp_path, "-m", "ruff", "check", *code)
    assert page.commands
    for program, *arguments in page.commands:
        assert program == "python"
        run(tmp_path, *arguments)


@pytest.mark.slow
def test_the_code_of_all_pages_is_typed_and_imports_one_way(tmp_path: Path) -> None:
    copy_project(tmp_path)
    for name in page_names():
        read_page(name).follow(tmp_path)
    run(tmp_path, "-m", "mypy", "hwcompile")
    check = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"
    run(tmp_path, "-c", check)


@pytest.mark.parametrize("name", page_names())
def test_adding_one_touches_few_files(name: str) -> None:
    files = read_page(name).files
    assert len(files) <= MOST_FILES[name], files
    if name == "front_end":
        assert not [path for path in files if path.startswith(NEUTRAL)]


def test_the_benchmark_counts_what_the_pages_touch(tmp_path: Path) -> None:
    command = [sys.executable, "benchmarks/house.py", "--json", str(tmp_path / "house.json")]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    rows = {row["adds"]: row for row in json.loads((tmp_path / "house.json").read_text())}
    assert {"board", "encoding", "family", "format", "kernel", "operator", "printer"} <= set(rows)
    assert rows["kernel"]["where"] == list(read_page("kernel").files)
    assert all(row["files"] == len(row["where"]) for row in rows.values())


def test_a_change_whose_context_is_gone_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "list.py").write_text("a\nb\nc\nb\n")
    with pytest.raises(PageError, match="0 times"):
        Step("Change in", "list.py", " e\n+d\n").follow(tmp_path)
    with pytest.raises(PageError, match="2 times"):
        Step("Change in", "list.py", " b\n+d\n").follow(tmp_path)
    Step("Change in", "list.py", " a\n+d\n").follow(tmp_path)
    assert (tmp_path / "list.py").read_text() == "a\nd\nb\nc\nb\n"
