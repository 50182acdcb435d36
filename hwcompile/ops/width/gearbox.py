"""The gearbox: cuts a stream into words of another size, ragged vectors included."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import gcd, lcm, sqrt

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.ops.contract.built import Built
from hwcompile.ops.contract.instance import Instance
from hwcompile.ops.contract.kernel import Kernel
from hwcompile.ops.contract.needs import Resources
from hwcompile.ops.contract.paths import CONTROL, Path
from hwcompile.ops.contract.site import Parameters, Ports, Site, StreamFormat
from hwcompile.ops.contract.timing import Timing, single
from hwcompile.ops.width.op import Width


@dataclass(frozen=True)
class Cut:
    """One side of the gearbox: how a vector is cut, in elements or in units of several.

    Attributes:
        size: Per vector.
        full: Per word.
        last: In the last word of a vector.
        words: Per vector; 1 when all words are full, because then vectors do not matter.
    """

    size: int
    full: int
    last: int
    words: int

    @staticmethod
    def of(size: int, parallel: int) -> Cut:
        """The cut of a vector of `size` elements into words of `parallel`."""
        if size % parallel == 0:
            return Cut(parallel, parallel, parallel, 1)
        return Cut(size, parallel, size % parallel, -(-size // parallel))

    def over(self, unit: int) -> Cut:
        """The same cut counted in units of `unit` elements."""
        return Cut(self.size // unit, self.full // unit, self.last // unit, self.words)

    def fills(self, total: int) -> IntArray:
        """Elements in each word of a frame of `total` elements, int64 [words]."""
        vector = np.full(self.words, self.full, dtype=np.int64)
        vector[-1] = self.last
        return np.tile(vector, total // self.size)


class Shifting(Built[Width]):
    """The elements that have come and not gone, and the multiplexers around them."""

    @cached_property
    def ports(self) -> Ports:
        """The two formats of the op."""
        op, kind = self.op, self.site.inputs[0]
        return Ports(
            (StreamFormat(kind.size // op.in_size, op.in_size, op.in_parallel, kind.element),),
            StreamFormat(kind.size // op.out_size, op.out_size, op.out_parallel, kind.element),
        )

    @cached_property
    def units(self) -> tuple[int, Cut, Cut]:
        """The elements that always move together, and both cuts counted in them."""
        arrive, leave = _cuts(self.op)
        unit = gcd(arrive.full, arrive.last, leave.full, leave.last)
        return unit, arrive.over(unit), leave.over(unit)

    @cached_property
    def timing(self) -> Timing:
        """One phase per step; the output is registered once."""
        arrive, leave = _cuts(self.op)
        period = lcm(arrive.size, leave.size)
        takes, gives = _period(arrive, leave, period)
        return single({"in0": takes}, gives, stages=1, times=self.site.inputs[0].size // period)

    @property
    def simple(self) -> bool:
        """A chain of registers, without a shifter."""
        _, arrive, leave = self.units
        return leave.full == 1 or (arrive.full == 1 and leave.last == leave.full)

    @cached_property
    def needs(self) -> Resources:
        """The multiplexers of a shifter, the held units, the output register."""
        unit, arrive, leave = self.units
        width = unit * self.site.inputs[0].element.bits
        held, reach = max(arrive.full, leave.full) - 1, arrive.full + leave.full - 1
        count, words = reach.bit_length(), _counter(arrive, leave)
        registers = width * (held + leave.full) + count + 1 + words
        control = 3.0 * count + 4 + words
        if arrive.full == 1 and leave.last == leave.full:
            return Resources(lut=control, ff=registers - width * held)
        if leave.full == 1:
            return Resources(lut=width * arrive.full + control, ff=registers)
        # A level of multiplexers over all units for each bit of the count, or a choice for every
        # place that a unit can come to; tools find something between. A held unit can also stay,
        # or be replaced when a word goes.
        levels = reach * count + 3 * held
        places = arrive.full * leave.full - reach + 2 * held
        return Resources(lut=width * sqrt(levels * places) + control, ff=registers)

    @property
    def entrance(self) -> tuple[Path, ...]:
        """Words are worked on at once."""
        return self.paths[1:]

    @property
    def paths(self) -> tuple[Path, ...]:
        """Control; where there is a shifter, the place of a unit and the choice of one for it."""
        if self.simple:
            return (CONTROL,)
        _, arrive, leave = self.units
        return (CONTROL, Path("shifter", 2 + (arrive.full + leave.full).bit_length()))

    @property
    def circuit(self) -> str:
        """One name for register chains, another for shifters."""
        return super().circuit + ("" if self.simple else ".shifter")

    @property
    def instance(self) -> Instance:
        """Of `hw_gearbox`."""
        unit, arrive, leave = self.units
        return Instance(
            "hw_gearbox",
            {
                "UnitWidth": unit * self.site.inputs[0].element.bits,
                "InUnits": arrive.full,
                "InLast": arrive.last,
                "InWords": arrive.words,
                "OutUnits": leave.full,
                "OutLast": leave.last,
                "OutWords": leave.words,
            },
        )

    @property
    def comment(self) -> str:
        """Words on both sides."""
        return f"words of {self.op.in_parallel} to words of {self.op.out_parallel} elements"


class Gearbox(Kernel[Width]):
    """Holds the elements that have come and not gone, and shifts new words in above them.

    In every cycle at most one word comes and one goes: a word is taken when too few elements are
    held for the next output word, and an output word is started as soon as there are enough. So
    the more frequent side is busy in every cycle, and nothing is ever idle.
    """

    name = "gearbox"
    op = Width
    built = Shifting

    def space(self, site: Site[Width]) -> Iterable[Parameters]:
        """One way only; the word formats belong to the op."""
        return ({},)

    def check(self, site: Site[Width], parameters: Parameters) -> str | None:
        """There are no parameters."""
        return f"a gearbox has no parameters, not {sorted(parameters)}" if parameters else None


def _cuts(op: Width) -> tuple[Cut, Cut]:
    return Cut.of(op.in_size, op.in_parallel), Cut.of(op.out_size, op.out_parallel)


def _counter(*cuts: Cut) -> int:
    """Bits of the counters of words in a vector."""
    return sum((cut.words - 1).bit_length() for cut in cuts)


@lru_cache(maxsize=256)
def _period(arrive: Cut, leave: Cut, total: int) -> tuple[IntArray, IntArray]:
    """Which steps take and which give a word while `total` elements pass, 0/1 [steps] each."""
    coming, going = arrive.fills(total).tolist(), leave.fills(total).tolist()
    takes: list[int] = []
    gives: list[int] = []
    held = came = gone = 0
    while gone < len(going):
        take = held < going[gone]
        if take:
            held += coming[came]
            came += 1
        give = held >= going[gone]
        if give:
            held -= going[gone]
            gone += 1
        takes.append(int(take))
        gives.append(int(give))
    return np.array(takes, dtype=np.int64), np.array(gives, dtype=np.int64)
