"""What a simulation brings."""

from __future__ import annotations

from dataclasses import dataclass, field

from hwcompile.ir.types import IntArray
from hwcompile.verify.beats import Beats


@dataclass(frozen=True)
class SimulationResult:
    """What came out of a simulation, and when.

    Cycles count from 0 in the first cycle after reset.

    Attributes:
        outputs: Output name to int64 [frames, height, width, channels].
        input_cycles: Input name to the cycle of each accepted beat, int64 [beats].
        output_cycles: Output name to the cycle of each delivered beat, int64 [beats].
        cycles: Cycles up to the last transfer, that one included.
        seconds: Wall-clock time of the run, without compilation.
        taps: Stage name to the words it produced, uint8 [words, bytes]; empty without taps.
        occupancy: FIFO name to the largest number of places in use; empty without taps.
        streams: Stage name to the frames that left it, where they are known as integers.
        starved: Stage name to the cycles in which it waited for weights from external memory.
    """

    outputs: dict[str, IntArray]
    input_cycles: dict[str, IntArray]
    output_cycles: dict[str, IntArray]
    cycles: int
    seconds: float
    taps: dict[str, Beats]
    occupancy: dict[str, int]
    starved: dict[str, int] = field(default_factory=dict)
    streams: dict[str, IntArray] = field(default_factory=dict)
