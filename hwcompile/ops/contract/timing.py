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

A frame mostly does the same row after row. An actor that says so (`Repeated`: some phases, so many
times, then others) takes the memory of what differs, and its frame is timed row by row. An `Actor`
with all phases of a frame written out means the same; its rows are compared when it is timed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

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

    @property
    def phases(self) -> int:
        """Number of phases of a frame."""
        return int(self.duration.size)

    @property
    def parts(self) -> tuple[tuple[Actor, int], ...]:
        """The stretches of a frame, in order, each with how often it happens in a row."""
        return ((self, 1),)


class Repeated(Actor):
    """An actor whose frame is put together of stretches, each repeated a number of times.

    A stretch is an `Actor` of its own: its counts begin with 0. All stretches read and write the
    same streams. The arrays of the whole frame are made when they are asked for.

        >>> word = np.ones(1, dtype=np.int64)
        >>> take = Actor(2 * word, {"in0": Access.stream(word)}, {"out": 0 * word})
        >>> give = Actor(word, {"in0": Access.stream(0 * word)}, {"out": word})
        >>> pixel = Repeated(((take, 3), (give, 1)))
        >>> Repeated(((pixel, 2),)).reads["in0"].free.tolist(), pixel.cycles
        ([1, 2, 3, 3, 4, 5, 6, 6], 7)
    """

    _parts: tuple[tuple[Actor, int], ...]

    def __init__(self, parts: tuple[tuple[Actor, int], ...]) -> None:
        flat: list[tuple[Actor, int]] = []
        for actor, times in parts:
            alone = actor.parts if times == 1 or len(actor.parts) == 1 else ((actor, 1),)
            flat += [(inner, count * times) for inner, count in alone if count * times]
        object.__setattr__(self, "_parts", tuple(flat))

    @property
    def parts(self) -> tuple[tuple[Actor, int], ...]:
        """See `Actor.parts`."""
        return self._parts

    @cached_property
    def duration(self) -> IntArray:
        """See `Actor.duration`."""
        return np.concatenate([np.tile(actor.duration, times) for actor, times in self._parts])

    @cached_property
    def reads(self) -> Mapping[str, Access]:
        """See `Actor.reads`."""
        return {name: self._access(name) for name in self._parts[0][0].reads}

    @cached_property
    def writes(self) -> Mapping[str, IntArray]:
        """See `Actor.writes`."""
        return {name: self._written(name) for name in self._parts[0][0].writes}

    @property
    def cycles(self) -> int:
        """See `Actor.cycles`."""
        return sum(actor.cycles * times for actor, times in self._parts)

    @property
    def phases(self) -> int:
        """See `Actor.phases`."""
        return sum(actor.phases * times for actor, times in self._parts)

    def _written(self, name: str) -> IntArray:
        return self._total(lambda actor: actor.writes[name])

    def _access(self, name: str) -> Access:
        free = self._total(lambda actor: actor.reads[name].free)
        if all(actor.reads[name].need is actor.reads[name].free for actor, _ in self._parts):
            return Access(free, free)
        return Access(self._total(lambda actor: actor.reads[name].need), free)

    def _total(self, counts: Callable[[Actor], IntArray]) -> IntArray:
        """The counts of stretches, each on top of what came before."""
        found: list[IntArray] = []
        base = 0
        for actor, times in self._parts:
            inner = counts(actor)
            each = int(inner[-1])
            found.append((base + each * np.arange(times)[:, None] + inner).ravel())
            base += each * times
        return np.concatenate(found)


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
        least: Cycles per frame that actors take together, where they wait for each other for so
            long that this is more than the slowest one takes; else 0.
    """

    actors: Mapping[str, Actor]
    stages: int
    buffers: Mapping[str, Buffer] = field(default_factory=dict)
    least: int = 0

    @property
    def interval(self) -> int:
        """Cycles per frame: the kernel's initiation interval."""
        return max(self.least, *(actor.cycles for actor in self.actors.values()))


def single(
    cycle_takes: Mapping[str, IntArray], cycle_gives: IntArray, stages: int, times: int = 1
) -> Timing:
    """Timing of a one-actor kernel, given cycle by cycle.

    Args:
        cycle_takes: Input name to 0/1 per cycle, int [cycles].
        cycle_gives: 0/1 per cycle: a word of "out" is started, int [cycles].
        stages: See `Timing.stages`.
        times: How often a frame does these cycles.

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
    return Timing({"main": Repeated(((actor, times),))}, stages)
