"""Gathering from a circular buffer of words, in any order, frames overlapping."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

import numpy as np

from hwcompile.ops.contract.instance import Instance
from hwcompile.ops.contract.kernel import Kernel
from hwcompile.ops.contract.memory_image import LanePart, MemoryImage
from hwcompile.ops.contract.needs import Memory, MemoryKind, Resources, memory
from hwcompile.ops.contract.paths import CONTROL, Path
from hwcompile.ops.contract.site import Parameters, Site
from hwcompile.ops.contract.timing import Access, Actor, Buffer, Timing
from hwcompile.ops.gather.op import Gather
from hwcompile.ops.gather.schedule import ReadSchedule, schedule
from hwcompile.ops.gather.words import (
    BuiltGather,
    check_parallel,
    code_parameters,
    legal_parallels,
    worth_trying,
)


class CircularBuffer(BuiltGather):
    """A buffer of words with a program of reads."""

    @cached_property
    def plan(self) -> ReadSchedule:
        """Which word every read takes, and when its place is free again."""
        return schedule(self.op, self.parallel, self.words_in)

    @cached_property
    def timing(self) -> Timing:
        """A writer and a reader with the buffer between them."""
        plan = self.plan
        ones = np.ones(plan.arriving, dtype=np.int64)
        writer = Actor(ones, {"in0": Access.stream(ones)}, {"words": np.cumsum(ones)})
        each = np.ones(plan.words.size, dtype=np.int64)
        reader = Actor(each, {"words": Access(plan.need, plan.free)}, {"out": np.cumsum(each)})
        return Timing(
            {"write": writer, "read": reader}, stages=2, buffers={"words": Buffer(plan.capacity)}
        )

    @property
    def interval(self) -> int:
        """One word in and one out per cycle."""
        return max(self.site.inputs[0].size, self.site.outputs[0].size) // self.parallel

    @cached_property
    def needs(self) -> Resources:
        """The buffer and the program as memories; address arithmetic; two registers of output."""
        plan, ports = self.plan, self.ports
        row, rows = sum(_widths(plan)) + 1, plan.period
        word = ports.inputs[0].bits
        # Of a count of words in the buffer and before it in the frame.
        count = (plan.arriving + plan.capacity).bit_length()
        logic = Resources(
            lut=2 * count + rows.bit_length() + ports.output.bits,
            adders=5 * count + rows.bit_length(),
            ff=ports.output.bits + 7 * count,
        )
        return logic + memory(rows, row) + memory(plan.capacity, word, MemoryKind.RAM)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The program and the address that it tells; the buffer and the choice of a constant."""
        plan = self.plan
        word, rows = self.ports.inputs[0].bits, plan.period
        program = Memory(rows, sum(_widths(plan)) + 1) if rows > 1 else None
        place = (plan.arriving + plan.capacity).bit_length()
        kept = Memory(plan.capacity, word, MemoryKind.RAM) if plan.capacity > 1 else None
        return (CONTROL, Path("program", 1, (place,), program), Path("buffer", 1, memory=kept))

    @cached_property
    def instance(self) -> Instance:
        """Of `hw_gather`."""
        plan = self.plan
        word_bits, release_bits = _widths(plan)
        blank = plan.words[: plan.period] < 0
        rows = blank | np.where(blank, 0, plan.words[: plan.period]) << 1
        rows = rows | plan.releases << (1 + word_bits)
        return Instance(
            "hw_gather",
            {
                "Lanes": self.parallel,
                **code_parameters(self.site),
                "Capacity": plan.capacity,
                "InWords": plan.arriving,
                "Rows": plan.period,
                "Periods": plan.words.size // plan.period,
                "Stride": plan.stride,
                "WordWidth": word_bits,
                "ReleaseWidth": release_bits,
                "FinalRelease": plan.final_release,
                "ProgramFile": MemoryImage.pack(
                    rows[:, None],
                    1 + word_bits + release_bits,
                    parts=(LanePart(1), LanePart(word_bits), LanePart(release_bits)),
                ),
            },
        )

    @property
    def comment(self) -> str:
        """Reads, and the size of the buffer."""
        plan = self.plan
        return f"{plan.words.size} reads per frame from a buffer of {plan.capacity} words"


class Buffered(Kernel[Gather]):
    """Writes words as they come; reads one per output word, as soon as it is there.

    A word is released when no later read of the frame wants it, so that the next frame moves in
    behind. The addresses come from a program, which holds one period of the pattern.

    Parameters:
        parallel: Elements per word; a whole word must move together.
    """

    name = "buffered"
    op = Gather
    built = CircularBuffer

    def space(self, site: Site[Gather]) -> Iterable[Parameters]:
        """Every legal word size up to a pixel, ascending."""
        return worth_trying(site, _parallels(site))

    def check(self, site: Site[Gather], parameters: Parameters) -> str | None:
        """Why the parameters are not legal; None when they are."""
        return check_parallel(parameters, _parallels(site))


def _parallels(site: Site[Gather]) -> tuple[int, ...]:
    return legal_parallels(site.op, site.inputs[0].size)


def _widths(plan: ReadSchedule) -> tuple[int, int]:
    """Bits of a word's place and of a release count in the program."""
    place = int(plan.words[: plan.period].max(initial=0))
    return max(place.bit_length(), 1), max(int(plan.releases.max()).bit_length(), 1)
