"""Small networks to explore, and what exploring them takes."""

from __future__ import annotations

from functools import cache

import numpy as np

from hwcompile.boards import Board, load_board
from hwcompile.compiler import lowered_ways
from hwcompile.explore.network.explore import Effort, default_clocks
from hwcompile.explore.network.subject import Subject
from hwcompile.ir.graph import Graph
from hwcompile.options import CompileOptions
from tests.models import ROOT

CNN = ROOT / "examples/digits/digits_cnn_w3a3.onnx"
"""With windows, a branch that comes back, and every kind of pipe."""

LITTLE = Effort(designs=200, points=12)


@cache
def graph() -> Graph:
    """The CNN on integers."""
    (way,) = lowered_ways(CNN, CompileOptions())
    return way


def subject(board: str = "ulx3s_85") -> Subject:
    """The CNN on a board, or without one."""
    found: Board | None = load_board(board) if board else None
    mhz = found.clock.mhz if found else 100.0
    return Subject(graph(), found, default_clocks(found, mhz))


def random_genome(sizes: tuple[int, ...], seed: int) -> tuple[int, ...]:
    """A design without sense."""
    random = np.random.default_rng(seed)
    return tuple(int(random.integers(size)) for size in sizes)
