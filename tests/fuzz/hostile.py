"""Hostile names in models and board files, followed into every file that is printed."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import onnx

import hwcompile
from hwcompile.boards import Board, board_names, load_board, parse_board
from hwcompile.families import family_of, flow_of
from hwcompile.families.family import OPEN
from hwcompile.runtime.driver import write_driver
from hwcompile.toolchains.board_top import write_board_top
from hwcompile.toolchains.vendor.project import project_files
from hwcompile.toolchains.vendor.soc import write_wrappers
from tests.cli.small import model as small_model
from tests.cli.small import save
from tests.fuzz.attempts import Attempt, attempt, snapshot
from tests.fuzz.budget import Budget
from tests.fuzz.figures import Figures
from tests.fuzz.printed import hostile_name, leaks, texts

FAULTS = ("leaks", "tracebacks", "hangs", "files outside")


def renamed(name: str, rng: np.random.Generator) -> onnx.ModelProto:
    """The small model in which some things have the hostile name, told apart by a number."""
    model = small_model()
    graph = model.graph
    tensors = [v.name for v in (*graph.input, *graph.output)]
    tensors += [o for node in graph.node for o in node.output if o not in tensors]
    chosen = {t: f"{name}{i}" for i, t in enumerate(tensors) if rng.random() < 0.5}
    for node in graph.node:
        for names in (node.input, node.output):
            for i, tensor in enumerate(names):
                names[i] = chosen.get(tensor, tensor)
        if rng.random() < 0.6:
            node.name = f"{name}{len(node.name)}"
    for value in (*graph.input, *graph.output):
        value.name = chosen.get(value.name, value.name)
    graph.name = model.producer_name = name
    return model


def _printed_model(model: onnx.ModelProto, stem: str, folder: Path) -> dict[str, str]:
    """Compile a model and print all there is around it."""
    path = folder / f"{stem}.onnx"
    path.write_bytes(model.SerializeToString())
    out = folder / "out"
    design = hwcompile.compile(path, out, target_cycles=50, dump_ir=True)
    write_wrappers(out)
    write_driver(out, design.graph.types, out / "c")
    board = load_board("pynq_z2")
    found = texts(out)
    for name, text in project_files(out, board).items():
        found[f"project/{name}"] = text
    return found


def hostile_board(name: str, rng: np.random.Generator) -> Board:
    """A board in one of whose texts the name stands."""
    which = str(rng.choice(board_names()))
    board = load_board(which)
    data: dict[str, Any] = msgspec.to_builtins(board)
    places = list(_texts_of(data, ()))
    place = places[int(rng.integers(len(places)))]
    inner: Any = data
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = name
    ident = data.pop("id")
    kept = {k: v for k, v in data.items() if v is not None}
    return parse_board(kept, ident, "mine.toml")


def _texts_of(data: Any, before: tuple[Any, ...]) -> Any:
    items = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in items:
        if isinstance(value, str):
            yield (*before, key)
        elif isinstance(value, dict | list):
            yield from _texts_of(value, (*before, key))


def _printed_board(board: Board, design: Path, folder: Path) -> dict[str, str]:
    """The texts of a board's project; the tools do not run."""
    if family_of(board).tools != OPEN:
        return project_files(design, board)
    write_board_top(design, board, folder)
    leds = len(board.leds.pins) if board.leds else 0
    file, text = flow_of(board).constraints(board, min(leds, 1))
    return {**texts(folder), file: text}


def run(budget: Budget) -> Figures:
    """Names in models and in boards, in turn."""
    figures = Figures(budget.part, least={"hostile names": budget.scaled(200)})
    figures.faults.update(dict.fromkeys(FAULTS, 0))
    around = budget.folder / "around"
    (budget.folder / "benign").mkdir()
    benign = budget.folder / "benign" / "out"
    hwcompile.compile(save(budget.folder / "benign"), benign, target_cycles=50)
    for case in budget.cases(240):
        rng, name = budget.rng(case), hostile_name(case)
        shutil.rmtree(around, ignore_errors=True)
        work = around / "here"
        work.mkdir(parents=True)
        before = snapshot(around, work)
        tried = _tried(name, case, rng, work, benign)
        figures.counts["hostile names"] += 1
        figures.counts["refused" if tried.kind == "refused" else "printed"] += 1
        again = budget.again(case)
        if tried.bad:
            figures.fault(tried.kind, f"{name!r}: {tried.text}; {again}")
        for leak in leaks(tried.value) if tried.kind == "right" else []:
            figures.fault("leaks", f"{name!r}: {leak}; {again}")
        if snapshot(around, work) != before:
            figures.fault("files outside", f"{name!r}; {again}")
    return figures


def _tried(name: str, case: int, rng: np.random.Generator, work: Path, benign: Path) -> Attempt:
    if case % 2:
        return attempt(lambda: _printed_board(hostile_board(name, rng), benign, work))
    stem = name.replace("/", "_").replace("\0", "") if rng.random() < 0.5 else "small"
    return attempt(lambda: _printed_model(renamed(name, rng), stem, work))
