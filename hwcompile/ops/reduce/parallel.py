"""Kernel `parallel`: all taps of some channels in one cycle, through a tree."""

from __future__ import annotations

from functools import cached_property

from hwcompile.ir.types import Encoding
from hwcompile.ops.arithmetic.encoding import TREE_RADIX, adder_bits
from hwcompile.ops.contract.instance import Instance, Name
from hwcompile.ops.contract.needs import Resources
from hwcompile.ops.contract.paths import CONTROL, Path
from hwcompile.ops.reduce.all_taps import AllTaps, TakesAllTaps
from hwcompile.ops.reduce.op import Reduce


class TapTrees(AllTaps[Reduce]):
    """A tree of adders or comparators for each of `pe` channels."""

    @property
    def stages(self) -> int:
        """Levels of the tree."""
        return _levels(self.taps)

    @cached_property
    def needs(self) -> Resources:
        """The nodes of the trees, and a register for each number that a level leaves.

        A node of a sum is an adder; of a maximum, a comparator and a multiplexer.
        """
        source, result = self.ports.inputs[0], self.ports.output
        lanes = self.pixels * self.pe
        numbers, bits = self.op.taps, source.element.bits
        chooses = self.op.kind != "sum"
        lut, adders, ff = 0.0, 0.0, 0.0
        while numbers > 1:
            left = -(-numbers // TREE_RADIX)
            if chooses:
                lut, adders = lut + (numbers - left) * bits, adders + (numbers - left) * bits
            else:
                adders += adder_bits(numbers, bits)
                bits = min(result.element.bits, bits + (min(numbers, TREE_RADIX) - 1).bit_length())
            ff += left * bits
            numbers = left
        return Resources(lanes * lut + 3, lanes * adders, lanes * ff + self.stages)

    @property
    def entrance(self) -> tuple[Path, ...]:
        """Words are worked on at once."""
        return self.paths[1:]

    @property
    def paths(self) -> tuple[Path, ...]:
        """A node of the tree: adders, or comparisons and what they choose, one after the other."""
        result, source = self.ports.output.element, self.ports.inputs[0].element
        numbers = min(self.op.taps, TREE_RADIX) - 1
        if self.op.kind == "sum":
            return (CONTROL, Path("sums", 0, (result.bits,) * numbers))
        return (CONTROL, Path("choices", numbers, (source.bits,) * numbers))

    @property
    def instance(self) -> Instance:
        """Of `hw_reduce_parallel`."""
        source, result = self.ports.inputs[0], self.ports.output
        return Instance(
            "hw_reduce_parallel",
            {
                "Kind": Name("hw_reduction", self.op.kind.capitalize()),
                **self.sizes,
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
        return self.described(self.op.kind)


class Parallel(TakesAllTaps[Reduce]):
    """Reduces all taps of `pe` channels per cycle, as a parallel window gives them.

    Parameters:

    - `pe`: channels per cycle; they divide the channels.
    - `pixels` (1 if not given): neighbours in a row per cycle, with all their channels.
    """

    name = "parallel"
    op = Reduce
    built = TapTrees


def _levels(numbers: int) -> int:
    """Levels of a tree whose nodes take `TREE_RADIX` numbers."""
    levels = 0
    while numbers > 1:
        numbers, levels = -(-numbers // TREE_RADIX), levels + 1
    return levels
