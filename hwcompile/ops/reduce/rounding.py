"""Kernel `rounding`: one word of one tap per cycle; every sum is rounded before it is kept."""

from __future__ import annotations

from hwcompile.ops.contract.instance import Instance
from hwcompile.ops.contract.needs import MemoryKind, Resources, memory
from hwcompile.ops.reduce.by_tap import ByTap, PerTap
from hwcompile.ops.reduce.rounded_sum import RoundedSum


class RoundingAccumulators(PerTap[RoundedSum]):
    """Two adders per channel of a word, and what finds the place to round at."""

    @property
    def dropped(self) -> int:
        """Digits that the largest sums lose."""
        element = self.ports.output.element
        return max(element.bits - element.signed - self.op.digits, 0)

    @property
    def needs(self) -> Resources:
        """Accumulators, an adder and a rounding per lane.

        The rounding is a second adder, a chain over the digits that tells how many are dropped,
        and for each of these the choice of the last digit that is kept and a mask.
        """
        result, taps = self.ports.output, self.taps
        words = result.words_per_vector
        rounding = result.parallel * 3 * self.dropped
        adders = result.bits * (2 if self.dropped else 1)
        ff = float(result.bits + 1 + words.bit_length() + taps.bit_length())
        sums = memory(words, result.bits, MemoryKind.QUEUE)
        return Resources(result.bits + 8 + rounding, adders, ff) + sums

    @property
    def instance(self) -> Instance:
        """Of `hw_rounded_sum`."""
        source, result = self.ports.inputs[0], self.ports.output
        return Instance(
            "hw_rounded_sum",
            {
                "Digits": self.op.digits,
                "Taps": self.taps,
                "Words": result.words_per_vector,
                "Parallel": result.parallel,
                "InBits": source.element.bits,
                "OutBits": result.element.bits,
                "Signed": source.element.signed,
            },
        )

    @property
    def comment(self) -> str:
        """Digits and folding."""
        return (
            f"sum of {self.taps} taps, {self.op.digits} digits after each, "
            f"{self.number('pe')} channels per cycle"
        )


class Rounding(ByTap[RoundedSum]):
    """Adds `pe` channels of a tap per cycle, in the order of the taps.

    Parameters:

    - `pe`: channels per word, from 1 to all.
    """

    name = "rounding"
    op = RoundedSum
    built = RoundingAccumulators
