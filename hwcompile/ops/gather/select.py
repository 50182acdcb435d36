"""Gathering from a stream without a memory: skip, pass on, repeat, or insert words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.ops.contract.instance import Instance
from hwcompile.ops.contract.kernel import Kernel
from hwcompile.ops.contract.memory_image import LanePart, MemoryImage
from hwcompile.ops.contract.needs import Memory, Resources, memory
from hwcompile.ops.contract.paths import CONTROL, Path
from hwcompile.ops.contract.site import Parameters, Site
from hwcompile.ops.contract.timing import Timing, single
from hwcompile.ops.gather.op import Gather
from hwcompile.ops.gather.words import (
    BuiltGather,
    check_parallel,
    code_parameters,
    legal_parallels,
    shortest_period,
    word_sequence,
    worth_trying,
)

TAKE, GIVE, FILL = 1, 2, 4
"""Bits of a step: take an input word; start an output word; that word is the constant.

An output word that is not the constant is the word taken last, be it in the same step."""


@dataclass(frozen=True)
class ReadRuns:
    """The steps of a frame as runs of equal steps, which repeat after `period` steps.

    Attributes:
        steps: Of a whole frame, int64 [steps].
        period: Divides the number of steps.
        actions: Step of each run in a period, int64 [runs].
        lengths: Of each run, int64 [runs], each at most 2**run_bits.
        run_bits: At least 1.
    """

    steps: IntArray
    period: int
    actions: IntArray
    lengths: IntArray
    run_bits: int

    @property
    def repeats(self) -> bool:
        """True when some step passes on a word taken in an earlier step."""
        return bool(np.any((self.actions & (TAKE | GIVE | FILL)) == GIVE))

    @property
    def fills(self) -> bool:
        """True when some step gives the fill value."""
        return bool(np.any(self.actions & FILL))


class Passing(BuiltGather):
    """A stream whose words are skipped, passed on, repeated, or constant."""

    @cached_property
    def program(self) -> ReadRuns:
        """What happens to the words of a frame."""
        return _compile(self.op, self.parallel, self.words_in)

    @cached_property
    def timing(self) -> Timing:
        """One phase per step of a period, which repeats; one register."""
        program = self.program
        steps, times = program.steps[: program.period], program.steps.size // program.period
        return single({"in0": steps & TAKE}, (steps & GIVE) // GIVE, stages=1, times=times)

    @cached_property
    def needs(self) -> Resources:
        """The program, the word that is held, the output register."""
        program, ports = self.program, self.ports
        rows, width = program.actions.size, 3 + program.run_bits
        counters = rows.bit_length() + program.run_bits
        data = ports.output.bits
        held = ports.inputs[0].bits if program.repeats else 0
        return Resources(
            lut=(data if program.fills else 0) + held + counters + 6,
            adders=counters,
            ff=data + held + counters,
        ) + memory(rows, width)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The program and what it decides."""
        program = self.program
        rows, width = program.actions.size, 3 + program.run_bits
        steps = Memory(rows, width) if rows > 1 else None
        return (CONTROL, Path("program", CONTROL.levels, memory=steps))

    @cached_property
    def instance(self) -> Instance:
        """Of `hw_filter`."""
        program = self.program
        rows = program.actions | (program.lengths - 1) << 3
        return Instance(
            "hw_filter",
            {
                "Lanes": self.parallel,
                **code_parameters(self.site),
                "Rows": rows.size,
                "RunWidth": program.run_bits,
                "Hold": program.repeats,
                "ProgramFile": MemoryImage.pack(
                    rows[:, None],
                    3 + program.run_bits,
                    parts=(LanePart(1), LanePart(1), LanePart(1), LanePart(program.run_bits)),
                ),
            },
        )

    @property
    def comment(self) -> str:
        """Steps and runs."""
        program = self.program
        return f"{program.steps.size} steps per frame in {program.actions.size} runs"


class Select(Kernel[Gather]):
    """Streams through, when the words are needed in the order in which they come.

    A frame begins with its first word: a constant that precedes all else is started together with
    taking that word, so that nothing happens before a frame has arrived.

    Parameters:
        parallel: Elements per word; a whole word must move together.
    """

    name = "select"
    op = Gather
    built = Passing

    def unable(self, site: Site[Gather]) -> str | None:
        """Words are needed in another order than they come."""
        return None if _parallels(site) else "the elements are not needed in the order they come"

    def space(self, site: Site[Gather]) -> Iterable[Parameters]:
        """Every legal word size up to a pixel, ascending."""
        return worth_trying(site, _parallels(site))

    def check(self, site: Site[Gather], parameters: Parameters) -> str | None:
        """Why the parameters are not legal; None when they are."""
        return check_parallel(parameters, _parallels(site))


def _parallels(site: Site[Gather]) -> tuple[int, ...]:
    legal = legal_parallels(site.op, site.inputs[0].size)
    return tuple(p for p in legal if _ascends(site.op, p))


@lru_cache(maxsize=256)
def _ascends(op: Gather, parallel: int) -> bool:
    words = word_sequence(op, parallel)
    return bool(np.all(np.diff(words[words >= 0]) >= 0))


@lru_cache(maxsize=64)
def _compile(op: Gather, parallel: int, arriving: int) -> ReadRuns:
    steps = _steps(word_sequence(op, parallel), arriving)
    period = shortest_period(steps)
    part = steps[:period]
    (edges,) = np.nonzero(np.diff(part, prepend=-1, append=-1))
    lengths = np.diff(edges)
    run_bits = min(range(1, 24), key=lambda bits: (_rows(lengths, bits) * (3 + bits), bits))
    repeats = -(-lengths // (1 << run_bits))
    split = np.full(int(repeats.sum()), 1 << run_bits, dtype=np.int64)
    split[np.cumsum(repeats) - 1] = lengths - (repeats - 1) * (1 << run_bits)
    return ReadRuns(steps, period, np.repeat(part[edges[:-1]], repeats), split, run_bits)


def _rows(lengths: IntArray, bits: int) -> int:
    """Rows of the program when a run is at most 2**bits long."""
    return int((-(-lengths // (1 << bits))).sum())


def _steps(words: IntArray, arriving: int) -> IntArray:
    """The steps of a frame of `arriving` words, from which `words` are picked in order."""
    fill = words < 0
    reached = np.maximum.accumulate(np.where(fill, 1, words + 1))
    # Words that were taken before each step, and the step that gives.
    taken = np.append(0, reached[:-1])
    gives = np.where(fill, GIVE | FILL, GIVE)
    gives = np.where(np.where(fill, taken == 0, words >= taken), gives | TAKE, gives)
    skipped = np.maximum(np.where(fill, 0, words - taken), 0)
    places = np.cumsum(skipped + 1) - 1
    steps = np.full(places[-1] + 1 + arriving - int(reached[-1]), TAKE, dtype=np.int64)
    steps[places] = gives
    return steps
