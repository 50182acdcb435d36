"""Runs frames through a build directory at one level of description."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hwcompile.boards import board_names, load_board
from hwcompile.diagnostics import CompileError, fail
from hwcompile.ir.graph import Graph
from hwcompile.ir.types import IntArray
from hwcompile.verify.netlist import mapped_design
from hwcompile.verify.simulator import MEMORY_LATENCY, SimulationResult, compile_simulator

LEVELS = ("reference", "rtl", "netlist", "bitstream")
"""Levels that can be run; the order is that of growing distance from the model."""

_LATER = ("hls",)


def check_level(level: str) -> None:
    """Raise if `level` can not be run.

    Raises:
        CompileError: HW0607, with the levels there are.
    """
    if level not in LEVELS:
        raise _unknown_level(level)


def run_rtl(
    directory: Path,
    inputs: Mapping[str, IntArray],
    *,
    stall: float = 0.0,
    waves: Path | None = None,
    taps: bool = False,
    memory_latency: int = MEMORY_LATENCY,
) -> SimulationResult:
    """Simulate the RTL of a build; see `Simulator.run`."""
    simulator = compile_simulator(directory, waves=waves is not None, taps=taps)
    return simulator.run(inputs, stall=stall, waves=waves, memory_latency=memory_latency)


def run_netlist(
    directory: Path,
    board: str,
    inputs: Mapping[str, IntArray],
    *,
    stall: float = 0.0,
    waves: Path | None = None,
    memory_latency: int = MEMORY_LATENCY,
) -> SimulationResult:
    """Synthesize a build for a board's FPGA and simulate the netlist of its cells.

    Raises:
        CompileError: HW0609 without a board, or when synthesis fails.
    """
    if not board:
        names = ", ".join(board_names())
        raise fail("HW0609", "level 'netlist' needs a board", fix=f"--board NAME, one of: {names}")
    mapped = mapped_design(directory, load_board(board))
    simulator = compile_simulator(mapped, waves=waves is not None)
    return simulator.run(inputs, stall=stall, waves=waves, memory_latency=memory_latency)


def run_reference(
    graph: Graph, inputs: Mapping[str, IntArray], *, keep: bool = False
) -> dict[str, IntArray]:
    """Evaluate the graph; with `keep` every value, else the outputs."""
    return graph.evaluate(inputs, keep=keep)


def _unknown_level(level: str) -> CompileError:
    why = "this version does not emit what it needs" if level in _LATER else ""
    return fail("HW0607", f"there is no level '{level}'", why, f"one of: {', '.join(LEVELS)}")
