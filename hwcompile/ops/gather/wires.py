"""Gathering inside a pixel that travels as one word: wires."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property, lru_cache

import numpy as np

from hwcompile.diagnostics import InternalError
from hwcompile.ir.types import IntArray, TensorType
from hwcompile.ops.contract.built import Built
from hwcompile.ops.contract.instance import Each, Instance
from hwcompile.ops.contract.kernel import Kernel
from hwcompile.ops.contract.needs import Resources
from hwcompile.ops.contract.paths import CONTROL, Path
from hwcompile.ops.contract.site import Parameters, Ports, Site, StreamFormat
from hwcompile.ops.contract.timing import Timing, single
from hwcompile.ops.gather.op import Gather
from hwcompile.ops.gather.words import code_parameters

SOURCE_BITS = 16
NO_SOURCE = (1 << SOURCE_BITS) - 1
"""How modules are told which lane of a word is meant, and that none is."""


class Wiring(Built[Gather]):
    """A word holds all channels of a pixel; every pixel is treated alike."""

    @cached_property
    def ports(self) -> Ports:
        """A pixel is a word."""
        return Ports((pixel_words(self.site.inputs[0]),), pixel_words(self.site.outputs[0]))

    @cached_property
    def timing(self) -> Timing:
        """One pixel per cycle, no register."""
        one = np.ones(1, dtype=np.int64)
        return single({"in0": one}, one, stages=0, times=self.interval)

    @property
    def interval(self) -> int:
        """One cycle per pixel."""
        return self.site.inputs[0].pixels

    @property
    def needs(self) -> Resources:
        """Nothing but wires."""
        return Resources()

    @property
    def paths(self) -> tuple[Path, ...]:
        """From one FIFO to the next, with other codes at most."""
        return (CONTROL,)

    @cached_property
    def instance(self) -> Instance:
        """Of `hw_rewire`."""
        kind, out = self.site.inputs[0], self.site.outputs[0]
        lanes = lanes_of_pixel(self.op, kind.pixels, kind.channels)
        if lanes is None:
            raise InternalError("wires were asked for a gather that they refuse")
        sources = tuple(np.where(lanes < 0, NO_SOURCE, lanes).tolist())
        return Instance(
            "hw_rewire",
            {
                "InLanes": kind.channels,
                "OutLanes": out.channels,
                **code_parameters(self.site),
                "Sources": Each(sources, SOURCE_BITS),
            },
        )

    @property
    def comment(self) -> str:
        """Channels on both sides."""
        return f"{self.site.inputs[0].channels} to {self.site.outputs[0].channels} channels"


class Wires(Kernel[Gather]):
    """A pipe without registers for slices, permutations and paddings of channels."""

    name = "wires"
    op = Gather
    built = Wiring
    rigid = True

    def unable(self, site: Site[Gather]) -> str | None:
        """Elements leave their pixel, or pixels are treated differently."""
        kind = site.inputs[0]
        if kind.channels >= NO_SOURCE:
            return f"a word can not hold {kind.channels} channels"
        if lanes_of_pixel(site.op, kind.pixels, kind.channels) is None:
            return "the channels of a pixel do not come from the same pixel in the same order"
        return None

    def space(self, site: Site[Gather]) -> Iterable[Parameters]:
        """One way only."""
        return ({},)

    def check(self, site: Site[Gather], parameters: Parameters) -> str | None:
        """There are no parameters."""
        return f"wires have no parameters, not {sorted(parameters)}" if parameters else None


def pixel_words(kind: TensorType) -> StreamFormat:
    """Words that hold all channels of a pixel."""
    return StreamFormat(kind.pixels, kind.channels, kind.channels, kind.element)


@lru_cache(maxsize=256)
def lanes_of_pixel(op: Gather, pixels: int, channels: int) -> IntArray | None:
    """For each channel of the result the channel of the same pixel that it is, or -1.

    None when no such list holds for all pixels.
    """
    sources = op.index.reshape(-1, op.index.shape[2])
    if sources.shape[0] != pixels:
        return None
    own = sources - channels * np.arange(pixels)[:, None]
    local = np.where(sources < 0, -1, own)
    first: IntArray = local[0]
    inside = (sources < 0) | ((own >= 0) & (own < channels))
    return first if np.all(inside) and np.all(local == first) else None
