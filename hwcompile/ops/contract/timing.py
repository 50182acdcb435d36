"""Timing patterns: what a kernel does in which cycle, as cyclo-static dataflow.

After Bilsen, Engels, Lauwereins, Peperstraete, "Cyclo-static dataflow", IEEE TSP 44(2), 1996, with
execution times in clock cycles. A kernel is one or more *actors*. An actor repeats a fixed sequence
of *phases* for every frame. A phase fires in one clock cycle, as soon as

- `duration` cycles of the previous phase have passed,
- every token it needs has arrived (`Access.need`),
- every buffer it writes has room,

and never waits for anything else. Cycles in which an actor neither takes nor gives a token cannot
stall, so they are folded into the `duration` of the phase before. That is exactly what the RTL
cores do, and why predicted cycles equal simulated cycles.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from hwcompile.ir.types import IntArray


@dataclass(frozen=True)
class Access:
    """How an actor reads a stream or an internal buffer, cumulatively over one frame.

    Attributes:
        need: Tokens of this frame that must have arrived before phase i fires, int64 [phases].
        free: Tokens of this frame that are released once phase i has fired, int64 [phases]; the
            last entry is the number of tokens of a frame. For a plain stream `need == free`.
            Tokens of an internal buffer may be released before they arrive: nobody needs them, and
            their arrival takes no place.
    """

    need: IntArray
    free: IntArray

    @staticmethod
    def stream(taken: IntArray) -> Access:
        """Access of an actor that takes `taken[i]` (0 or 1) words in phase i."""
        total = np.cumsum(taken, dtype=np.int64)
        return Access(total, total)


@dataclass(frozen=True)
class Actor:
    """A fixed cyclic sequence of phases.

    Attributes:
        duration: Cycles from the firing of phase i to the earliest firing of the next, int64
            [phases], each at least 1. The sum is the least number of cycles per frame.
        reads: Stream or buffer name ("in0", "in1", or a `Buffer`'s name) to `Access`.
        writes: Stream or buffer name ("out", or a `Buffer`'s name) to the cumulative number of
            tokens given after phase i, int64 [phases].
    """

    duration: IntArray
    reads: Mapping[str, Access] = field(default_factory=dict)
    writes: Mapping[str, IntArray] = field(default_factory=dict)

    @property
    def cycles(self) -> int:
        """Least number of cycles per frame."""
        return int(self.duration.sum())


@dataclass(frozen=True)
class Buffer:
    """A memory between two actors of one kernel.

    Attributes:
        capacity: Tokens it holds.
        latency: Cycles from the firing that writes a token to the first cycle it can be read.
    """

    capacity: int
    latency: int = 1


@dataclass(frozen=True)
class Timing:
    """The exact timing of a kernel.

    Attributes:
        actors: By name; together they read every input and write "out".
        buffers: Internal buffers by name; each is written by one actor and read by one.
        stages: Register stages between the firing that writes a word of "out" and the cycle in
            which the core shows `out_valid_o`. The word can leave the output FIFO `stages + 1`
            cycles after the firing.
    """

    actors: Mapping[str, Actor]
    stages: int
    buffers: Mapping[str, Buffer] = field(default_factory=dict)

    @property
    def interval(self) -> int:
        """Cycles per frame of the slowest actor: the kernel's initiation interval."""
        return max(actor.cycles for actor in self.actors.values())


def single(cycle_takes: Mapping[str, IntArray], cycle_gives: IntArray, stages: int) -> Timing:
    """Timing of a one-actor kernel, given cycle by cycle.

    Args:
        cycle_takes: Input name to 0/1 per cycle of a frame, int [cycles].
        cycle_gives: 0/1 per cycle: a word of "out" is started, int [cycles].
        stages: See `Timing.stages`.

    Idle cycles are folded into durations. Idle cycles before the first action of a frame belong to
    the last phase of the frame before; a kernel that needs them must have them at the end.

    Raises:
        ValueError: If the first cycle is idle.
    """
    gives = np.asarray(cycle_gives, dtype=np.int64)
    active = gives > 0
    for takes in cycle_takes.values():
        active = active | (np.asarray(takes) > 0)
    (index,) = np.nonzero(active)
    if index.size == 0 or index[0] != 0:
        raise ValueError("the first cycle of a frame must take or give a token")
    duration = np.diff(np.append(index, gives.size)).astype(np.int64)
    reads = {
        name: Access.stream(np.asarray(takes, dtype=np.int64)[index])
        for name, takes in cycle_takes.items()
    }
    actor = Actor(duration, reads, {"out": np.cumsum(gives[index])})
    return Timing({"main": actor}, stages)
