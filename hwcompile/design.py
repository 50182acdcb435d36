"""The Python interface: compile a model or a graph, load a build, run it, verify it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from hwcompile import build_directory
from hwcompile.boards import load_board
from hwcompile.compiler import Goal, build_files
from hwcompile.emit.interface import Interface
from hwcompile.emit.opened import HostSide, read_graph, read_host_side
from hwcompile.emit.project import write_files
from hwcompile.ir.graph import Graph
from hwcompile.ir.types import IntArray
from hwcompile.limits import BAUD as BAUDS
from hwcompile.limits import FRAMES, PLACE_SEEDS, SEED, STALL, number, whole
from hwcompile.limits import MEMORY_LATENCY as LATENCIES
from hwcompile.outcomes import Result
from hwcompile.runtime.decoded import run_bitstream
from hwcompile.toolchains.board_top import BAUD
from hwcompile.toolchains.build import SEEDS, BoardBuild, build_for_board, record_build
from hwcompile.toolchains.clock_choice import OSCILLATOR
from hwcompile.verify.frames import Frames
from hwcompile.verify.levels import check_levels, check_waves, run_netlist, run_reference, run_rtl
from hwcompile.verify.quantizing import quantized_source
from hwcompile.verify.simulator import MEMORY_LATENCY, SimulationResult
from hwcompile.verify.sources import FrameSource, collected, random_source
from hwcompile.verify.verification import Comparison, Verification


@dataclass(frozen=True)
class Design:
    """A build directory.

    Attributes:
        directory: The folder.
        kept: Files of the user that compilation moved to make room, where they are now.
    """

    directory: Path
    kept: tuple[str, ...] = ()

    @cached_property
    def graph(self) -> Graph:
        """The network on integers, as it was planned."""
        return read_graph(self.directory)

    @cached_property
    def interface(self) -> Interface:
        """Ports of the top level."""
        return Interface.read(self.directory)

    @property
    def report(self) -> dict[str, Any]:
        """`report.json` as it stands now; verification adds measurements."""
        return build_directory.read_report(self.directory)

    @property
    def notes(self) -> tuple[str, ...]:
        """Remarks of the front end, for example where it could not be exact."""
        moved = (f"'{to}' was in the way and not as compiled; it is yours" for to in self.kept)
        return (*self._host.notes, *moved)

    @property
    def schedule(self) -> str:
        """`schedule.toml` as text."""
        return build_directory.read_text(self.directory, build_directory.SCHEDULE)

    def quantize(self, inputs: Frames, inputs_are: str | None = None) -> dict[str, IntArray]:
        """Integers of the network's inputs from the model's real inputs.

        Args:
            inputs: See `Frames`.
            inputs_are: "reals", "codes" (integers, in the model's layout), or None: where both mean
                the same, either.

        Raises:
            CompileError: Those of `verify.quantizing.quantized_source`.
        """
        return quantized_source(self._host.inputs, inputs, inputs_are).whole()

    def simulate(
        self,
        inputs: Frames,
        *,
        level: str = "rtl",
        board: str = "",
        stall: float = 0.0,
        waves: Path | None = None,
        inputs_are: str | None = None,
    ) -> Result:
        """Run real inputs through the network at one level, in memory that many frames share.

        Args:
            inputs: See `Frames`.
            level: "reference", "rtl", "netlist" or "bitstream".
            board: Name or file of the board whose netlist or bitstream it is.
            stall: Probability that a source or a sink holds back in a cycle (rtl, netlist).
            waves: VCD waveform file to write (rtl, netlist).
            inputs_are: See `quantize`.

        Raises:
            CompileError: HW0001, HW0003, HW0004, HW0607, and those of `quantize`.
        """
        check_levels((level,))
        stall = number("--stall", stall, STALL)
        check_waves(level, waves)
        source = quantized_source(self._host.inputs, inputs, inputs_are)
        if level == "reference":
            raw = run_reference(self.graph, source)
            return Result(raw, self.dequantize(raw))
        run = self._run(level, source, board=board, stall=stall, waves=waves)
        real, cycles = self.dequantize(run.outputs), run.cycles or None
        return Result(run.outputs, real, cycles, run.seconds, run.output_cycles)

    def dequantize(self, raw: Mapping[str, IntArray]) -> dict[str, np.ndarray[Any, Any]]:
        """The model's real outputs from the network's integers: what the host computes."""
        return collected(
            {host.name: host.run(block) for host in self._host.outputs}
            for block in FrameSource.of(raw).blocks()
        )

    def verify(
        self,
        *,
        levels: tuple[str, ...] = ("reference", "rtl"),
        inputs: Frames | None = None,
        frames: int = 20,
        seed: int = 0,
        stall: float = 0.0,
        boundaries: bool = False,
        board: str = "",
        memory_latency: int = MEMORY_LATENCY,
        inputs_are: str | None = None,
    ) -> Verification:
        """Run the same frames at every level, compare with reference, update `report.json`.

        Args:
            levels: Levels to run; "reference" is what the others are compared with.
            inputs: Real inputs; without them random integers of the network's input types.
            frames: How many random frames.
            seed: Of the random frames.
            stall: Probability of a stall; above 0 cycles are not compared.
            boundaries: Compare what every stage produces, not only the outputs (rtl).
            board: Name or file of the board for levels "netlist" and "bitstream".
            memory_latency: Cycles until external memory answers, where weights come from there.
            inputs_are: See `quantize`.

        Raises:
            CompileError: HW0001, HW0607, and those of `quantize`.
        """
        check_levels(levels)
        stall = number("--stall", stall, STALL)
        memory_latency = whole("--memory-latency", memory_latency, LATENCIES)
        if inputs is None:
            frames, seed = whole("--frames", frames, FRAMES), whole("--seed", seed, SEED)
            types = {name: self.graph.types[name] for name in self.graph.inputs}
            source = random_source(types, frames, seed)
        else:
            source = quantized_source(self._host.inputs, inputs, inputs_are)
        report = self.report
        comparison = Comparison(self.graph, self.interface, report["design"])

        def run(level: str) -> SimulationResult:
            taps = boundaries and level == "rtl"
            conditions = {"stall": stall, "memory_latency": memory_latency}
            return self._run(level, source, board=board, taps=taps, **conditions)

        outcome = comparison.of(levels, source, run, timed=not stall, boundaries=boundaries)
        build_directory.update_report(self.directory, outcome.record)
        return outcome

    def build(
        self,
        board: str,
        *,
        seeds: int = SEEDS,
        baud: int = BAUD,
        clock: str = OSCILLATOR,
        swappable: bool = False,
        link: str = "",
        progress: Callable[[str], None] | None = None,
    ) -> BoardBuild:
        """Make a bitstream in `<directory>/<board>/` and update `report.json`.

        Args:
            board: Name of a board, or the path of a board file.
            seeds: Seeds of place and route to try until the clock is met.
            baud: Bits per second of the link to the host.
            clock: "oscillator", a frequency in MHz, or "auto": the fastest that closes.
            swappable: Make a bitstream that `update_weights` can give other weights.
            link: "uart" or "spi"; "" for the board's usual one.
            progress: Called with each step as it starts.
        """
        seeds, baud = whole("--seeds", seeds, PLACE_SEEDS), whole("--baud", baud, BAUDS)
        target = load_board(board)
        built = build_for_board(
            self.directory,
            target,
            seeds=seeds,
            baud=baud,
            clock=clock,
            link=link,
            swappable=swappable,
            progress=progress or (lambda step: None),
        )
        update = partial(record_build, built=built, board=target)
        build_directory.update_report(self.directory, update)
        return built

    def _run(
        self,
        level: str,
        source: FrameSource,
        *,
        board: str,
        taps: bool = False,
        **options: Any,
    ) -> SimulationResult:
        """Simulate; `options` are those of `Simulator.run`."""
        if level == "bitstream":
            return run_bitstream(self.directory, board, source.whole())
        if level == "netlist":
            return run_netlist(self.directory, board, source, **options)
        return run_rtl(self.directory, source, taps=taps, **options)

    @cached_property
    def _host(self) -> HostSide:
        return read_host_side(self.directory)


def compile(
    model: Path | str,
    output: Path | str,
    *,
    target_fps: float | None = None,
    target_cycles: int | None = None,
    schedule: Path | Mapping[str, Any] | None = None,
    board: str = "",
    clock_mhz: float | None = None,
    input_types: Mapping[str, str] | None = None,
    formats: Path | Mapping[str, Any] | None = None,
    dump_ir: bool = False,
    force: bool = False,
    progress: Callable[[str], None] | None = None,
) -> Design:
    """Compile a model file into a build directory.

    Args:
        model: QONNX or ONNX file.
        output: Build directory to make.
        target_fps: Frames per second to reach at `clock_mhz`.
        target_cycles: Cycles per frame to reach; instead of `target_fps`.
        schedule: A `schedule.toml` (whole or partial), or the same as nested mappings.
        board: Name or file of a board. Without a target the fastest folding is chosen that fits
            its FPGA; with one, the folding that takes the least of what is short there.
        clock_mhz: Clock in MHz; None for the board's, or 100 without a board.
        input_types: Input name ("" for the only one) to "uint8:1/255": quantize in hardware.
        formats: Number formats of recurrent nodes: a file, or the same as nested mappings; see
            `hwcompile.rnn.description`.
        dump_ir: Write the graph after each pass to `ir/` in the build directory.
        force: Replace the files of an existing build directory; others in it stay.
        progress: Called with the name of each step as it starts.

    Raises:
        CompileError: With every finding of the stage that failed; nothing is written then.
    """
    return _build(
        Path(model),
        Path(output),
        Goal.of(target_cycles, target_fps, board, clock_mhz),
        schedule=schedule,
        input_types=input_types or {},
        formats=formats,
        dump_ir=dump_ir,
        force=force,
        progress=progress,
    )


def compile_graph(
    graph: Graph,
    output: Path | str,
    *,
    target_fps: float | None = None,
    target_cycles: int | None = None,
    schedule: Path | Mapping[str, Any] | None = None,
    board: str = "",
    clock_mhz: float | None = None,
    dump_ir: bool = False,
    force: bool = False,
    progress: Callable[[str], None] | None = None,
) -> Design:
    """Compile a graph on integers, for example one of `hwcompile.rnn`, into a build directory.

    Inputs and outputs of the design have the names of the graph's and the shape (frames, height,
    width, channels). The types' scales and zero points say what their integers mean; where a type
    has none (scale 1, zero point 0), the numbers outside are the integers.

    Args:
        graph: The network.
        output: Build directory to make.
        target_fps: See `compile`, as for all that follow.
        target_cycles: See there.
        schedule: See there.
        board: See there.
        clock_mhz: See there.
        dump_ir: See there.
        force: See there.
        progress: See there.

    Raises:
        CompileError: With every finding of the stage that failed; nothing is written then.
    """
    return _build(
        graph,
        Path(output),
        Goal.of(target_cycles, target_fps, board, clock_mhz),
        schedule=schedule,
        input_types={},
        formats=None,
        dump_ir=dump_ir,
        force=force,
        progress=progress,
    )


def _build(
    model: Path | Graph,
    target: Path,
    goal: Goal,
    *,
    schedule: Path | Mapping[str, Any] | None,
    input_types: Mapping[str, str],
    formats: Path | Mapping[str, Any] | None,
    dump_ir: bool,
    force: bool,
    progress: Callable[[str], None] | None,
) -> Design:
    read = [path for path in (model, schedule, formats) if isinstance(path, Path)]
    with build_directory.new_build_directory(target, force=force, inputs=read) as staging:
        files = build_files(
            model,
            goal,
            schedule=schedule,
            input_types=dict(input_types),
            formats=formats,
            dump_ir=dump_ir,
            progress=progress or (lambda step: None),
        )
        write_files(staging.folder, files)
    return Design(target, tuple(staging.kept))


def load(directory: Path | str) -> Design:
    """Open a build directory.

    Raises:
        CompileError: HW0503 when it is not one.
    """
    return Design(build_directory.require_build_directory(Path(directory)))
