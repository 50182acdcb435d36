"""What reductions share that take one word of one tap per cycle."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property

import numpy as np

from hwcompile.ops.contract.built import Built
from hwcompile.ops.contract.kernel import Kernel
from hwcompile.ops.contract.paths import Path
from hwcompile.ops.contract.pipe import parallel_values
from hwcompile.ops.contract.site import O, O_co, Parameters, Ports, Site, StreamFormat
from hwcompile.ops.contract.timing import Timing, single


class PerTap(Built[O_co]):
    """`pe` channels of a tap per cycle, into a memory of accumulators."""

    @property
    def taps(self) -> int:
        """Elements that are reduced to one."""
        return self.site.inputs[0].channels // self.site.outputs[0].channels

    @property
    def entrance(self) -> tuple[Path, ...]:
        """A tap meets those before it at once."""
        return tuple(replace(path, memory=None) for path in self.paths[1:])

    @cached_property
    def ports(self) -> Ports:
        """A vector of the channels for every tap in, one for every pixel out."""
        source, result, pe = self.site.inputs[0], self.site.outputs[0], self.number("pe")
        taken = StreamFormat(source.pixels * self.taps, result.channels, pe, source.element)
        return Ports((taken,), StreamFormat(result.pixels, result.channels, pe, result.element))

    @cached_property
    def timing(self) -> Timing:
        """Takes a word in every cycle, gives one in those of the last tap."""
        result = self.ports.output
        gives = np.zeros((self.taps, result.words_per_vector), np.int64)
        gives[-1] = 1
        takes = {"in0": np.ones(gives.size, np.int64)}
        return single(takes, gives.ravel(), stages=1, times=result.vectors)

    @property
    def interval(self) -> int:
        """Words of the input."""
        return self.ports.inputs[0].words


class ByTap(Kernel[O]):
    """A kernel whose only parameter is `pe`: channels per word."""

    def space(self, site: Site[O]) -> Iterable[Parameters]:
        """See `Kernel.space`: for every number of words per tap, the fewest lanes."""
        for pe in parallel_values(site.outputs[0].channels):
            yield {"pe": pe}

    def check(self, site: Site[O], parameters: Parameters) -> str | None:
        """See `Kernel.check`."""
        if set(parameters) != {"pe"}:
            return f"{self.name} has one parameter, 'pe', not {sorted(parameters)}"
        pe, channels = parameters["pe"], site.outputs[0].channels
        if not isinstance(pe, int) or not 1 <= pe <= channels:
            return f"'pe' is a number from 1 to {channels} (channels), not {pe}"
        return None
