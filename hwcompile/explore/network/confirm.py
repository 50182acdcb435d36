"""Designs of a front that are really built: synthesized, placed and routed for their board."""

from __future__ import annotations

import pickle
import shutil
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import mkdtemp

import msgspec

from hwcompile.boards import load_board
from hwcompile.compiler import build
from hwcompile.diagnostics import CompileError
from hwcompile.engine.version import compiler_key, tools_key
from hwcompile.engine.work import Job, Work, WorkEngine, contents_key
from hwcompile.explore.network.points import Point
from hwcompile.ir.graph import Graph
from hwcompile.ir.text import to_text
from hwcompile.options import CompileOptions
from hwcompile.toolchains.build import build_for_board
from hwcompile.toolchains.options import BuildOptions

SEED = 1
"""Of place and route: one, as this compares designs with each other."""


class Confirmed(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a design on its board.

    Attributes:
        lut: Look-up tables after place and route.
        ff: Flip-flops.
        bram: Block RAMs.
        dsp: DSP blocks.
        fmax_mhz: The fastest clock that place and route promises.
        problem: Why there is no bitstream; the other figures are 0 then.
    """

    lut: int = 0
    ff: int = 0
    bram: int = 0
    dsp: int = 0
    fmax_mhz: float = 0.0
    problem: str = ""


class Order(msgspec.Struct, frozen=True):
    """A design to be built.

    Attributes:
        way: Which of the graphs.
        board: A name, or a board file.
        schedule: Its `schedule.toml`.
        clock_mhz: That it is planned for.
    """

    way: int
    board: str
    schedule: str
    clock_mhz: float


def confirmed(
    ways: Sequence[Graph],
    boards: dict[str, str],
    points: Sequence[Point],
    engine: WorkEngine,
    step: Callable[[str], None] = lambda text: None,
) -> list[Confirmed]:
    """Build designs; several at once, and each once.

    Args:
        ways: Graphs of which the points are.
        boards: By the names of boards, what `load_board` takes.
        points: Designs.
        engine: What does it.
        step: Called with what is done next.
    """
    key = contents_key(compiler_key(), tools_key(), *map(to_text, ways))
    packed = (key, pickle.dumps(tuple(ways)))
    job = Job(pickle.loads, packed, build_order, Confirmed, lasting=lambda made: not made.problem)
    works = []
    for point in points:
        order = Order(point.way, boards[point.board], point.schedule, point.clock_mhz)
        board = repr(load_board(boards[point.board]))
        works.append(Work(contents_key(key, board, msgspec.json.encode(order).decode()), order))
    if works:
        step(f"building {len(works)} of them")
    return engine.run(job, works)


def build_order(ways: Sequence[Graph], order: Order) -> Confirmed:
    """Build a design from its schedule, as anybody would."""
    options = CompileOptions(
        schedule=tomllib.loads(order.schedule), board=order.board, clock_mhz=order.clock_mhz
    )
    folder = Path(mkdtemp(prefix="hwcompile-"))
    try:
        # A computer of a cluster may have no such file.
        board = load_board(order.board)
        build(ways[order.way], folder / "design", options)
        made = build_for_board(folder / "design", board, BuildOptions(seeds=SEED))
    except CompileError as error:
        if error.missing_tool:
            raise
        return Confirmed(problem=str(error.diagnostics[0]))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    use = made.use
    return Confirmed(lut=use.lut, ff=use.ff, bram=use.bram, dsp=use.dsp, fmax_mhz=made.fmax_mhz)
