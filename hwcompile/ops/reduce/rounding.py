"""Kernel `rounding`: one word of one tap per cycle; every sum is rounded before it is kept."""

from __future__ import annotations

from hwcompile.ops.contract.instance import Instance, Value
from hwcompile.ops.contract.needs import Memory, MemoryKind, Resources, memory
from hwcompile.ops.contract.paths import CONTROL, Path
from hwcompile.ops.contract.site import Ports
from hwcompile.ops.reduce.all_taps import AllTaps, TakesAllTaps
from hwcompile.ops.reduce.by_tap import ByTap, PerTap
from hwcompile.ops.reduce.rounded_sum import RoundedSum


class RoundingAccumulators(PerTap[RoundedSum]):
    """Two adders per channel of a word, and what finds the place to round at."""

    @property
    def needs(self) -> Resources:
        """Accumulators, an adder and a rounding per lane.

        The rounding is a second adder, a chain over the digits that tells how many are dropped,
        and for each of these the choice of the last digit that is kept and a mask.
        """
        result, taps = self.ports.output, self.taps
        words = result.words_per_vector
        dropped = _dropped(self.op, self.ports)
        rounding = result.parallel * 3 * dropped
        adders = result.bits * (2 if dropped else 1)
        ff = float(result.bits + 1 + words.bit_length() + taps.bit_length())
        sums = memory(words, result.bits, MemoryKind.QUEUE)
        return Resources(result.bits + 8 + rounding, adders, ff) + sums

    @property
    def paths(self) -> tuple[Path, ...]:
        """Control; what was kept, a sum, the place to round at, and the rounding."""
        result, words = self.ports.output, self.ports.output.words_per_vector
        kept = Memory(words, result.bits, MemoryKind.QUEUE) if words > 1 else None
        return (CONTROL, _path(self.op, self.ports, kept))

    @property
    def instance(self) -> Instance:
        """Of `hw_rounded_sum`."""
        result = self.ports.output
        sizes = {
            "Taps": self.taps,
            "Words": result.words_per_vector,
            "Parallel": result.parallel,
        }
        return Instance("hw_rounded_sum", sizes | _adder(self.op, self.ports))

    @property
    def comment(self) -> str:
        """Digits and folding."""
        return (
            f"sum of {self.taps} taps, {self.op.digits} digits after each, "
            f"{self.number('pe')} channels per cycle"
        )


class RoundingStages(AllTaps[RoundedSum]):
    """A stage for every tap: two adders per channel of a word, and what finds where to round."""

    @property
    def needs(self) -> Resources:
        """The stages with their registers, and those in which taps wait for their stage."""
        source, result = self.ports.inputs[0], self.ports.output
        dropped = _dropped(self.op, self.ports)
        adders = self.taps * result.bits * (2 if dropped else 1)
        waiting = source.bits * (self.taps - 1) / 2
        ff = waiting + self.taps * (result.bits + 1)
        return Resources(3.0 * self.taps * result.parallel * dropped, adders, ff)

    @property
    def entrance(self) -> tuple[Path, ...]:
        """The first tap is worked on at once."""
        return self.paths[1:]

    @property
    def paths(self) -> tuple[Path, ...]:
        """Control; a sum, the place to round at, and the rounding."""
        return (CONTROL, _path(self.op, self.ports))

    @property
    def instance(self) -> Instance:
        """Of `hw_rounded_parallel`."""
        return Instance("hw_rounded_parallel", self.sizes | _adder(self.op, self.ports))

    @property
    def comment(self) -> str:
        """Digits and folding."""
        return self.described(f"sum, {self.op.digits} digits after each addition,")


class Rounding(ByTap[RoundedSum]):
    """Adds `pe` channels of a tap per cycle, in the order of the taps.

    Parameters:

    - `pe`: channels per word, from 1 to all.
    """

    name = "rounding"
    op = RoundedSum
    built = RoundingAccumulators


class RoundingAllTaps(TakesAllTaps[RoundedSum]):
    """Adds all taps of `pe` channels per cycle, one after another in a stage for each.

    Parameters:

    - `pe`: channels per cycle; they divide the channels.
    - `pixels` (1 if not given): neighbours in a row per cycle, with all their channels.
    """

    name = "parallel_rounding"
    op = RoundedSum
    built = RoundingStages


def _dropped(op: RoundedSum, ports: Ports) -> int:
    """Digits that the largest sums lose."""
    element = ports.output.element
    return max(element.bits - element.signed - op.digits, 0)


def _path(op: RoundedSum, ports: Ports, kept: Memory | None = None) -> Path:
    """An addition, with the memory that has what was kept before."""
    bits, dropped = ports.output.element.bits, _dropped(op, ports)
    if not dropped:
        return Path("sum", 1, (bits,), kept)
    return Path("sum and rounding", 3, (bits, dropped, bits), kept)


def _adder(op: RoundedSum, ports: Ports) -> dict[str, Value]:
    """Parameters of `hw_rounded_add`."""
    source, result = ports.inputs[0].element, ports.output.element
    return {
        "Digits": op.digits,
        "InBits": source.bits,
        "OutBits": result.bits,
        "Signed": source.signed,
    }
