"""Runs an opened build directory at one level, or the same frames at several and compares them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hwcompile.build_directory import read_report, update_report
from hwcompile.emit.interface import Interface
from hwcompile.emit.opened import HostSide
from hwcompile.ir.graph import Graph
from hwcompile.runtime.decoded import run_bitstream
from hwcompile.verify.levels import run_netlist, run_rtl
from hwcompile.verify.options import VerifyOptions
from hwcompile.verify.simulator import MEMORY_LATENCY, SimulationResult
from hwcompile.verify.sources import FrameSource
from hwcompile.verify.verification import Comparison, Verification


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """Under which a simulation runs.

    Attributes:
        board: Name or file of the board whose netlist or bitstream it is.
        stall: Probability that a source or a sink holds back in a cycle (rtl, netlist).
        waves: VCD waveform file to write (rtl, netlist).
        taps: Record the streams inside (rtl).
        memory_latency: Cycles until external memory answers (rtl, netlist).
    """

    board: str = ""
    stall: float = 0.0
    waves: Path | None = None
    taps: bool = False
    memory_latency: int = MEMORY_LATENCY


def run_level(
    directory: Path, level: str, source: FrameSource, conditions: Conditions
) -> SimulationResult:
    """Simulate frames at a level that is not reference.

    Raises:
        CompileError: HW0609, and those of `run_bitstream` and of the simulator.
    """
    board, stall, waves = conditions.board, conditions.stall, conditions.waves
    latency = conditions.memory_latency
    if level == "bitstream":
        return run_bitstream(directory, board, source.whole())
    if level == "netlist":
        return run_netlist(
            directory, board, source, stall=stall, waves=waves, memory_latency=latency
        )
    taps = conditions.taps
    return run_rtl(directory, source, stall=stall, waves=waves, taps=taps, memory_latency=latency)


def verify_build(
    directory: Path, graph: Graph, host: HostSide, options: VerifyOptions
) -> Verification:
    """Run the same frames at every level, compare with reference, update the report.

    Args:
        directory: The build directory.
        graph: Its network on integers.
        host: What computers do before and after it.
        options: Which frames, at which levels.

    Raises:
        CompileError: HW0001, HW0607, and those of `quantized_source` and `run_level`.
    """
    asked = options.checked()
    source = asked.source({name: graph.types[name] for name in graph.inputs}, host.inputs)
    design = read_report(directory)["design"]
    comparison = Comparison(graph, Interface.read(directory), design)

    def run(level: str) -> SimulationResult:
        conditions = Conditions(
            board=asked.board,
            stall=asked.stall,
            taps=asked.boundaries and level == "rtl",
            memory_latency=asked.memory_latency,
        )
        return run_level(directory, level, source, conditions)

    timed, boundaries = not asked.stall, asked.boundaries
    outcome = comparison.of(asked.levels, source, run, timed=timed, boundaries=boundaries)
    update_report(directory, outcome.record)
    return outcome
