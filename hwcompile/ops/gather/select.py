"""Gathering from a stream without a memory: skip, pass on, repeat, or insert words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.ops.gather.op import Gather
from hwcompile.ops.gather.words import (
    check_parallel,
    code_parameters,
    legal_parallels,
    op_of,
    shortest_period,
    word_ports,
    word_sequence,
    words_in,
    worth_trying,
)
from hwcompile.ops.kernel import Kernel, MemoryImage, Rendered, Resources
from hwcompile.ops.needs import memory
from hwcompile.ops.site import Parameters, Ports, Site
from hwcompile.ops.timing import Timing, single

TAKE, GIVE, FILL = 1, 2, 4
"""Bits of a step: take an input word; start an output word; that word is the constant.

An output word that is not the constant is the word taken last, be it in the same step."""


@dataclass(frozen=True)
class Program:
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


class Select(Kernel):
    """Streams through, when the words are needed in the order in which they come.

    A frame begins with its first word: a constant that precedes all else is started together with
    taking that word, so that nothing happens before a frame has arrived.

    Parameters:
        parallel: Elements per word; a whole word must move together.
    """

    name = "select"

    def refuses(self, site: Site) -> str | None:
        """Words are needed in another order than they come."""
        return None if _parallels(site) else "the elements are not needed in the order they come"

    def space(self, site: Site) -> Iterable[Parameters]:
        """Every legal word size up to a pixel, ascending."""
        return worth_trying(site, _parallels(site))

    def check(self, site: Site, parameters: Parameters) -> str | None:
        """Why the parameters are not legal; None when they are."""
        return check_parallel(site, parameters, _parallels(site))

    def ports(self, site: Site, parameters: Parameters) -> Ports:
        """`parallel` elements per word on both sides."""
        return word_ports(site, int(parameters["parallel"]))

    def timing(self, site: Site, parameters: Parameters) -> Timing:
        """One phase per step, one register."""
        steps = _program(site, parameters).steps
        return single({"in0": steps & TAKE}, (steps & GIVE) // GIVE, stages=1)

    def resources(self, site: Site, parameters: Parameters) -> Resources:
        """The program, the word that is held, the output register."""
        program = _program(site, parameters)
        ports = self.ports(site, parameters)
        rows, width = program.actions.size, 3 + program.run_bits
        counters = rows.bit_length() + program.run_bits
        data = ports.output.bits
        held = ports.inputs[0].bits if _repeats(program) else 0
        return Resources(
            lut=(data if _fills(program) else 0) + held + counters + 6,
            adders=counters,
            ff=data + held + counters,
        ) + memory(rows, width)

    def render(self, site: Site, parameters: Parameters) -> Rendered:
        """An instance of `hw_filter`."""
        program, parallel = _program(site, parameters), int(parameters["parallel"])
        rows = program.actions | (program.lengths - 1) << 3
        return Rendered(
            "hw_filter",
            {
                "Lanes": parallel,
                **code_parameters(site),
                "Rows": rows.size,
                "RunWidth": program.run_bits,
                "Hold": int(_repeats(program)),
            },
            memories={"ProgramFile": MemoryImage.pack(rows[:, None], 3 + program.run_bits)},
            comment=f"{program.steps.size} steps per frame in {rows.size} runs",
        )


def _parallels(site: Site) -> tuple[int, ...]:
    op = op_of(site)
    legal = legal_parallels(op, site.inputs[0].size)
    return tuple(p for p in legal if _ascends(op, p))


@lru_cache(maxsize=256)
def _ascends(op: Gather, parallel: int) -> bool:
    words = word_sequence(op, parallel)
    return bool(np.all(np.diff(words[words >= 0]) >= 0))


def _repeats(program: Program) -> bool:
    """True when some step passes on a word taken in an earlier step."""
    return bool(np.any((program.actions & (TAKE | GIVE | FILL)) == GIVE))


def _fills(program: Program) -> bool:
    """True when some step gives the fill value."""
    return bool(np.any(program.actions & FILL))


def _program(site: Site, parameters: Parameters) -> Program:
    parallel = int(parameters["parallel"])
    return _compile(op_of(site), parallel, words_in(site, parallel))


@lru_cache(maxsize=64)
def _compile(op: Gather, parallel: int, arriving: int) -> Program:
    steps = _steps(word_sequence(op, parallel), arriving)
    period = shortest_period(steps)
    part = steps[:period]
    (edges,) = np.nonzero(np.diff(part, prepend=-1, append=-1))
    lengths = np.diff(edges)
    run_bits = min(range(1, 24), key=lambda bits: (_rows(lengths, bits) * (3 + bits), bits))
    repeats = -(-lengths // (1 << run_bits))
    split = np.full(int(repeats.sum()), 1 << run_bits, dtype=np.int64)
    split[np.cumsum(repeats) - 1] = lengths - (repeats - 1) * (1 << run_bits)
    return Program(steps, period, np.repeat(part[edges[:-1]], repeats), split, run_bits)


def _rows(lengths: IntArray, bits: int) -> int:
    """Rows of the program when a run is at most 2**bits long."""
    return int((-(-lengths // (1 << bits))).sum())


def _steps(words: IntArray, arriving: int) -> IntArray:
    """The steps of a frame of `arriving` words, from which `words` are picked in order."""
    steps: list[int] = []
    taken = 0
    for word in words.tolist():
        if word < 0:
            steps.append(GIVE | FILL if taken else TAKE | GIVE | FILL)
            taken = max(taken, 1)
            continue
        steps.extend([TAKE] * (word - taken))
        steps.append(TAKE | GIVE if word >= taken else GIVE)
        taken = max(taken, word + 1)
    steps.extend([TAKE] * (arriving - taken))
    return np.array(steps, dtype=np.int64)
