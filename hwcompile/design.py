"""The Python interface: compile a model or a graph, load a build, run it, verify it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Unpack

import numpy as np

from hwcompile import build_directory
from hwcompile.boards import load_board
from hwcompile.compiler import build
from hwcompile.emit.interface import Interface
from hwcompile.emit.opened import HostSide, read_graph, read_host_side
from hwcompile.ir.graph import Graph
from hwcompile.ir.types import IntArray
from hwcompile.keywords import keywords_of
from hwcompile.limits import STALL, number
from hwcompile.options import CompileOptions, GraphKeywords, ModelKeywords
from hwcompile.outcomes import Result
from hwcompile.running import Conditions, run_level, verify_build
from hwcompile.toolchains.build import BoardBuild, build_for_board, record_build
from hwcompile.toolchains.options import BuildKeywords, BuildOptions
from hwcompile.verify.frames import Frames
from hwcompile.verify.levels import check_levels, check_waves, run_reference
from hwcompile.verify.options import VerifyKeywords, VerifyOptions
from hwcompile.verify.quantizing import quantized_source
from hwcompile.verify.sources import FrameSource, collected
from hwcompile.verify.verification import Verification


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
            board: See `Conditions`, as for stall and waves.
            stall: See there.
            waves: See there.
            inputs_are: See `quantize`.

        Raises:
            CompileError: HW0001, HW0003, HW0004, HW0607, and those of `quantize`.
        """
        check_levels((level,))
        conditions = Conditions(board=board, stall=number("--stall", stall, STALL), waves=waves)
        check_waves(level, waves)
        source = quantized_source(self._host.inputs, inputs, inputs_are)
        if level == "reference":
            raw = run_reference(self.graph, source)
            return Result(raw, self.dequantize(raw))
        run = run_level(self.directory, level, source, conditions)
        real, cycles = self.dequantize(run.outputs), run.cycles or None
        return Result(run.outputs, real, cycles, run.seconds, run.output_cycles)

    def dequantize(self, raw: Mapping[str, IntArray]) -> dict[str, np.ndarray[Any, Any]]:
        """The model's real outputs from the network's integers: what the host computes."""
        return collected(
            {host.name: host.run(block) for host in self._host.outputs}
            for block in FrameSource.of(raw).blocks()
        )

    @keywords_of(VerifyOptions, VerifyKeywords)
    def verify(self, **options: Unpack[VerifyKeywords]) -> Verification:
        """Run the same frames at every level, compare with reference, update `report.json`.

        Args:
            options: See `hwcompile.verify.options.VerifyOptions`.

        Raises:
            CompileError: HW0001, HW0607, and those of `quantize`.
        """
        return verify_build(self.directory, self.graph, self._host, VerifyOptions(**options))

    @keywords_of(BuildOptions, BuildKeywords)
    def build(self, board: str, **options: Unpack[BuildKeywords]) -> BoardBuild:
        """Make a bitstream in `<directory>/<board>/` and update `report.json`.

        Args:
            board: Name of a board, or the path of a board file.
            options: See `hwcompile.toolchains.options.BuildOptions`.

        Raises:
            CompileError: Those of `build_for_board`.
        """
        target = load_board(board)
        built = build_for_board(self.directory, target, BuildOptions(**options))
        update = partial(record_build, built=built, board=target)
        build_directory.update_report(self.directory, update)
        return built

    @cached_property
    def _host(self) -> HostSide:
        return read_host_side(self.directory)


def compile_with(model: Path | Graph, output: Path, options: CompileOptions) -> Design:
    """Compile a model file or a graph; `compile` and `compile_graph` do nothing else.

    Args:
        model: QONNX or ONNX file, or a graph on integers.
        output: Build directory to make.
        options: What is wanted.

    Raises:
        CompileError: With every finding of the stage that failed; nothing is written then.
    """
    return Design(output, build(model, output, options))


@keywords_of(CompileOptions, ModelKeywords)
def compile(model: Path | str, output: Path | str, **options: Unpack[ModelKeywords]) -> Design:
    """Compile a model file into a build directory.

    Args:
        model: QONNX or ONNX file.
        output: Build directory to make.
        options: See `hwcompile.options.CompileOptions`.

    Raises:
        CompileError: With every finding of the stage that failed; nothing is written then.
    """
    return compile_with(Path(model), Path(output), CompileOptions(**options))


@keywords_of(CompileOptions, GraphKeywords)
def compile_graph(graph: Graph, output: Path | str, **options: Unpack[GraphKeywords]) -> Design:
    """Compile a graph on integers, for example one of `hwcompile.rnn`, into a build directory.

    Inputs and outputs of the design have the names of the graph's and the shape (frames, height,
    width, channels). The types' scales and zero points say what their integers mean; where a type
    has none (scale 1, zero point 0), the numbers outside are the integers.

    Args:
        graph: The network.
        output: Build directory to make.
        options: See `hwcompile.options.CompileOptions`, all but `input_types` and `formats`.

    Raises:
        CompileError: With every finding of the stage that failed; nothing is written then.
    """
    return compile_with(graph, Path(output), CompileOptions(**options))


def load(directory: Path | str) -> Design:
    """Open a build directory.

    Raises:
        CompileError: HW0503 when it is not one.
    """
    return Design(build_directory.require_build_directory(Path(directory)))
