"""What all pipes share: one word in, one word out, a fixed number of register stages."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import ClassVar

import numpy as np

from hwcompile.ops.kernel import Kernel
from hwcompile.ops.site import Parameters, Ports, Site, StreamFormat
from hwcompile.ops.timing import Timing, single

BLOCK_BITS = 2048  # a smaller memory is cheaper in look-up tables


class Pipe(Kernel):
    """A kernel without control whose only parameter is `parallel`: elements per word.

    A vector is one pixel: its channels. Every operand travels in the same word format apart from
    the element type.
    """

    rigid: ClassVar[bool] = True

    @abstractmethod
    def stages(self, site: Site, parameters: Parameters) -> int:
        """Register stages from data_i to data_o."""

    def space(self, site: Site) -> Iterable[Parameters]:
        """Every `parallel` that is the smallest for its number of words, narrow words first."""
        return tuple({"parallel": p} for p in parallel_values(site.outputs[0].channels))

    def check(self, site: Site, parameters: Parameters) -> str | None:
        """`parallel` may be anything from 1 to the number of channels."""
        if set(parameters) != {"parallel"}:
            return f"the parameters are ['parallel'], not {sorted(parameters)}"
        parallel, channels = parameters["parallel"], site.outputs[0].channels
        if not isinstance(parallel, int) or not 1 <= parallel <= channels:
            return f"parallel must be from 1 to {channels}, not {parallel}"
        return self.refuses(site)

    def ports(self, site: Site, parameters: Parameters) -> Ports:
        """One vector per pixel, `parallel` channels per word."""
        parallel = parallel_of(parameters)
        inputs = tuple(
            StreamFormat(kind.pixels, kind.channels, parallel, kind.element) for kind in site.inputs
        )
        kind = site.outputs[0]
        return Ports(inputs, StreamFormat(kind.pixels, kind.channels, parallel, kind.element))

    def timing(self, site: Site, parameters: Parameters) -> Timing:
        """One word of every operand in and one word out in every cycle."""
        every = np.ones(self.interval(site, parameters), dtype=np.int64)
        takes = {f"in{i}": every for i in range(len(site.inputs))}
        return single(takes, every, self.stages(site, parameters))

    def interval(self, site: Site, parameters: Parameters) -> int:
        """Words of a frame."""
        return self.ports(site, parameters).output.words


def parallel_of(parameters: Parameters) -> int:
    """The parameter `parallel`."""
    return int(parameters["parallel"])


def parallel_values(channels: int) -> tuple[int, ...]:
    """All ceil(channels / words) for whole numbers of words, ascending."""
    return tuple(sorted({-(-channels // words) for words in range(1, channels + 1)}))


def word_parameters(site: Site, parallel: int) -> Mapping[str, int | str]:
    """SystemVerilog parameters that say how a vector is cut into words.

    `Tail` is the number of lanes in use in the last word of a vector, 0 when it is full.
    """
    channels = site.outputs[0].channels
    return {
        "Parallel": parallel,
        "Words": -(-channels // parallel),
        "Tail": channels % parallel,
    }
