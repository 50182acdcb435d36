"""Everything between a model file (or a graph) and the text of a build directory's files."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from hwcompile.boards import Board, load_board
from hwcompile.build_directory import (
    GRAPH,
    HOST,
    HOST_SCHEMA,
    MANIFEST,
    MANIFEST_SCHEMA,
    REPORT,
    SCHEDULE,
    Manifest,
    json_text,
    manifest_text,
)
from hwcompile.emit.project import Files, rtl_files
from hwcompile.frontends.load import ImportedModel, load_model
from hwcompile.frontends.plain import imported_graph
from hwcompile.ir.graph import Graph
from hwcompile.ir.text import to_text
from hwcompile.limits import CLOCK_MHZ, CYCLES, not_both, number, whole
from hwcompile.passes.pipelines import LOWERING, run
from hwcompile.report.fit import fit_notes, fit_report
from hwcompile.report.idle import idle_notes
from hwcompile.report.summary import build_report
from hwcompile.schedule.choose.schedule_file import schedule_text
from hwcompile.schedule.planner import plan

DEFAULT_MHZ = 100.0
"""The clock in MHz that frames per second refer to when nothing else is said."""


@dataclass(frozen=True)
class Goal:
    """What a design is to reach, and where.

    Attributes:
        cycles: Cycles per frame to reach; None lets the planner choose.
        board: Whose FPGA the folding is chosen for, when it is.
        clock_mhz: Clock in MHz that frames per second refer to.
    """

    cycles: int | None
    board: Board | None
    clock_mhz: float

    @staticmethod
    def of(cycles: int | None, fps: float | None, board: str, clock_mhz: float | None) -> Goal:
        """From what the user says; a clock wins over the board's.

        Raises:
            CompileError: HW0001 for a number out of its range, HW0002 for both kinds of target.
        """
        not_both(("--target-cycles", cycles), ("--target-fps", fps))
        if clock_mhz is not None:
            clock_mhz = number("--clock-mhz", clock_mhz, CLOCK_MHZ)
        if cycles is not None:
            cycles = whole("--target-cycles", cycles, CYCLES)
        found = load_board(board) if board else None
        clock = clock_mhz or (found.clock.mhz if found else DEFAULT_MHZ)
        if fps is not None:
            hertz = clock * 1e6
            why = f"a frame takes at least a cycle, at {clock:g} MHz"
            fps = number("--target-fps", fps, (hertz / CYCLES[1], hertz), why)
            cycles = max(int(hertz / fps), 1)
        return Goal(cycles, found, clock)


def build_files(
    model: Path | Graph,
    goal: Goal,
    *,
    schedule: Path | Mapping[str, Any] | None,
    input_types: Mapping[str, str],
    formats: Path | Mapping[str, Any] | None,
    dump_ir: bool,
    progress: Callable[[str], None],
) -> Files:
    """Compile a model; return relative path to contents of every file of the build directory.

    Args:
        model: QONNX or ONNX file, or a graph on integers.
        goal: What to reach, and where.
        schedule: Choices of the user.
        input_types: See `hwcompile.design.compile`.
        formats: See there.
        dump_ir: Also return `ir/<number>_<pass>.txt`.
        progress: Called with the name of each step as it starts.
    """
    dumps: dict[str, str] = {}

    def observe(name: str, graph: Graph) -> None:
        if dump_ir:
            dumps[f"ir/{len(dumps):02d}_{name}.txt"] = to_text(graph)

    progress("reading the model")
    if isinstance(model, Graph):
        imported = imported_graph(model)
    else:
        imported = load_model(model, input_types, formats)
    progress("lowering")
    graph = run(imported.graph, LOWERING, observe)
    progress("scheduling")
    planned, prediction = plan(
        graph, target_cycles=goal.cycles, schedule=schedule, board=goal.board
    )
    predicted = fit_report(planned, goal.board) if goal.board else None
    progress("writing RTL")
    files = rtl_files(planned)
    files[GRAPH] = to_text(planned.graph)
    files[HOST] = json_text(_host(imported, (*idle_notes(planned), *fit_notes(predicted))))
    files[SCHEDULE] = schedule_text(planned, prediction)
    files[REPORT] = json_text(build_report(planned, prediction, goal.clock_mhz, predicted))
    files.update(dumps)
    files[MANIFEST] = _manifest(model, files)
    return files


def _host(imported: ImportedModel, notes: tuple[str, ...]) -> dict[str, Any]:
    return {
        "schema": HOST_SCHEMA,
        "inputs": [host.to_json() for host in imported.host_inputs],
        "outputs": [host.to_json() for host in imported.host_outputs],
        "notes": [*imported.notes, *notes],
    }


def _manifest(model: Path | Graph, files: Mapping[str, str | bytes]) -> str:
    if isinstance(model, Graph):
        source = {"graph": model.name, "sha256": _sha256(to_text(model).encode())}
    else:
        source = {"file": model.name, "sha256": _sha256(model.read_bytes())}
    return manifest_text(
        Manifest(
            schema=MANIFEST_SCHEMA,
            hwcompile=version("hwcompile"),
            packages={name: version(name) for name in ("numpy", "onnx")},
            model=source,
            files={name: _sha256(_bytes(text)) for name, text in sorted(files.items())},
        )
    )


def _bytes(contents: str | bytes) -> bytes:
    return contents.encode() if isinstance(contents, str) else contents


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
