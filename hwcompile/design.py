"""The Python interface: compile a model or a graph, load a build, run it, verify it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Unpack, cast

import numpy as np

from hwcompile.build_directory import kept_notes, require_build_directory
from hwcompile.compiler import Source, build
from hwcompile.emit.opened import Opened
from hwcompile.frontends.hls4ml.graph import ModelGraph
from hwcompile.frontends.hls4ml.load import import_model_graph
from hwcompile.frontends.memory.kinds import Example, kind_of, model_file
from hwcompile.ir.graph import Graph
from hwcompile.ir.types import IntArray
from hwcompile.keywords import keywords_of
from hwcompile.options import CompileOptions, GraphKeywords, ModelKeywords
from hwcompile.outcomes import Result
from hwcompile.report.page.refresh import refresh_page
from hwcompile.report.target import target_notes
from hwcompile.running import real_outputs, simulate_build, trace_build, verify_build
from hwcompile.toolchains.build import BoardBuild, build_bitstream
from hwcompile.toolchains.options import BuildKeywords, BuildOptions
from hwcompile.toolchains.vendor.hls import write_hls
from hwcompile.verify.frames import Frames
from hwcompile.verify.options import (
    SimulateKeywords,
    SimulateOptions,
    VerifyKeywords,
    VerifyOptions,
)
from hwcompile.verify.quantizing import quantized_source
from hwcompile.verify.verification import Verification


@dataclass(frozen=True)
class Design(Opened):
    """A build directory: its parts as `Opened` reads them, and what can be done with it.

    Attributes:
        kept: Files of the user that compilation moved to make room, where they are now.
    """

    kept: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """Remarks: how fast it is to be where no target says so, and where it is not exact."""
        return (*target_notes(self.report), *self.host.notes, *kept_notes(self.kept))

    def quantize(self, inputs: Frames, inputs_are: str | None = None) -> dict[str, IntArray]:
        """Integers of the network's inputs from the model's real inputs.

        Args:
            inputs: See `Frames`.
            inputs_are: "reals", "codes" (integers, in the model's layout), or None: where both mean
                the same, either.

        Raises:
            CompileError: Those of `verify.quantizing.quantized_source`.
        """
        return quantized_source(self.host.inputs, inputs, inputs_are).whole()

    @keywords_of(SimulateOptions, SimulateKeywords)
    def simulate(self, inputs: Frames, **options: Unpack[SimulateKeywords]) -> Result:
        """Run real inputs through the network at one level, in memory that many frames share.

        Args:
            inputs: See `Frames`.
            options: See `hwcompile.verify.options.SimulateOptions`.

        Raises:
            CompileError: HW0001, HW0003, HW0004, HW0607, and those of `quantize`.
        """
        return simulate_build(self, inputs, SimulateOptions(**options))

    def trace(
        self, inputs: Frames, level: str = "reference", inputs_are: str | None = None
    ) -> dict[str, IntArray]:
        """Run real inputs and return the integers inside the network.

        Args:
            inputs: See `Frames`.
            level: "reference" for every tensor; "hls" or "rtl" for every stream between stages.
            inputs_are: See `quantize`.

        Returns:
            Name to int64 [frames, height, width, channels].

        Raises:
            CompileError: HW0607, HW0608, and those of `quantize`.
        """
        return trace_build(self, inputs, level, inputs_are)

    def dequantize(self, raw: Mapping[str, IntArray]) -> dict[str, np.ndarray[Any, Any]]:
        """The model's real outputs from the network's integers: what the host computes."""
        return real_outputs(self.host, raw)

    @keywords_of(VerifyOptions, VerifyKeywords)
    def verify(self, **options: Unpack[VerifyKeywords]) -> Verification:
        """Run the same frames at every level, compare with reference, update `report.json`.

        Args:
            options: See `hwcompile.verify.options.VerifyOptions`.

        Raises:
            CompileError: HW0001, HW0607, and those of `quantize`.
        """
        return verify_build(self, VerifyOptions(**options))

    @keywords_of(BuildOptions, BuildKeywords)
    def build(self, board: str, **options: Unpack[BuildKeywords]) -> BoardBuild:
        """Make a bitstream in `<directory>/<board>/` and update `report.json`.

        Args:
            board: Name of a board, or the path of a board file.
            options: See `hwcompile.toolchains.options.BuildOptions`.

        Raises:
            CompileError: Those of `build_for_board`.
        """
        built = build_bitstream(self.directory, board, BuildOptions(**options))
        refresh_page(self.directory)
        return built

    def build_hls(self) -> Path:
        """Write a project for high-level synthesis to `<directory>/hls/`; returns the folder.

        Raises:
            CompileError: Those of `write_hls`.
        """
        return write_hls(self.directory)


def compile_with(model: Source, output: Path, options: CompileOptions) -> Design:
    """Compile a model file or a graph; `compile` and `compile_graph` do nothing else.

    Args:
        model: QONNX or ONNX file, a graph on integers, or a model that was imported.
        output: Build directory to make.
        options: What is wanted.

    Raises:
        CompileError: With every finding of the stage that failed; nothing is written then.
    """
    design = Design(output, build(model, output, options))
    if options.hls:
        design.build_hls()
    return design


@keywords_of(CompileOptions, ModelKeywords)
def compile(
    model: object,
    output: Path | str,
    *,
    example: Example | None = None,
    **options: Unpack[ModelKeywords],
) -> Design:
    """Compile a model into a build directory.

    Args:
        model: QONNX, ONNX, Keras or TFLite file; or in memory: an `onnx.ModelProto`, a Keras or
            HGQ2 model, a `torch.export.ExportedProgram` with PT2E's quantizers, a module of
            Brevitas, or a model graph that hls4ml made for its Vitis backend.
        output: Build directory to make.
        example: Inputs of one frame, which modules of PyTorch are exported with.
        options: See `hwcompile.options.CompileOptions`.

    Raises:
        CompileError: With every finding of the stage that failed; nothing is written then.
    """
    wishes = CompileOptions(**options)
    if hasattr(model, "get_layers") and kind_of(model) is None:
        graph = import_model_graph(cast(ModelGraph, model))
        return compile_with(graph, Path(output), wishes)
    with model_file(model, example) as source:
        return compile_with(source, Path(output), wishes)


@keywords_of(CompileOptions, GraphKeywords)
def compile_graph(graph: Graph, output: Path | str, **options: Unpack[GraphKeywords]) -> Design:
    """Compile a graph on integers, for example one of `hwcompile.rnn`, into a build directory.

    Inputs and outputs of the design have the names of the graph's and the shape (frames, height,
    width, channels). The types' scales and zero points say what their integers mean; where a type
    has none (scale 1, zero point 0), the numbers outside are the integers.

    Args:
        graph: The network.
        output: Build directory to make.
        options: See `hwcompile.options.CompileOptions`, all but those about a model file:
            `input_types`, `formats`, `rounding`, `batch_as_frames` and `held`.

    Raises:
        CompileError: With every finding of the stage that failed; nothing is written then.
    """
    return compile_with(graph, Path(output), CompileOptions(**options))


def load(directory: Path | str) -> Design:
    """Open a build directory.

    Raises:
        CompileError: HW0503 when it is not one.
    """
    return Design(require_build_directory(Path(directory)))
