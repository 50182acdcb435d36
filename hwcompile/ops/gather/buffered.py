"""Gathering from a circular buffer of words, in any order, frames overlapping."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from hwcompile.ops.gather.schedule import Schedule, schedule
from hwcompile.ops.gather.words import (
    check_parallel,
    code_parameters,
    legal_parallels,
    op_of,
    word_ports,
    words_in,
    worth_trying,
)
from hwcompile.ops.kernel import Kernel, MemoryImage, Rendered, Resources
from hwcompile.ops.needs import MemoryKind, memory
from hwcompile.ops.site import Parameters, Ports, Site
from hwcompile.ops.timing import Access, Actor, Buffer, Timing

BLOCK_WORDS = 64
"""A memory of more rows than this is counted as block RAM."""


class Buffered(Kernel):
    """Writes words as they come; reads one per output word, as soon as it is there.

    A word is released when no later read of the frame wants it, so that the next frame moves in
    behind. The addresses come from a program, which holds one period of the pattern.

    Parameters:
        parallel: Elements per word; a whole word must move together.
    """

    name = "buffered"

    def refuses(self, site: Site) -> str | None:
        """Never."""
        return None

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
        """A writer and a reader with the buffer between them."""
        plan = _schedule(site, parameters)
        ones = np.ones(plan.arriving, dtype=np.int64)
        writer = Actor(ones, {"in0": Access.stream(ones)}, {"words": np.cumsum(ones)})
        each = np.ones(plan.words.size, dtype=np.int64)
        reader = Actor(each, {"words": Access(plan.need, plan.free)}, {"out": np.cumsum(each)})
        return Timing(
            {"write": writer, "read": reader}, stages=2, buffers={"words": Buffer(plan.capacity)}
        )

    def interval(self, site: Site, parameters: Parameters) -> int:
        """One word in and one out per cycle."""
        parallel = int(parameters["parallel"])
        return max(site.inputs[0].size, site.outputs[0].size) // parallel

    def resources(self, site: Site, parameters: Parameters) -> Resources:
        """The buffer and the program as memories; address arithmetic; two registers of output."""
        plan, ports = _schedule(site, parameters), self.ports(site, parameters)
        row, rows = sum(_widths(plan)) + 1, plan.period
        word = ports.inputs[0].bits
        count = _count_width(plan)
        logic = Resources(
            lut=2 * count + rows.bit_length() + ports.output.bits,
            adders=5 * count + rows.bit_length(),
            ff=ports.output.bits + 7 * count,
        )
        return logic + memory(rows, row) + memory(plan.capacity, word, MemoryKind.RAM)

    def render(self, site: Site, parameters: Parameters) -> Rendered:
        """An instance of `hw_gather`."""
        plan, parallel = _schedule(site, parameters), int(parameters["parallel"])
        word_bits, release_bits = _widths(plan)
        blank = plan.words[: plan.period] < 0
        rows = blank | np.where(blank, 0, plan.words[: plan.period]) << 1
        rows = rows | plan.releases << (1 + word_bits)
        return Rendered(
            "hw_gather",
            {
                "Lanes": parallel,
                **code_parameters(site),
                "Capacity": plan.capacity,
                "InWords": plan.arriving,
                "Rows": plan.period,
                "Periods": plan.words.size // plan.period,
                "Stride": plan.stride,
                "WordWidth": word_bits,
                "ReleaseWidth": release_bits,
                "FinalRelease": plan.final_release,
            },
            memories={"ProgramFile": MemoryImage.pack(rows[:, None], 1 + word_bits + release_bits)},
            comment=f"{plan.words.size} reads per frame from a buffer of {plan.capacity} words",
        )


def _parallels(site: Site) -> tuple[int, ...]:
    return legal_parallels(op_of(site), site.inputs[0].size)


def _schedule(site: Site, parameters: Parameters) -> Schedule:
    parallel = int(parameters["parallel"])
    return schedule(op_of(site), parallel, words_in(site, parallel))


def _widths(plan: Schedule) -> tuple[int, int]:
    """Bits of a word's place and of a release count in the program."""
    place = int(plan.words[: plan.period].max(initial=0))
    return max(place.bit_length(), 1), max(int(plan.releases.max()).bit_length(), 1)


def _count_width(plan: Schedule) -> int:
    """Bits of a count of words in the buffer and before it in the frame."""
    return (plan.arriving + plan.capacity).bit_length()
