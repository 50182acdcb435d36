"""What users can say about a run of frames, and about a verification."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypedDict

from hwcompile.ir.types import TensorType
from hwcompile.limits import FRAMES, SEED, STALL, number, whole
from hwcompile.limits import MEMORY_LATENCY as LATENCIES
from hwcompile.verify.frames import Frames
from hwcompile.verify.levels import check_levels, check_waves
from hwcompile.verify.quantizing import quantized_source
from hwcompile.verify.simulator import MEMORY_LATENCY
from hwcompile.verify.sources import FrameSource, random_source
from hwcompile_runtime.host import HostInput


class SimulateKeywords(TypedDict, total=False):
    """Keywords of `Design.simulate`; `SimulateOptions` says what they mean."""

    level: str
    board: str
    stall: float
    waves: Path | str | None
    inputs_are: str | None
    progress: Callable[[str], None] | None


@dataclass(frozen=True, kw_only=True)
class SimulateOptions:
    """How frames run.

    Attributes:
        level: "reference", "hls", "rtl", "netlist" or "bitstream".
        board: Name or file of the board for levels "netlist" and "bitstream".
        stall: Probability that a source or a sink holds back in a cycle (rtl, netlist).
        waves: Waveform file to write, .fst or .vcd (rtl, netlist).
        inputs_are: See `Design.quantize`.
        progress: Called with the name of each step as it starts.
    """

    level: str = "rtl"
    board: str = ""
    stall: float = 0.0
    waves: Path | str | None = None
    inputs_are: str | None = None
    progress: Callable[[str], None] | None = None

    def checked(self) -> SimulateOptions:
        """The same with the number in its range.

        Raises:
            CompileError: HW0001, HW0003, HW0004, HW0607.
        """
        check_levels((self.level,))
        stall = number("--stall", self.stall, STALL)
        check_waves((self.level,), self.waves)
        return replace(self, stall=stall)


class VerifyKeywords(TypedDict, total=False):
    """Keywords of `Design.verify`; `VerifyOptions` says what they mean."""

    levels: tuple[str, ...]
    inputs: Frames | None
    frames: int
    seed: int
    stall: float
    boundaries: bool
    board: str
    memory_latency: int
    waves: Path | str | None
    inputs_are: str | None
    progress: Callable[[str], None] | None


@dataclass(frozen=True, kw_only=True)
class VerifyOptions:
    """Which frames run where.

    Attributes:
        levels: Levels to run; "reference" is what the others are compared with.
        inputs: Real inputs; without them random integers of the network's input types.
        frames: How many random frames.
        seed: Of the random frames.
        stall: Probability of a stall; above 0 cycles are not compared.
        boundaries: Compare what every stage produces, not only the outputs (rtl).
        board: Name or file of the board for levels "netlist" and "bitstream".
        memory_latency: Cycles until external memory answers, where weights come from there.
        waves: Waveform file to write, .fst or .vcd, at the one level that has signals.
        inputs_are: See `Design.quantize`.
        progress: Called with the name of each step as it starts.
    """

    levels: tuple[str, ...] = ("reference", "rtl")
    inputs: Frames | None = None
    frames: int = 20
    seed: int = 0
    stall: float = 0.0
    boundaries: bool = False
    board: str = ""
    memory_latency: int = MEMORY_LATENCY
    waves: Path | str | None = None
    inputs_are: str | None = None
    progress: Callable[[str], None] | None = None

    def checked(self) -> VerifyOptions:
        """The same with every number in its range.

        Raises:
            CompileError: HW0001, HW0003, HW0004, HW0607.
        """
        check_levels(self.levels)
        check_waves(self.levels, self.waves)
        return replace(
            self,
            stall=number("--stall", self.stall, STALL),
            memory_latency=whole("--memory-latency", self.memory_latency, LATENCIES),
        )

    def source(self, types: Mapping[str, TensorType], hosts: Sequence[HostInput]) -> FrameSource:
        """The frames of integers.

        Args:
            types: Of the network's inputs.
            hosts: How they come from the model's.

        Raises:
            CompileError: HW0001, and those of `quantized_source`.
        """
        if self.inputs is not None:
            return quantized_source(hosts, self.inputs, self.inputs_are)
        frames, seed = whole("--frames", self.frames, FRAMES), whole("--seed", self.seed, SEED)
        return random_source(types, frames, seed)
