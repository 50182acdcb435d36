"""Damaged input frames and board files: right, or refused in words."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import hwcompile
from hwcompile.boards import board_names, load_board
from hwcompile.resources import room
from tests.cli.small import save
from tests.fuzz.attempts import Attempt, attempt
from tests.fuzz.budget import Budget
from tests.fuzz.damage import damaged, damaged_bytes
from tests.fuzz.figures import Figures
from tests.fuzz.minimize import smaller_bytes

FAULTS = ("tracebacks", "hangs", "files outside")


class Files:
    """Counts damaged files of one kind; watches the folder around them."""

    def __init__(self, budget: Budget, least: int) -> None:
        self.budget = budget
        self.figures = Figures(budget.part, least={"damaged files": budget.scaled(least)})
        self.figures.faults.update(dict.fromkeys(FAULTS, 0))
        self.seen: set[str] = set()

    def judge(self, case: int, name: str, data: bytes, action: Callable[[bytes], Attempt]) -> None:
        """Try one file; keep what is left of it when it ends badly."""
        tried = action(data)
        self.figures.counts["damaged files"] += 1
        self.figures.counts["read" if tried.kind == "right" else "refused"] += not tried.bad
        if not tried.bad:
            return
        same = _place(tried)
        if same in self.seen:
            self.figures.faults[tried.kind] += 1
            return
        self.seen.add(same)
        if tried.kind == "tracebacks" and len(data) < 100_000:
            data = smaller_bytes(data, lambda d: _place(action(d)) == same, seconds=3)
        kept = self.budget.keep(f"{case}-{name}", data)
        self.figures.fault(tried.kind, f"{tried.text}; {kept}; {self.budget.again(case)}")

    def outside(
        self, before: dict[str, tuple[int, int]], after: dict[str, tuple[int, int]]
    ) -> None:
        """Hold two snapshots of what must not change against each other."""
        for path in sorted(set(before) ^ set(after)) + [
            p for p in before if p in after and before[p] != after[p]
        ]:
            self.figures.fault("files outside", path)


def _place(tried: Attempt) -> str:
    """Where an attempt ended, without the words of the message."""
    return f"{tried.kind} {tried.text.split(':')[0]} {tried.text.rpartition(' at ')[2]}"


def _small_design(budget: Budget) -> hwcompile.Design:
    folder = budget.folder / "small"
    folder.mkdir()
    return hwcompile.compile(save(folder), folder / "out", target_cycles=50)


def _frames(rng: np.random.Generator) -> tuple[str, bytes]:
    """A name and the contents of a file of frames, mostly of a wrong kind."""
    shape = [(4, 6), (6,), (0, 6), (4, 5), (2, 3, 6), (), (4, 6, 1)][int(rng.integers(7))]
    array: Any = rng.normal(size=shape)
    kinds: list[DTypeLike] = [np.float32, np.int8, np.complex64, np.uint64, bool, "U3", "S2"]
    kinds += [np.float16, object]
    with np.errstate(all="ignore"):
        array = np.asarray(array).astype(kinds[int(rng.integers(len(kinds)))])
    if array.dtype.kind == "f" and array.size and rng.random() < 0.3:
        with np.errstate(all="ignore"):
            array.flat[0] = rng.choice([np.nan, np.inf, -np.inf, 1e30])
    buffer, zipped = io.BytesIO(), bool(rng.integers(2))
    names = ["x", "y", "x.npy", "../x", "", "raw"]
    if zipped:
        chosen = dict.fromkeys(names[: int(rng.integers(1, 4))], array)
        (np.savez_compressed if rng.integers(2) else np.savez)(buffer, **chosen)
    else:
        np.save(buffer, array)
    return f"frames.{'npz' if zipped else 'npy'}", buffer.getvalue()


def _lying_header(rng: np.random.Generator) -> bytes:
    """An .npy or .npz that says it is enormous."""
    rows = int(10 ** rng.integers(6, 13))
    buffer = io.BytesIO()
    header = {"descr": "<f4", "fortran_order": False, "shape": (rows, 6)}
    np.lib.format.write_array_header_1_0(buffer, header)
    if rng.integers(2):
        return buffer.getvalue() + bytes(24)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", buffer.getvalue() + bytes(20_000_000))
    return packed.getvalue()


def inputs(budget: Budget) -> Figures:
    """Files of frames given to a small design, whose input is [frames, 6]."""
    files, design = Files(budget, 500), _small_design(budget)
    path = budget.folder / "frames"
    for case in budget.cases(500):
        rng = budget.rng(case)
        name, data = _frames(rng)
        if rng.random() < 0.6:
            for _ in range(int(rng.integers(1, 3))):
                data = damaged_bytes(data, rng)
        elif rng.random() < 0.05:
            data = _lying_header(rng)
        where = path.with_suffix(Path(name).suffix)

        def read(contents: bytes, where: Path = where) -> Attempt:
            where.write_bytes(contents)
            return attempt(
                lambda: hwcompile.load(design.directory).simulate(where, level="reference")
            )

        files.judge(case, name, data, read)
    return files.figures


def boards(budget: Budget) -> Figures:
    """Board files of all boards."""
    files, names = Files(budget, 500), board_names()
    path = budget.folder / "mine.toml"
    for case in budget.cases(500):
        rng = budget.rng(case)
        board = names[int(rng.integers(len(names)))]
        data = damaged((room("boards") / board / "board.toml").read_bytes(), rng)

        def read(contents: bytes) -> Attempt:
            path.write_bytes(contents)
            return attempt(lambda: load_board(str(path)))

        files.judge(case, f"{board}.toml", data, read)
    return files.figures
