"""Synthesizes subjects alone, each once; kept by the contents of everything that goes in."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.runs import Kept, done, key_of
from hwcompile.boards import Board
from hwcompile.build_directory import rtl_sources
from hwcompile.diagnostics import Origin
from hwcompile.emit.alone import TOP, Circuit
from hwcompile.emit.interface import Interface
from hwcompile.emit.project import rtl_files, write_files
from hwcompile.engine.work import Work
from hwcompile.families import family_of, flow_of
from hwcompile.families.flow import NETLIST, Use
from hwcompile.families.programs import ToolError
from hwcompile.ir.graph import Builder
from hwcompile.ir.types import IntType, TensorType
from hwcompile.ops.elementwise.op import Linear
from hwcompile.schedule.planner import plan
from hwcompile.toolchains.board_top import TOP as BOARD_TOP
from hwcompile.toolchains.board_top import write_board_top
from hwcompile.toolchains.build import stage_modules
from hwcompile.toolchains.series_7 import cells_of, script, use_of
from hwcompile.toolchains.synthesis import recipe, synthesize

LUTS = ("SB_LUT4", "LUT1", "LUT2", "LUT3", "LUT4", "ALU")
"""Cells whose output may go to the flip-flop beside them."""


class Measured(Kept, frozen=True):
    """What synthesis made of a subject; `loose` flip-flops have no look-up table to share."""

    lut: int
    ff: int
    bram: int
    dsp: int
    loose: int


@dataclass(frozen=True)
class Alone:
    """A circuit that is synthesized for a board's FPGA."""

    circuit: Circuit
    board: Board


@dataclass(frozen=True)
class Link:
    """The link around a design with words of `channels` elements in and out, without the design."""

    element: IntType
    channels: int
    board: Board


def fifo_circuit(width: int, depth: int, block: bool) -> Circuit:
    """An output FIFO of a stage."""
    values = (("Width", width), ("Depth", depth), ("Block", int(block)))
    return Circuit(
        "hw_credit_fifo",
        values,
        (
            ("input", 1, "clk_i"), ("input", 1, "rst_ni"),
            ("input", 1, "reserve_i"), ("output", 1, "ok_o"),
            ("input", 1, "push_i"), ("input", width, "data_i"),
            ("output", 1, "valid_o"), ("input", 1, "ready_i"), ("output", width, "data_o"),
        ),
    )  # fmt: skip


def measured(
    subjects: Sequence[Alone | Link], cache: Path, title: str, console: Console
) -> list[Measured]:
    """Synthesize subjects, or look them up; those that Yosys refuses have a `problem`."""
    works = [Work(_key(subject), subject) for subject in subjects]
    return done(_perform, Measured, works, cache, title, console)


def _key(subject: Alone | Link) -> str:
    if isinstance(subject, Link):
        with _linked(subject) as found:
            return found.key
    circuit, board = subject.circuit, subject.board
    sources = circuit.sources()
    open_flow = family_of(board).flow is not None
    scripts = recipe(TOP, (), board) if open_flow else [version("pyosys"), *_vendor(sources, board)]
    return key_of([sources, circuit.files, scripts, board.capacities.dsp])


def _perform(subject: Alone | Link) -> Measured:
    try:
        return _link(subject) if isinstance(subject, Link) else _alone(subject)
    except ToolError as error:
        return Measured(lut=0, ff=0, bram=0, dsp=0, loose=0, problem=str(error))


def _alone(subject: Alone) -> Measured:
    circuit, board = subject.circuit, subject.board
    sources = circuit.sources()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, text in (*sources.items(), *circuit.files):
            (folder / file).write_text(text)
        open_flow = family_of(board).flow is not None
        return (_measured if open_flow else _measured_7)(list(sources), board, folder)


def _measured(sources: list[str], board: Board, folder: Path) -> Measured:
    made = synthesize([folder / file for file in sources], TOP, (), board, folder)
    loose = loose_registers(json.loads((folder / NETLIST).read_text()), board)
    return counted(made.use, loose)


def counted(use: Use, loose: int) -> Measured:
    """What cells take."""
    return Measured(lut=use.lut, ff=use.ff, bram=use.bram, dsp=use.dsp, loose=loose)


