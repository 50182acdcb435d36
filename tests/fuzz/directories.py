"""Damaged build directories: used as before, or refused in one paragraph.

A file is damaged as bytes, as text or as JSON, is missing, empty, a folder, a link, or another
file's contents. In half of the cases the manifest is made to agree with the damage, as somebody
does who wants the names and numbers in it to be believed: then it is the types that refuse.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import hwcompile
from hwcompile.boards import load_board
from hwcompile.build_directory import MANIFEST, check_build_directory
from hwcompile.report.table import report_table
from hwcompile.runtime.driver import write_driver
from hwcompile.toolchains.board_top import write_board_top
from hwcompile.toolchains.vendor.project import project_files
from hwcompile.toolchains.vendor.soc import write_wrappers
from hwcompile.toolchains.weights import structure_of
from tests.cli.small import save
from tests.fuzz.attempts import Attempt, attempt, snapshot
from tests.fuzz.budget import Budget
from tests.fuzz.damage import NUMBERS, damaged, hostile
from tests.fuzz.figures import Figures
from tests.fuzz.files import Files

LEAST = 2000


def run(budget: Budget) -> Figures:
    """At least 2,000 damaged directories."""
    files = Files(budget, LEAST)
    design = hwcompile.compile(
        save(budget.folder), budget.folder / "design", force=True, fastest=True
    )
    broken = budget.folder / "around" / "broken"
    for case in budget.cases(LEAST):
        rng = budget.rng(case)
        broken = fresh_copy(design.directory, budget.folder / "around")
        before = snapshot(broken.parent, broken)
        name, data = damage(broken, rng)

        def read(contents: bytes, broken: Path = broken, name: str = name) -> Attempt:
            if (broken / name).is_file() and not (broken / name).is_symlink():
                (broken / name).write_bytes(contents)
            return attempt(lambda: use(broken))

        files.judge(case, Path(name).name, data, read)
        files.outside(before, snapshot(broken.parent, broken))
    return files.figures


def fresh_copy(design: Path, around: Path) -> Path:
    """A copy of a build directory beside a file that nobody may touch."""
    shutil.rmtree(around, ignore_errors=True)
    shutil.copytree(design, around / "broken")
    (around / "precious.txt").write_text("do not touch")
    return around / "broken"


def use(directory: Path) -> None:
    """Everything that reads a build directory and starts no program."""
    design = hwcompile.load(directory)
    check_build_directory(directory)
    design.verify(levels=("reference",), frames=2)
    design.simulate(np.zeros((2, 6), np.float32), level="reference")
    report_table(design.report)
    len(design.schedule), len(design.notes), design.interface.streams
    scratch = directory / "scratch"
    scratch.mkdir(exist_ok=True)
    write_board_top(directory, load_board("icestick"), scratch)
    for board in ("arty_a7_35", "de10_nano", "pynq_z2"):
        project_files(directory, load_board(board))
    write_driver(directory, design.graph.types, scratch)
    write_wrappers(directory)
    structure_of(directory)


def damage(directory: Path, rng: np.random.Generator) -> tuple[str, bytes]:
    """Damage one file; returns its name and what it holds now."""
    listed = sorted(
        str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file()
    )
    parsed = [name for name in listed if name.endswith((".json", ".toml", ".txt", ".f"))]
    some = parsed if rng.random() < 0.8 else listed
    name = some[int(rng.integers(len(some)))]
    path = directory / name
    ways = _JSON_WAYS if name.endswith(".json") and rng.random() < 0.6 else _WAYS
    ways[int(rng.integers(len(ways)))](path, rng)
    if path.is_file() and rng.random() < 0.5:
        believe(directory, name)
    return name, path.read_bytes() if path.is_file() else b""


def believe(directory: Path, name: str) -> None:
    """Make the manifest agree with a file."""
    if name == MANIFEST:
        return
    manifest = json.loads((directory / MANIFEST).read_text())
    manifest["files"][name] = hashlib.sha256((directory / name).read_bytes()).hexdigest()
    (directory / MANIFEST).write_text(json.dumps(manifest))


def _bytes(path: Path, rng: np.random.Generator) -> None:
    path.write_bytes(damaged(path.read_bytes(), rng))


def _empty(path: Path, rng: np.random.Generator) -> None:
    path.write_bytes(b"")


def _missing(path: Path, rng: np.random.Generator) -> None:
    path.unlink()


def _folder(path: Path, rng: np.random.Generator) -> None:
    path.unlink()
    path.mkdir()


def _link(path: Path, rng: np.random.Generator) -> None:
    path.unlink()
    places = ("nowhere", "../precious.txt", path.name, "/dev/null")
    path.symlink_to(places[int(rng.integers(len(places)))])


def _other_file(path: Path, rng: np.random.Generator) -> None:
    others = sorted(other for other in path.parent.iterdir() if other.is_file() and other != path)
    if others:
        shutil.copy(others[int(rng.integers(len(others)))], path)


def _value(path: Path, rng: np.random.Generator) -> None:
    """Another value somewhere in a JSON file."""
    data = json.loads(path.read_text())
    table, key = _places(data)[int(rng.integers(len(_places(data))))]
    table[key] = _odd(rng)
    path.write_text(json.dumps(data))


def _lost_key(path: Path, rng: np.random.Generator) -> None:
    data = json.loads(path.read_text())
    places = _places(data)
    table, key = places[int(rng.integers(len(places)))]
    del table[key]
    path.write_text(json.dumps(data))


def _exchanged(path: Path, rng: np.random.Generator) -> None:
    """Two values of a JSON file in each other's place."""
    data = json.loads(path.read_text())
    places = _places(data)
    (one, a), (two, b) = (places[int(rng.integers(len(places)))] for _ in range(2))
    one[a], two[b] = json.loads(json.dumps(two[b])), json.loads(json.dumps(one[a]))
    path.write_text(json.dumps(data))


def _schema(path: Path, rng: np.random.Generator) -> None:
    data = json.loads(path.read_text())
    data["schema"] = (0, 9, -1, "1", 1.5, None)[int(rng.integers(6))]
    path.write_text(json.dumps(data))


def _odd(rng: np.random.Generator) -> Any:
    if rng.random() < 0.5:
        return hostile(rng)
    try:
        return json.loads(str(rng.choice(NUMBERS)))
    except json.JSONDecodeError:
        return float("nan") if rng.random() < 0.5 else -(10**40)


def _places(data: Any) -> list[tuple[Any, Any]]:
    """(container, key) of every value in plain data."""
    keys: list[Any] = []
    if isinstance(data, dict):
        keys = list(data)
    elif isinstance(data, list):
        keys = list(range(len(data)))
    found = [(data, key) for key in keys]
    for key in keys:
        found += _places(data[key])
    return found


_WAYS: tuple[Callable[[Path, np.random.Generator], None], ...] = (
    *(_bytes, _bytes, _bytes, _bytes, _empty, _missing, _folder, _link, _other_file),
)
_JSON_WAYS: tuple[Callable[[Path, np.random.Generator], None], ...] = (
    *(_value, _value, _value, _lost_key, _exchanged, _schema),
)
