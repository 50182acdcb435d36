"""Kernel `limiting`: one word of one tap per cycle; every sum is kept in a range."""

from __future__ import annotations

from hwcompile.ops.contract.instance import Instance, Word
from hwcompile.ops.contract.needs import MemoryKind, Resources, memory
from hwcompile.ops.reduce.by_tap import ByTap, PerTap
from hwcompile.ops.reduce.limited_sum import LimitedSum


class LimitedAccumulators(PerTap[LimitedSum]):
    """An adder, two comparators and a choice per channel of a word."""

    @property
    def sum_bits(self) -> int:
        """Bits of a sum before it is brought back, sign included."""
        source, result = self.ports.inputs[0].element, self.ports.output.element
        return max(source.bits + (not source.signed), result.bits + (not result.signed)) + 1

    @property
    def limits(self) -> tuple[int, int]:
        """The ends of the range, as far as sums can go."""
        element = self.ports.output.element
        return max(self.op.low, min(element.low, 0)), min(self.op.high, max(element.high, 0))

    @property
    def needs(self) -> Resources:
        """Accumulators, which are read in the cycle that writes them, sums and their fits."""
        result, taps = self.ports.output, self.taps
        words = result.words_per_vector
        adders = result.parallel * 3 * self.sum_bits
        ff = float(result.bits + 1 + words.bit_length() + taps.bit_length())
        sums = memory(words, result.bits, MemoryKind.QUEUE)
        return Resources(2 * result.bits + 8, adders, ff) + sums

    @property
    def instance(self) -> Instance:
        """Of `hw_limited_sum`."""
        source, result = self.ports.inputs[0], self.ports.output
        low, high = self.limits
        return Instance(
            "hw_limited_sum",
            {
                "Taps": self.taps,
                "Words": result.words_per_vector,
                "Parallel": result.parallel,
                "InBits": source.element.bits,
                "InSigned": source.element.signed,
                "OutBits": result.element.bits,
                "OutSigned": result.element.signed,
                "Lowest": Word(result.element.bits, -low),
                "Highest": Word(result.element.bits, high),
                "ToZero": self.op.overflow == "zero",
            },
        )

    @property
    def comment(self) -> str:
        """Range and folding."""
        how = "or 0" if self.op.overflow == "zero" else "saturating"
        return (
            f"sum of {self.taps} taps from {self.op.low} to {self.op.high}, {how}, "
            f"{self.number('pe')} channels per cycle"
        )


class Limiting(ByTap[LimitedSum]):
    """Adds `pe` channels of a tap per cycle, in the order of the taps.

    Parameters:

    - `pe`: channels per word, from 1 to all.
    """

    name = "limiting"
    op = LimitedSum
    built = LimitedAccumulators