def _vendor(sources: Iterable[str], board: Board) -> list[str]:
    return script(list(sources), TOP, dsp=board.capacities.dsp > 0)


def _measured_7(sources: list[str], board: Board, folder: Path) -> Measured:
    """For a family that only its vendor's tool places: a flip-flop there needs no table."""
    use = use_of(cells_of(folder, sources, TOP, dsp=board.capacities.dsp > 0))
    return counted(use, 0)


def loose_registers(netlist: dict[str, Any], board: Board, top: str = TOP) -> int:
    """Flip-flops that no look-up table feeds alone, so they take a logic cell of their own."""
    family = flow_of(board)
    cells = netlist["modules"][top]["cells"].values()
    driver: dict[int, str] = {}
    readers: Counter[int] = Counter()
    for cell in cells:
        for port, bits in cell["connections"].items():
            way = cell["port_directions"][port]
            for bit in bits:
                if way == "output":
                    driver[bit] = cell["type"]
                else:
                    readers[bit] += 1
    registers = [cell for cell in cells if family.use_of({cell["type"]: 1}).ff]
    loose = 0
    for cell in registers:
        bit = next(iter(cell["connections"].get("D", ["0"])))
        loose += driver.get(bit) not in LUTS or readers[bit] > 1
    return loose


@dataclass(frozen=True)
class _Linked:
    """A design with its link, written down: sources, their names, and module to stage name."""

    folder: Path
    key: str
    sources: list[Path]
    names: list[str]
    kept: dict[str, str]


@contextmanager
def _linked(subject: Link) -> Iterator[_Linked]:
    """The design, in a folder that is there as long as it is looked at."""
    board, channels = subject.board, subject.channels
    kind = TensorType((1, 4, channels), subject.element)
    builder = Builder("subject")
    value = builder.input("x", kind)
    origin = Origin("calibration", "node", "Linear")
    (result,) = builder.add("y", Linear((3,), 1), (value,), origin)
    planned, _ = plan(builder.build((result,)), schedule={"nodes": {"y": {"parallel": channels}}})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "board"
        folder.mkdir()
        files = rtl_files(planned)
        write_files(Path(name), files)
        kept = stage_modules(Interface.read(Path(name)))
        sources = [*rtl_sources(Path(name)), *write_board_top(Path(name), board, folder)]
        texts = [*files.values(), *(path.read_text() for path in sources)]
        open_flow = family_of(board).flow is not None
        names = [str(path.relative_to(name)) for path in sources]
        how = recipe(BOARD_TOP, tuple(kept), board) if open_flow else script(names, BOARD_TOP)
        yield _Linked(Path(name), key_of([texts, how]), sources, names, kept)


def _link(subject: Link) -> Measured:
    board = subject.board
    with _linked(subject) as found:
        if family_of(board).flow is not None:
            return _link_open(found.sources, found.kept, board, found.folder / "board")
        return _link_7(found.folder, found.names, found.kept)


def _link_open(sources: list[Path], kept: Iterable[str], board: Board, folder: Path) -> Measured:
    made = synthesize(sources, BOARD_TOP, tuple(kept), board, folder)
    inside = sum(made.modules.values(), Use())
    netlist = json.loads((folder / NETLIST).read_text())
    share = loose_registers(netlist, board, BOARD_TOP) / max(made.use.ff, 1)
    ff = made.use.ff - inside.ff
    lut, bram = made.use.lut - inside.lut, made.use.bram - inside.bram
    return Measured(lut=lut, ff=ff, bram=bram, dsp=0, loose=round(share * ff))


def _link_7(folder: Path, names: list[str], kept: Iterable[str]) -> Measured:
    """The difference to the stages, each synthesized alone."""
    whole = use_of(cells_of(folder, names, BOARD_TOP))
    files = [file for file in names if "board" not in Path(file).parts]
    inside = sum((use_of(cells_of(folder, files, stage)) for stage in kept), Use())
    lut, ff, bram = whole.lut - inside.lut, whole.ff - inside.ff, whole.bram - inside.bram
    return Measured(lut=lut, ff=ff, bram=bram, dsp=0, loose=0)
