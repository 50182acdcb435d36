"""What reductions share that take all taps of some channels in one cycle."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

import numpy as np

from hwcompile.ops.contract.built import Built
from hwcompile.ops.contract.kernel import Kernel
from hwcompile.ops.contract.pixels import check_pixels, pixel_counts
from hwcompile.ops.contract.site import Blocks, O, O_co, Parameters, Ports, Site, StreamFormat
from hwcompile.ops.contract.timing import Timing, single


class AllTaps(Built[O_co]):
    """All taps of `pe` channels in a word, as a parallel window gives them."""

    @property
    def pe(self) -> int:
        """Channels at a time."""
        return self.number("pe")

    @property
    def pixels(self) -> int:
        """Pixels at a time."""
        return self.number("pixels", 1)

    @property
    def taps(self) -> int:
        """Elements that are reduced to one."""
        return taps_of(self.site)

    @property
    def stages(self) -> int:
        """Registers from a word to its result."""
        return self.taps

    @cached_property
    def ports(self) -> Ports:
        """A vector of all taps of the channels for every pixel in, one of the channels out."""
        source, result, pe, taps = self.site.inputs[0], self.site.outputs[0], self.pe, self.taps
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

    @property
    def sizes(self) -> dict[str, int]:
        """Parameters of the instance that say what is in a word."""
        result = self.ports.output
        return {
            "Taps": self.taps,
            "Pixels": self.pixels,
            "Parallel": self.pe,
            "Words": result.words_per_vector,
            "Tail": result.size % result.parallel,
        }

    def described(self, what: str) -> str:
        """A comment: what is made of the taps, and the folding."""
        pixels = f" of {self.pixels} pixels" if self.pixels > 1 else ""
        return f"{what} of all {self.taps} taps of {self.pe} channels{pixels} per cycle"


class TakesAllTaps(Kernel[O]):
    """A kernel with the parameters `pe` (channels per cycle) and `pixels`."""

    reserve = True

    def unable(self, site: Site[O]) -> str | None:
        """See `Kernel.unable`."""
        return "there is a single tap" if taps_of(site) == 1 else None

    def space(self, site: Site[O]) -> Iterable[Parameters]:
        """Every divisor of the channels, slowest first."""
        channels = site.outputs[0].channels
        for pe in range(1, channels + 1):
            if channels % pe == 0:
                yield {"pe": pe}

    def space_of_pixels(self, site: Site[O]) -> Iterable[Parameters]:
        """See `Kernel.space_of_pixels`: the fewest pixels for every number of words of a row."""
        for pixels in pixel_counts(site.inputs[0]):
            yield {"pe": site.outputs[0].channels, "pixels": pixels}

    def check(self, site: Site[O], parameters: Parameters) -> str | None:
        """See `Kernel.check`."""
        if set(parameters) - {"pixels"} != {"pe"}:
            return f"{self.name} has the parameters 'pe' and 'pixels', not {sorted(parameters)}"
        pe, channels = parameters["pe"], site.outputs[0].channels
        if not isinstance(pe, int) or not 1 <= pe <= channels or channels % pe:
            return f"'pe' divides the {channels} channels, which {pe} does not"
        return check_pixels(site.inputs[0], channels, parameters)


def taps_of(site: Site) -> int:
    """Elements that are reduced to one."""
    return site.inputs[0].channels // site.outputs[0].channels
