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
    """A word holds all channels of a pixel, or of several; every pixel is treated alike."""

    @property
    def pixels(self) -> int:
        """Of a word."""
        return int(self.parameters.get("pixels", 1))

    @cached_property
    def ports(self) -> Ports:
        """A pixel is a word, or several neighbours in a row are."""
        kinds = (self.site.inputs[0], self.site.outputs[0])
        if self.pixels > 1:
            source, result = (StreamFormat.of_rows(kind, self.pixels) for kind in kinds)
        else:
            source, result = map(pixel_words, kinds)
        return Ports((source,), result)

    @cached_property
    def timing(self) -> Timing:
        """One word per cycle, no register."""
        one = np.ones(1, dtype=np.int64)
        return single({"in0": one}, one, stages=0, times=self.interval)

    @property
    def interval(self) -> int:
        """One cycle per word."""
        return self.site.inputs[0].pixels // self.pixels

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
        firsts = kind.channels * np.arange(self.pixels)[:, None]
        sources = tuple(np.where(lanes < 0, NO_SOURCE, firsts + lanes).reshape(-1).tolist())
        return Instance(
            "hw_rewire",
            {
                "InLanes": self.pixels * kind.channels,
                "OutLanes": self.pixels * out.channels,
                **code_parameters(self.site),
                "Sources": Each(sources, SOURCE_BITS),
            },
        )

    @property
    def comment(self) -> str:
        """Channels on both sides."""
        words = f", {self.pixels} pixels per word" if self.pixels > 1 else ""
        channels = self.site.inputs[0].channels, self.site.outputs[0].channels
        return f"{channels[0]} to {channels[1]} channels{words}"


class Wires(Kernel[Gather]):
    """A pipe without registers for slices, permutations and paddings of channels.

    Parameters:
        pixels: Neighbours of a row in one word, where rows are whole words; 1 when it is absent.
    """

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

    def space_of_pixels(self, site: Site[Gather]) -> Iterable[Parameters]:
        """See `Kernel.space_of_pixels`."""
        return tuple({"pixels": pixels} for pixels in _pixels(site)[1:])

    def check(self, site: Site[Gather], parameters: Parameters) -> str | None:
        """Rows may be cut into words of some pixels."""
        if not set(parameters) <= {"pixels"}:
            return f"the parameters are ['pixels'], not {sorted(parameters)}"
        pixels = parameters.get("pixels", 1)
        if pixels not in _pixels(site):
            return f"pixels must be one of {_pixels(site)}, not {pixels!r}"
        return None


def _pixels(site: Site[Gather]) -> list[int]:
    """Numbers of pixels in a word: the divisors of a row that stays a row."""
    kind, out = site.inputs[0], site.outputs[0]
    most = NO_SOURCE // max(kind.channels, 1)
    width = kind.shape[1] if kind.shape[:2] == out.shape[:2] else 1
    return [n for n in range(1, min(width, most) + 1) if width % n == 0]


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
