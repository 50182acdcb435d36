"""Kernel `folded`: one word of one tap per cycle into a memory of accumulators."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from functools import cached_property

import numpy as np

from hwcompile.ir.types import Encoding
from hwcompile.ops.contract.built import Built
from hwcompile.ops.contract.instance import Instance
from hwcompile.ops.kernel import Kernel
from hwcompile.ops.needs import MemoryKind, Resources, memory
from hwcompile.ops.pipe import parallel_values
from hwcompile.ops.reduce.op import Reduce
from hwcompile.ops.site import Parameters, Ports, Site, StreamFormat
from hwcompile.ops.timing import Timing, single


class Kind(IntEnum):
    """What `hw_reduce` makes of the taps."""

    MAX = 0
    MIN = 1
    SUM = 2


class Accumulators(Built[Reduce]):
    """`pe` channels of a tap per cycle."""

    @cached_property
    def ports(self) -> Ports:
        """A vector of the channels for every tap in, one for every pixel out."""
        source, result, pe = self.site.inputs[0], self.site.outputs[0], self.number("pe")
        taken = StreamFormat(source.pixels * self.op.taps, result.channels, pe, source.element)
        return Ports((taken,), StreamFormat(result.pixels, result.channels, pe, result.element))

    @cached_property
    def timing(self) -> Timing:
        """Takes a word in every cycle, gives one in those of the last tap."""
        result = self.ports.output
        gives = np.zeros((result.vectors, self.op.taps, result.words_per_vector), np.int64)
        gives[:, -1] = 1
        return single({"in0": np.ones(gives.size, np.int64)}, gives.ravel(), stages=1)

    @property
    def interval(self) -> int:
        """Words of the input."""
        return self.ports.inputs[0].words

    @property
    def needs(self) -> Resources:
        """Accumulators, which are read in the cycle that writes them, and what joins words.

        A sum is an adder and the choice to start over; a maximum is a comparator and a multiplexer,
        but a single bit fits into one LUT.
        """
        result, taps = self.ports.output, self.op.taps
        words = result.words_per_vector
        adders = result.bits if result.element.bits > 1 else 0
        lut = result.bits + 8
        ff = float(result.bits + 1 + words.bit_length() + taps.bit_length())
        if taps == 1:
            return Resources(ff=result.bits + 1.0)
        sums = memory(words, result.bits, MemoryKind.QUEUE)
        return Resources(lut, adders, ff) + sums

    @property
    def instance(self) -> Instance:
        """Of `hw_reduce`."""
        source, result = self.ports.inputs[0], self.ports.output
        return Instance(
            "hw_reduce",
            {
                "Kind": Kind[self.op.kind.upper()],
                "Taps": self.op.taps,
                "Words": result.words_per_vector,
                "Parallel": result.parallel,
                "LastLanes": result.size - (result.words_per_vector - 1) * result.parallel,
                "InBits": source.element.bits,
                "OutBits": result.element.bits,
                "InSigned": source.element.signed,
                "BipolarToInt": source.element.encoding is Encoding.BIPOLAR
                and result.element.encoding is not Encoding.BIPOLAR,
            },
        )

    @property
    def comment(self) -> str:
        """Kind and folding."""
        return f"{self.op.kind} of {self.op.taps} taps, {self.number('pe')} channels per cycle"


class Folded(Kernel[Reduce]):
    """Reduces `pe` channels of a tap per cycle; results leave during the last tap.

    Parameters:

    - `pe`: channels per word, from 1 to all.
    """

    name = "folded"
    op = Reduce
    built = Accumulators

    def space(self, site: Site[Reduce]) -> Iterable[Parameters]:
        """See `Kernel.space`: for every number of words per tap, the fewest lanes."""
        for pe in parallel_values(site.outputs[0].channels):
            yield {"pe": pe}

    def check(self, site: Site[Reduce], parameters: Parameters) -> str | None:
        """See `Kernel.check`."""
        if set(parameters) != {"pe"}:
            return f"folded has one parameter, 'pe', not {sorted(parameters)}"
        pe, channels = parameters["pe"], site.outputs[0].channels
        if not isinstance(pe, int) or not 1 <= pe <= channels:
            return f"'pe' is a number from 1 to {channels} (channels), not {pe}"
        return None
