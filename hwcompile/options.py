"""What users can say about a compilation: one object for the Python interface and the CLI."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypedDict

from hwcompile.boards import Board, load_board
from hwcompile.build_directory.reported import TargetSource
from hwcompile.diagnostics import fail
from hwcompile.limits import CLOCK_MHZ, CYCLES, MEGABYTES, MEMORY_BITS, not_both, number, whole

DEFAULT_MHZ = 100.0
"""The clock in MHz that frames per second refer to when nothing else is said."""

DEFAULT_FPS = 10_000
"""Frames per second that are fast enough when nothing says how fast or how large a design is."""


class GraphKeywords(TypedDict, total=False):
    """Keywords of `hwcompile.compile_graph`; `CompileOptions` says what they mean."""

    target_fps: float | None
    target_cycles: int | None
    fastest: bool
    schedule: Path | Mapping[str, Any] | None
    board: str
    clock_mhz: float | None
    external_memory: float | None
    winograd: bool | None
    dump_ir: bool
    hls: bool
    allow_host: bool
    force: bool
    progress: Callable[[str], None] | None


class ModelKeywords(GraphKeywords, total=False):
    """Keywords of `hwcompile.compile`; `CompileOptions` says what they mean."""

    input_types: Mapping[str, str] | None
    formats: Path | Mapping[str, Any] | None
    rounding: str | Mapping[str, str] | None
    batch_as_frames: bool
    held: Mapping[str, str] | None


@dataclass(frozen=True, kw_only=True)
class CompileOptions:
    """Everything but the model and the place of the build directory.

    Attributes:
        target_fps: Frames per second to reach at `clock_mhz`, with the smallest design. Where
            nothing says how fast or how large the design is to be, it is the smallest one with
            `DEFAULT_FPS`, or the fastest where that can not be reached.
        target_cycles: Cycles per frame to reach; instead of `target_fps`.
        fastest: Choose the fastest folding that fits the board, or without one the fastest that
            `hwcompile.schedule.choose.folding.DEFAULT_LANES` lanes can reach; instead of a target.
        schedule: A `schedule.toml` (whole or partial), or the same as nested mappings. Without a
            target the nodes that it leaves out keep pace with the slowest one that it fixes.
        board: Name or file of a board. Without a target the fastest folding is chosen that fits
            its FPGA; with one, the folding that takes the least of what is short there.
        clock_mhz: Clock in MHz; None for the board's, or 100 without a board.
        external_memory: What memory beside the board's FPGA brings, in MB/s (10^6 bytes a second):
            weights that find no room on the chip are read from there. None for no such memory.
        winograd: Whether convolutions of 3 x 3 may be built in tiles of 2 x 2 outputs, with fewer
            products between two transforms that add (`hwcompile.passes.tiles`), where that takes
            less; results are the same. None for where a target is asked and the DSP blocks of a
            board run short.
        input_types: Input name ("" for the only one) to "uint8:1/255": quantize in hardware.
        formats: A file of number formats, or the same as nested mappings: for ONNX models those of
            recurrent nodes (`hwcompile.rnn.description`), for Keras models hls4ml's configuration
            (`hwcompile.frontends.hls4ml.configuration`).
        rounding: "model" (equal to float32 operation by operation) or "exact" (the exact numbers of
            scales, biases and limits, rounded once), for all quantizers of an ONNX model or by
            name.
        batch_as_frames: Refuse an ONNX model whose fixed batch is no batch of independent frames,
            instead of taking all of it as one frame.
        held: Inputs that are an output of the frame before, by name: the hardware holds it, where
            an If gives it again (`hwcompile.frontends.held`).
        dump_ir: Write the graph after each pass to `ir/` in the build directory.
        hls: Write C++ for high-level synthesis to `hls/` in the build directory.
        allow_host: Write a design in which no operator is hardware, only wires to the host.
        force: Replace the files of an existing build directory; others in it stay.
        progress: Called with the name of each step as it starts.
    """

    target_fps: float | None = None
    target_cycles: int | None = None
    fastest: bool = False
    schedule: Path | Mapping[str, Any] | None = None
    board: str = ""
    clock_mhz: float | None = None
    external_memory: float | None = None
    winograd: bool | None = None
    input_types: Mapping[str, str] | None = None
    formats: Path | Mapping[str, Any] | None = None
    rounding: str | Mapping[str, str] | None = None
    batch_as_frames: bool = False
    held: Mapping[str, str] | None = None
    dump_ir: bool = False
    hls: bool = False
    allow_host: bool = False
    force: bool = False
    progress: Callable[[str], None] | None = None

    @property
    def aimless(self) -> bool:
        """True when nothing says how fast or how large the design is to be."""
        wishes = (self.target_fps, self.target_cycles, self.schedule)
        return not (self.fastest or self.board) and all(wish is None for wish in wishes)

    @property
    def files(self) -> list[Path]:
        """Files that the options name."""
        return [path for path in (self.schedule, self.formats) if isinstance(path, Path)]

    def step(self, name: str) -> None:
        """Say that a step starts."""
        if self.progress is not None:
            self.progress(name)

    def goal(self) -> Goal:
        """What to reach, and where; a clock wins over the board's.

        Raises:
            CompileError: HW0001 for a number out of its range, HW0002 for two kinds of target, and
                those of `load_board`.
        """
        cycles, fps, clock_mhz = self.target_cycles, self.target_fps, self.clock_mhz
        not_both(("--target-cycles", cycles), ("--target-fps", fps))
        if self.fastest:
            why = "the fastest design has no target"
            not_both(("--target-cycles", cycles), ("--fastest", True), why)
            not_both(("--target-fps", fps), ("--fastest", True), why)
        if clock_mhz is not None:
            clock_mhz = number("--clock-mhz", clock_mhz, CLOCK_MHZ)
        if cycles is not None:
            cycles = whole("--target-cycles", cycles, CYCLES)
        board = load_board(self.board) if self.board else None
        clock = clock_mhz or (board.clock.mhz if board else DEFAULT_MHZ)
        traffic = self._traffic(clock)
        if fps is not None:
            hertz = clock * 1e6
            why = f"a frame takes at least a cycle, at {clock:g} MHz"
            fps = number("--target-fps", fps, (hertz / CYCLES[1], hertz), why)
            return Goal("target_fps", _cycles(clock, fps), board, clock, traffic)
        if cycles is not None:
            return Goal("target_cycles", cycles, board, clock, traffic)
        if self.fastest or board:
            source: TargetSource = "fastest" if self.fastest else "board"
            return Goal(source, None, board, clock, traffic)
        return Goal("default", _cycles(clock, DEFAULT_FPS), board, clock)

    def _traffic(self, clock_mhz: float) -> float:
        """Bytes per cycle of external memory; 0 for none."""
        wish = self.external_memory
        if wish is None:
            return 0.0
        if not self.board:
            raise fail(
                "HW0005",
                f"--external-memory {wish} is given without a board",
                "weights go there when they do not fit an FPGA, and none is named",
                "--board ulx3s_85, or a schedule that says which weights are external",
            )
        least = MEMORY_BITS[0] / 8
        why = f"{least:g} bytes per cycle at least, at {clock_mhz:g} MHz"
        limits = (least * clock_mhz, MEGABYTES)
        return number("--external-memory", wish, limits, why) / clock_mhz


def _cycles(clock_mhz: float, fps: float) -> int:
    """Cycles that a frame may take."""
    return max(int(clock_mhz * 1e6 / fps), 1)


@dataclass(frozen=True)
class Goal:
    """What a design is to reach, and where.

    Attributes:
        source: Who says how fast it is to be.
        cycles: Cycles per frame to reach, or that are enough by default; None lets the planner
            choose.
        board: Whose FPGA the folding is chosen for, when it is.
        clock_mhz: Clock in MHz that frames per second refer to.
        traffic: Bytes per cycle that external memory brings, where weights may stand there.
    """

    source: TargetSource
    cycles: int | None
    board: Board | None
    clock_mhz: float
    traffic: float = 0.0

    def with_fixed_nodes(self) -> Goal:
        """The goal when a schedule fixes nodes: without a target they set the pace."""
        return replace(self, source="schedule", cycles=None) if self.source == "default" else self
