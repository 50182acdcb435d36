"""Kernel `limiting`: one word of one tap per cycle; every sum is kept in a range."""

from __future__ import annotations

from hwcompile.ops.contract.instance import Instance, Value, Word
from hwcompile.ops.contract.needs import Memory, MemoryKind, Resources, memory
from hwcompile.ops.contract.paths import CONTROL, Path
from hwcompile.ops.contract.site import Ports
from hwcompile.ops.reduce.all_taps import AllTaps, TakesAllTaps
from hwcompile.ops.reduce.by_tap import ByTap, PerTap
from hwcompile.ops.reduce.limited_sum import LimitedSum


class LimitedAccumulators(PerTap[LimitedSum]):
    """An adder, two comparators and a choice per channel of a word."""

    @property
    def needs(self) -> Resources:
        """Accumulators, which are read in the cycle that writes them, sums and their fits."""
        result, taps = self.ports.output, self.taps
        words = result.words_per_vector
        adders = result.parallel * 3 * _sum_bits(self.ports)
        ff = float(result.bits + 1 + words.bit_length() + taps.bit_length())
        sums = memory(words, result.bits, MemoryKind.QUEUE)
        return Resources(2 * result.bits + 8, adders, ff) + sums

    @property
    def paths(self) -> tuple[Path, ...]:
        """Control; what was kept, a sum, and its fit."""
        result, words = self.ports.output, self.ports.output.words_per_vector
        kept = Memory(words, result.bits, MemoryKind.QUEUE) if words > 1 else None
        return (CONTROL, Path("sum and its fit", 2, (_sum_bits(self.ports),) * 2, kept))

    @property
    def instance(self) -> Instance:
        """Of `hw_limited_sum`."""
        result = self.ports.output
        sizes = {
            "Taps": self.taps,
            "Words": result.words_per_vector,
            "Parallel": result.parallel,
        }
        return Instance("hw_limited_sum", sizes | _adder(self.op, self.ports))

    @property
    def comment(self) -> str:
        """Range and folding."""
        return f"sum of {self.taps} taps {_range(self.op)}, {self.number('pe')} channels per cycle"


class LimitedStages(AllTaps[LimitedSum]):
    """A stage for every tap: an adder, two comparators and a choice per channel of a word."""

    @property
    def needs(self) -> Resources:
        """The stages with their registers, and those in which taps wait for their stage."""
        source, result = self.ports.inputs[0], self.ports.output
        adders = self.taps * result.parallel * 3 * _sum_bits(self.ports)
        waiting = source.bits * (self.taps - 1) / 2
        ff = waiting + self.taps * (result.bits + 1)
        return Resources(2.0 * self.taps * result.bits, adders, ff)

    @property
    def entrance(self) -> tuple[Path, ...]:
        """The first tap is worked on at once."""
        return self.paths[1:]

    @property
    def paths(self) -> tuple[Path, ...]:
        """Control; a sum and its fit."""
        return (CONTROL, Path("sum and its fit", 2, (_sum_bits(self.ports),) * 2))

    @property
    def instance(self) -> Instance:
        """Of `hw_limited_parallel`."""
        return Instance("hw_limited_parallel", self.sizes | _adder(self.op, self.ports))

    @property
    def comment(self) -> str:
        """Range and folding."""
        return self.described(f"sum {_range(self.op)}")


class Limiting(ByTap[LimitedSum]):
    """Adds `pe` channels of a tap per cycle, in the order of the taps.

    Parameters:

    - `pe`: channels per word, from 1 to all.
    """

    name = "limiting"
    op = LimitedSum
    built = LimitedAccumulators


class LimitingAllTaps(TakesAllTaps[LimitedSum]):
    """Adds all taps of `pe` channels per cycle, one after another in a stage for each.

    Parameters:

    - `pe`: channels per cycle; they divide the channels.
    - `pixels` (1 if not given): neighbours in a row per cycle, with all their channels.
    """

    name = "parallel_limiting"
    op = LimitedSum
    built = LimitedStages


def _sum_bits(ports: Ports) -> int:
    """Bits of a sum before it is brought back, sign included."""
    source, result = ports.inputs[0].element, ports.output.element
    return max(source.bits + (not source.signed), result.bits + (not result.signed)) + 1


def _adder(op: LimitedSum, ports: Ports) -> dict[str, Value]:
    """Parameters of `hw_limited_add`; the ends of the range are as far away as sums can go."""
    source, result = ports.inputs[0].element, ports.output.element
    low, high = max(op.low, min(result.low, 0)), min(op.high, max(result.high, 0))
    return {
        "InBits": source.bits,
        "InSigned": source.signed,
        "OutBits": result.bits,
        "OutSigned": result.signed,
        "Lowest": Word(result.bits, -low),
        "Highest": Word(result.bits, high),
        "ToZero": op.overflow == "zero",
    }


def _range(op: LimitedSum) -> str:
    how = "or 0" if op.overflow == "zero" else "saturating"
    return f"from {op.low} to {op.high}, {how}"
