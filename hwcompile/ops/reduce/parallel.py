"""Kernel `parallel`: all taps of some channels in one cycle, through a tree."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

import numpy as np

from hwcompile.ir.types import Encoding
from hwcompile.ops.arithmetic.encoding import TREE_RADIX, adder_bits
from hwcompile.ops.contract.built import Built
from hwcompile.ops.contract.instance import Instance, Name
from hwcompile.ops.contract.kernel import Kernel
from hwcompile.ops.contract.needs import Resources
from hwcompile.ops.contract.pixels import check_pixels, pixel_counts
from hwcompile.ops.contract.site import Blocks, Parameters, Ports, Site, StreamFormat
from hwcompile.ops.contract.timing import Timing, single
from hwcompile.ops.reduce.op import Reduce


class TapTrees(Built[Reduce]):
    """A tree of adders or comparators for each of `pe` channels."""

    @property
    def pe(self) -> int:
        """Channels at a time."""
        return self.number("pe")

    @property
    def pixels(self) -> int:
        """Pixels at a time."""
        return self.number("pixels", 1)

    @property
    def stages(self) -> int:
        """Levels of the tree."""
        return _levels(self.op.taps)

    @cached_property
    def ports(self) -> Ports:
        """A vector of all taps of the channels for every pixel in, one of the channels out."""
        source, result, pe, taps = self.site.inputs[0], self.site.outputs[0], self.pe, self.op.taps
        if self.pixels > 1:
            taken = StreamFormat.of_rows(source, self.pixels)
            return Ports((taken,), StreamFormat.of_rows(result, self.pixels))
        order = Blocks.of(taps, pe, result.channels)
        taken = StreamFormat(source.pixels, source.channels, taps * pe, source.element, order)
        return Ports((taken,), StreamFormat(result.pixels, result.channels, pe, result.element))

    @cached_property
    def timing(self) -> Timing:
        """Every cycle takes a word and gives one."""
        every = np.ones(self.interval, dtype=np.int64)
        return single({"in0": every}, every, self.stages)

    @property
    def interval(self) -> int:
        """Words of a frame."""
        return self.ports.output.words

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
    def instance(self) -> Instance:
        """Of `hw_reduce_parallel`."""
        source, result = self.ports.inputs[0], self.ports.output
        return Instance(
            "hw_reduce_parallel",
            {
                "Kind": Name("hw_reduction", self.op.kind.capitalize()),
                "Taps": self.op.taps,
                "Pixels": self.pixels,
                "Parallel": self.pe,
                "Words": result.words_per_vector,
                "Tail": result.size % result.parallel,
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
        pixels = f" of {self.pixels} pixels" if self.pixels > 1 else ""
        return f"{self.op.kind} of all {self.op.taps} taps of {self.pe} channels{pixels} per cycle"


class Parallel(Kernel[Reduce]):
    """Reduces all taps of `pe` channels per cycle, as a parallel window gives them.

    Parameters:

    - `pe`: channels per cycle; they divide the channels.
    - `pixels` (1 if not given): neighbours in a row per cycle, with all their channels.
    """

    name = "parallel"
    op = Reduce
    built = TapTrees
    reserve = True

    def unable(self, site: Site[Reduce]) -> str | None:
        """See `Kernel.unable`."""
        return "there is a single tap" if site.op.taps == 1 else None

    def space(self, site: Site[Reduce]) -> Iterable[Parameters]:
        """Every divisor of the channels, slowest first."""
        channels = site.outputs[0].channels
        for pe in range(1, channels + 1):
            if channels % pe == 0:
                yield {"pe": pe}

    def space_of_pixels(self, site: Site[Reduce]) -> Iterable[Parameters]:
        """See `Kernel.space_of_pixels`: the fewest pixels for every number of words of a row."""
        for pixels in pixel_counts(site.inputs[0]):
            yield {"pe": site.outputs[0].channels, "pixels": pixels}

    def check(self, site: Site[Reduce], parameters: Parameters) -> str | None:
        """See `Kernel.check`."""
        if set(parameters) - {"pixels"} != {"pe"}:
            return f"{self.name} has the parameters 'pe' and 'pixels', not {sorted(parameters)}"
        pe, channels = parameters["pe"], site.outputs[0].channels
        if not isinstance(pe, int) or not 1 <= pe <= channels or channels % pe:
            return f"'pe' divides the {channels} channels, which {pe} does not"
        return check_pixels(site.inputs[0], channels, parameters)


def _levels(numbers: int) -> int:
    """Levels of a tree whose nodes take `TREE_RADIX` numbers."""
    levels = 0
    while numbers > 1:
        numbers, levels = -(-numbers // TREE_RADIX), levels + 1
    return levels
