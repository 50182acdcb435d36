"""Runs frames through a build directory at one level of description."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from hwcompile.boards import board_names, load_board
from hwcompile.build_directory import read_report
from hwcompile.diagnostics import CompileError, fail
from hwcompile.emit.interface import Interface
from hwcompile.families import family_of
from hwcompile.ir.graph import Graph, Watch
from hwcompile.ir.types import IntArray
from hwcompile.limits import writable_place
from hwcompile.verify.netlist import mapped_design
from hwcompile.verify.parts import FrameRange, one_part, timed_parts
from hwcompile.verify.result import SimulationResult
from hwcompile.verify.simulator import (
    MAX_IDLE_CYCLES,
    MEMORY_LATENCY,
    compile_simulator,
)
from hwcompile.verify.sources import Block, FrameSource, collected
from hwcompile.verify.verilator import FST, VCD

LEVELS = ("reference", "hls", "rtl", "netlist", "bitstream")
"""Levels that can be run; the order is that of growing distance from the model."""

_IDLE_FRAMES = 4
"""Of latency and interval together; more than one, as stalls and slow memories cost time, too."""

_IDLE_LOADS = 16
"""Of the cycles that loading takes while memory keeps up."""


def check_levels(levels: Sequence[str]) -> None:
    """Raise if one of them can not be run.

    Raises:
        CompileError: HW0607, with the levels there are.
    """
    for level in levels or ("",):
        if level not in LEVELS:
            raise _unknown_level(level)


def check_waves(levels: Sequence[str], waves: Path | str | None) -> None:
    """Raise if runs at these levels can not write a waveform file there.

    Raises:
        CompileError: HW0003 for a file that can not be written or is of another kind, HW0004
            without a level with signals or with two.
    """
    if waves is None:
        return
    path = Path(waves)
    if len(set(levels) & {"rtl", "netlist"}) != 1:
        raise _no_waves(levels)
    if path.suffix not in (f".{FST}", f".{VCD}") and not path.is_dir():
        what = f"--waves {path} can not be written"
        why = "the suffix says which waveforms they are, and this is none of them"
        raise fail("HW0003", what, why, f"{path.stem}.{FST}, or .{VCD} for viewers without FST")
    writable_place("--waves", path)


def _no_waves(levels: Sequence[str]) -> CompileError:
    if {"rtl", "netlist"} <= set(levels):
        why = "both have signals, and one file holds those of one run"
        return fail("HW0004", "--waves is given for levels rtl and netlist", why, "one of the two")
    why = "there are no signals at that level that could be recorded"
    what = f"--waves is given for level {' and '.join(levels)}"
    return fail("HW0004", what, why, "--level rtl, or netlist with a board")


def run_rtl(
    directory: Path,
    inputs: FrameSource,
    *,
    stall: float = 0.0,
    waves: Path | None = None,
    taps: bool = False,
    memory_latency: int = MEMORY_LATENCY,
    apart: bool = False,
) -> SimulationResult:
    """Simulate the RTL of a build; see `Simulator.run`.

    Args:
        directory: The build directory.
        inputs: The frames.
        stall: Probability that a source or a sink holds back in a cycle.
        waves: Waveform file to write.
        taps: Record the streams inside.
        memory_latency: Cycles until external memory answers.
        apart: No frame depends on those before, so that parts may run at the same time.
    """
    parts = _parts(directory, inputs.frames, apart and not stall and waves is None)
    cycles = _expected_cycles(directory, max(part.sent for part in parts), stall)
    simulator = compile_simulator(directory, waves=_format(waves), taps=taps, cycles=cycles)
    return simulator.run(
        inputs,
        stall=stall,
        waves=waves,
        max_idle_cycles=idle_limit(directory),
        memory_latency=memory_latency,
        parts=parts,
    )


def run_netlist(
    directory: Path,
    board: str,
    inputs: FrameSource,
    *,
    stall: float = 0.0,
    waves: Path | None = None,
    memory_latency: int = MEMORY_LATENCY,
    apart: bool = False,
) -> SimulationResult:
    """Synthesize a build for a board's FPGA and simulate the netlist of its cells.

    Arguments are those of `run_rtl`, and the board.

    Raises:
        CompileError: HW0609 without a board, or when synthesis fails.
    """
    if not board:
        names = ", ".join(name for name in board_names() if family_of(load_board(name)).flow)
        raise fail("HW0609", "level 'netlist' needs a board", fix=f"--board NAME, one of: {names}")
    mapped = mapped_design(directory, load_board(board))
    parts = _parts(directory, inputs.frames, apart and not stall and waves is None)
    cycles = _expected_cycles(directory, max(part.sent for part in parts), stall)
    simulator = compile_simulator(mapped, waves=_format(waves), cycles=cycles)
    return simulator.run(
        inputs,
        stall=stall,
        waves=waves,
        max_idle_cycles=idle_limit(directory),
        memory_latency=memory_latency,
        parts=parts,
    )


def _parts(directory: Path, frames: int, apart: bool) -> tuple[FrameRange, ...]:
    """Parts of a run; how long external memory takes depends on all that was read before."""
    design = read_report(directory)["design"]
    if not apart or Interface.read(directory).memories:
        return one_part(frames)
    return timed_parts(design, frames)


def idle_limit(directory: Path) -> int:
    """Cycles without a transfer at the ports after which a build counts as stuck.

    A working design may be silent while it loads weights and computes, but not for longer than a
    frame takes from its first word in to its last word out, and the next one behind it.
    """
    design = read_report(directory)["design"]
    frame = sum(int(design[part]["predicted"]) for part in ("latency_cycles", "interval_cycles"))
    return max(MAX_IDLE_CYCLES, _IDLE_FRAMES * frame) + _IDLE_LOADS * _load_cycles(directory)


def _expected_cycles(directory: Path, frames: int, stall: float) -> float:
    """About how many cycles frames take, with each end holding back in a part of them."""
    design = read_report(directory)["design"]
    latency, interval = (
        int(design[part]["predicted"]) for part in ("latency_cycles", "interval_cycles")
    )
    load = _load_cycles(directory)
    return (load + latency + frames * interval) / max(1.0 - stall, 0.01) ** 2


def _load_cycles(directory: Path) -> int:
    """Cycles until a design that loads its weights accepts words, while memory keeps up."""
    return max((p.load_cycles for p in Interface.read(directory).memories), default=0)


def run_reference(
    graph: Graph, source: FrameSource, *, keep: Collection[str] = (), watch: Watch | None = None
) -> dict[str, IntArray]:
    """Evaluate the graph: its outputs, and the values in `keep`.

    A block of frames at a time, unless a frame's results depend on all that came before.

    Args:
        graph: The network on integers.
        source: Frames for it.
        keep: Values to return beside the outputs.
        watch: Is shown every value of the first block, see `Graph.evaluate`.
    """
    wanted = (*graph.outputs, *(name for name in keep if name not in graph.outputs))

    def blocks() -> Iterator[Block]:
        for number, block in enumerate([source.whole()] if graph.remembers else source.blocks()):
            values = graph.evaluate(block, keep=bool(keep), watch=None if number else watch)
            yield {name: values[name] for name in wanted}

    return collected(blocks())


def _format(waves: Path | None) -> str:
    return "" if waves is None else waves.suffix.removeprefix(".")


def _unknown_level(level: str) -> CompileError:
    return fail("HW0607", f"there is no level '{level}'", fix=f"one of: {', '.join(LEVELS)}")
