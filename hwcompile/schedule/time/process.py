"""A process of a network: what an actor of a stage does, with its channels by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.ops.contract.timing import Access, Actor, Repeated


@dataclass(frozen=True)
class Pattern:
    """The phases of a process, described by what changes.

    Attributes:
        kinds: Distinct phases: the duration, then for each read the tokens newly needed, for each
            read the tokens freed, and for each write the tokens given.
        order: For each phase its index in `kinds`.
    """

    kinds: list[list[int]]
    order: list[int]


@dataclass(frozen=True)
class Process:
    """A cyclic sequence of phases, as `ops.contract.timing.Actor`, with its channels by name.

    Attributes:
        name: `<stage>` or `<stage>.<actor>`, the graph input, or `output <value>`.
        duration: int64 [phases].
        reads: Channel name to access.
        writes: Channel name to the cumulative number of tokens after each phase, int64 [phases].
    """

    name: str
    duration: IntArray
    reads: Mapping[str, Access]
    writes: Mapping[str, IntArray]

    @cached_property
    def elapsed(self) -> IntArray:
        """Cycles from the first phase to each phase, and to the next frame, int64 [phases + 1]."""
        return np.concatenate(([0], np.cumsum(self.duration)))

    @property
    def cycles(self) -> int:
        """Least number of cycles per frame."""
        return sum(actor.cycles * times for actor, times in self.parts)

    @property
    def phases(self) -> int:
        """Number of phases of a frame."""
        return sum(actor.phases * times for actor, times in self.parts)

    @cached_property
    def parts(self) -> tuple[tuple[Actor, int], ...]:
        """The stretches of a frame, in order, each with how often it happens in a row."""
        return ((Actor(self.duration, self.reads, self.writes), 1),)

    @property
    def rows(self) -> int:
        """A number of parts that a frame probably falls into: rows of the picture."""
        return 1

    @property
    def sources(self) -> tuple[str, ...]:
        """The channels that it reads."""
        return tuple(self.parts[0][0].reads)

    @property
    def targets(self) -> tuple[str, ...]:
        """The channels that it writes."""
        return tuple(self.parts[0][0].writes)

    def takes(self, channel: str) -> int:
        """Tokens of a channel that are freed per frame."""
        return sum(int(actor.reads[channel].free[-1]) * times for actor, times in self.parts)

    def needs(self, channel: str) -> int:
        """Tokens of a channel that are needed per frame."""
        return sum(int(actor.reads[channel].need[-1]) * times for actor, times in self.parts)

    def gives(self, channel: str) -> int:
        """Tokens of a channel that are given per frame."""
        return sum(int(actor.writes[channel][-1]) * times for actor, times in self.parts)

    def is_stream(self, channel: str) -> bool:
        """Whether each token of a channel that it reads is freed by the phase that needs it."""
        accesses = (actor.reads[channel] for actor, _ in self.parts)
        return all(a.need is a.free or np.array_equal(a.need, a.free) for a in accesses)

    @cached_property
    def pattern(self) -> Pattern:
        """Its phases as changes."""
        counts = [access.need for access in self.reads.values()]
        counts += [access.free for access in self.reads.values()]
        counts += list(self.writes.values())
        columns = [self.duration, *(np.diff(total, prepend=0) for total in counts)]
        # One number for each combination of changes, to find the distinct ones quickly.
        key = np.zeros(self.duration.size, dtype=np.int64)
        for column in columns:
            _, code = np.unique(column, return_inverse=True)
            _, key = np.unique(key * (int(code.max()) + 1) + code, return_inverse=True)
        _, first = np.unique(key, return_index=True)
        return Pattern(np.stack(columns, axis=1)[first].tolist(), key.tolist())


class PartedProcess(Process):
    """A process put together of stretches; the arrays of a frame are made when asked for."""

    _parts: tuple[tuple[Actor, int], ...]
    _rows: int

    def __init__(self, name: str, parts: tuple[tuple[Actor, int], ...], rows: int = 1) -> None:
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "_parts", parts)
        object.__setattr__(self, "_rows", rows)

    @property
    def parts(self) -> tuple[tuple[Actor, int], ...]:
        """See `Process.parts`."""
        return self._parts

    @property
    def rows(self) -> int:
        """See `Process.rows`."""
        return self._rows

    @cached_property
    def duration(self) -> IntArray:
        """See `Process.duration`."""
        return self._whole.duration

    @cached_property
    def reads(self) -> Mapping[str, Access]:
        """See `Process.reads`."""
        return self._whole.reads

    @cached_property
    def writes(self) -> Mapping[str, IntArray]:
        """See `Process.writes`."""
        return self._whole.writes

    @cached_property
    def _whole(self) -> Actor:
        return Repeated(self._parts)
