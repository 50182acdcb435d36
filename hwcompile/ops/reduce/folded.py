"""Kernel `folded`: one word of one tap per cycle into a memory of accumulators."""

from __future__ import annotations

from hwcompile.ir.types import Encoding
from hwcompile.ops.contract.instance import Instance, Name
from hwcompile.ops.contract.needs import Memory, MemoryKind, Resources, memory
from hwcompile.ops.contract.paths import CONTROL, Path
from hwcompile.ops.reduce.by_tap import ByTap, PerTap
from hwcompile.ops.reduce.op import Reduce


class Accumulators(PerTap[Reduce]):
    """A comparator or an adder per channel of a word."""

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
    def paths(self) -> tuple[Path, ...]:
        """Control, and what was kept of the taps before joined with one."""
        result, words = self.ports.output, self.ports.output.words_per_vector
        kept = Memory(words, result.bits, MemoryKind.QUEUE) if words > 1 else None
        bits = (result.element.bits,) if result.element.bits > 1 else ()
        return (CONTROL, Path("joining taps", 1, bits, kept))

    @property
    def instance(self) -> Instance:
        """Of `hw_reduce`."""
        source, result = self.ports.inputs[0], self.ports.output
        return Instance(
            "hw_reduce",
            {
                "Kind": Name("hw_reduction", self.op.kind.capitalize()),
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


class Folded(ByTap[Reduce]):
    """Reduces `pe` channels of a tap per cycle; results leave during the last tap.

    Parameters:

    - `pe`: channels per word, from 1 to all.
    """

    name = "folded"
    op = Reduce
    built = Accumulators
