"""Runs an opened build directory at one level, or the same frames at several and compares them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from msgspec.structs import replace

from hwcompile.build_directory.insight import Insight
from hwcompile.diagnostics import fail
from hwcompile.emit.interface import Interface
from hwcompile.emit.opened import HostSide, Opened, read_plan
from hwcompile.emit.waves import port_groups, wave_groups, write_views
from hwcompile.ir.types import IntArray
from hwcompile.outcomes import Result
from hwcompile.report.page.refresh import refresh_page
from hwcompile.runtime.decoded import run_bitstream
from hwcompile.verify.comparing import streams_of
from hwcompile.verify.frames import Frames
from hwcompile.verify.histograms import ValueHistograms
from hwcompile.verify.hls.running import run_hls
from hwcompile.verify.levels import check_levels, run_netlist, run_reference, run_rtl
from hwcompile.verify.options import SimulateOptions, VerifyOptions
from hwcompile.verify.quantizing import quantized_source
from hwcompile.verify.result import SimulationResult
from hwcompile.verify.simulator import MEMORY_LATENCY
from hwcompile.verify.sources import FrameSource, collected
from hwcompile.verify.verification import Comparison, Verification
from hwcompile_runtime.host import HostOutput


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """Under which a simulation runs.

    Attributes:
        board: Name or file of the board whose netlist or bitstream it is.
        stall: Probability that a source or a sink holds back in a cycle (rtl, netlist).
        waves: Waveform file to write, .fst or .vcd (rtl, netlist); views of it stand beside it.
        taps: Record the streams inside (hls, rtl).
        memory_latency: Cycles until external memory answers (rtl, netlist).
        thorough: Run the first frames in every way that there is (hls).
        apart: No frame depends on those before: parts may run at the same time (hls, rtl, netlist).
    """

    board: str = ""
    stall: float = 0.0
    waves: Path | None = None
    taps: bool = False
    memory_latency: int = MEMORY_LATENCY
    thorough: bool = False
    apart: bool = False


def run_level(
    directory: Path, level: str, source: FrameSource, conditions: Conditions
) -> SimulationResult:
    """Simulate frames at a level that is not reference.

    Raises:
        CompileError: HW0609, and those of `run_bitstream` and of the simulator.
    """
    board, stall, waves = conditions.board, conditions.stall, conditions.waves
    latency = conditions.memory_latency
    if waves is not None:
        _write_views(directory, level, waves)
    if level == "bitstream":
        return run_bitstream(directory, board, source.whole())
    apart, taps = conditions.apart, conditions.taps
    if level == "hls":
        return run_hls(directory, source, taps=taps, thorough=conditions.thorough, apart=apart)
    if level == "netlist":
        return run_netlist(
            *(directory, board, source),
            stall=stall,
            waves=waves,
            memory_latency=latency,
            apart=apart,
        )
    return run_rtl(
        *(directory, source),
        stall=stall,
        waves=waves,
        taps=taps,
        memory_latency=latency,
        apart=apart,
    )


def _place(waves: Path | str | None) -> Path | None:
    return None if waves is None else Path(waves)


def _write_views(directory: Path, level: str, waves: Path) -> None:
    """Views of waveforms; of a netlist, whose inner signals have other names, only the ports."""
    interface = Interface.read(directory)
    clock, inputs, outputs = port_groups(interface)
    groups = [clock, *inputs, *outputs]
    if level == "rtl":
        groups = wave_groups(read_plan(directory), interface)
    write_views(waves, f"TOP.{interface.top}", groups)


def say_step(progress: Callable[[str], None] | None, level: str, frames: int) -> None:
    """Say that frames are about to run at a level."""
    if progress is not None:
        progress(f"level {level}, {frames:,} frames")


def real_outputs(host: HostSide, raw: Mapping[str, IntArray]) -> dict[str, np.ndarray[Any, Any]]:
    """The model's real outputs from the network's integers: what the host computes."""
    return real_outputs_of(host.outputs, raw)


def real_outputs_of(
    outputs: Sequence[HostOutput], raw: Mapping[str, IntArray]
) -> dict[str, np.ndarray[Any, Any]]:
    """The same, of what the host does for each output."""
    return collected(
        {output.name: output.run(block) for output in outputs}
        for block in FrameSource.of(raw).blocks()
    )


def simulate_build(build: Opened, inputs: Frames, options: SimulateOptions) -> Result:
    """Run real inputs through the network at one level, in memory that many frames share.

    Raises:
        CompileError: HW0001, HW0003, HW0004, HW0607, and those of `quantized_source` and
            `run_level`.
    """
    asked = options.checked()
    source = quantized_source(build.host.inputs, inputs, asked.inputs_are)
    say_step(asked.progress, asked.level, source.frames)
    if asked.level == "reference":
        raw = run_reference(build.graph, source)
        return Result(raw, real_outputs(build.host, raw))
    conditions = Conditions(
        board=asked.board,
        stall=asked.stall,
        waves=_place(asked.waves),
        apart=not build.graph.remembers,
    )
    run = run_level(build.directory, asked.level, source, conditions)
    real, cycles = real_outputs(build.host, run.outputs), run.cycles or None
    return Result(run.outputs, real, cycles, run.seconds, run.output_cycles)


TRACED = ("reference", "hls", "rtl")
"""Levels at which the streams inside can be seen."""


def trace_build(
    build: Opened, inputs: Frames, level: str, inputs_are: str | None
) -> dict[str, IntArray]:
    """Integers of every tensor (level reference), or of every stream between stages (hls, rtl).

    Raises:
        CompileError: HW0608 at other levels, HW0607, and those of `quantized_source` and
            `run_level`.
    """
    check_levels((level,))
    if level not in TRACED:
        why = "the streams inside have no names there"
        fix = f"one of: {', '.join(TRACED)}"
        raise fail("HW0608", f"level '{level}' can not be traced", why, fix)
    source = quantized_source(build.host.inputs, inputs, inputs_are)
    if level == "reference":
        return run_reference(build.graph, source, keep=tuple(build.graph.types))
    run = run_level(
        build.directory, level, source, Conditions(taps=True, apart=not build.graph.remembers)
    )
    return {**streams_of(build.interface, run), **run.outputs}


def verify_build(build: Opened, options: VerifyOptions) -> Verification:
    """Run the same frames at every level, compare with reference, update the report.

    Raises:
        CompileError: HW0001, HW0607, and those of `quantized_source` and `run_level`.
    """
    asked, graph = options.checked(), build.graph
    source = asked.source({name: graph.types[name] for name in graph.inputs}, build.host.inputs)
    comparison = Comparison(
        graph, build.interface, build.report["design"], lambda: read_plan(build.directory)
    )

    def run(level: str) -> SimulationResult:
        say_step(asked.progress, level, source.frames)
        conditions = Conditions(
            board=asked.board,
            stall=asked.stall,
            taps=asked.boundaries and level in ("hls", "rtl"),
            memory_latency=asked.memory_latency,
            waves=_place(asked.waves) if level in ("rtl", "netlist") else None,
            thorough=True,
            apart=not graph.remembers,
        )
        return run_level(build.directory, level, source, conditions)

    timed, boundaries = not asked.stall, asked.boundaries
    say_step(asked.progress, "reference", source.frames)
    values = ValueHistograms(graph)
    outcome = comparison.of(
        asked.levels, source, run, timed=timed, boundaries=boundaries, watch=values.watch
    )

    def found(insight: Insight) -> Insight:
        return replace(insight, values=values.found, differing=outcome.findings)

    refresh_page(build.directory, outcome.record, found)
    return outcome
