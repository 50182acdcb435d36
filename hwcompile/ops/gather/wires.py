"""Gathering inside a pixel that travels as one word: wires."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import numpy as np

from hwcompile.ir.types import IntArray, TensorType
from hwcompile.ops.gather.op import Gather
from hwcompile.ops.gather.words import code_parameters, op_of
from hwcompile.ops.kernel import Kernel, Rendered, Resources
from hwcompile.ops.site import Parameters, Ports, Site, StreamFormat
from hwcompile.ops.timing import Timing, single

SOURCE_BITS = 16
NO_SOURCE = (1 << SOURCE_BITS) - 1


class Wires(Kernel):
    """A pipe without registers for slices, permutations and paddings of channels.

    A word holds all channels of a pixel; every pixel is treated alike.
    """

    name = "wires"
    rigid = True

    def refuses(self, site: Site) -> str | None:
        """Elements leave their pixel, or pixels are treated differently."""
        kind = site.inputs[0]
        if kind.channels >= NO_SOURCE:
            return f"a word can not hold {kind.channels} channels"
        if _lanes(op_of(site), kind.pixels, kind.channels) is None:
            return "the channels of a pixel do not come from the same pixel in the same order"
        return None

    def space(self, site: Site) -> Iterable[Parameters]:
        """One way only."""
        return ({},)

    def check(self, site: Site, parameters: Parameters) -> str | None:
        """There are no parameters."""
        return f"wires have no parameters, not {sorted(parameters)}" if parameters else None

    def ports(self, site: Site, parameters: Parameters) -> Ports:
        """A pixel is a word."""
        return Ports((_pixel_words(site.inputs[0]),), _pixel_words(site.outputs[0]))

    def timing(self, site: Site, parameters: Parameters) -> Timing:
        """One pixel per cycle, no register."""
        ones = np.ones(site.inputs[0].pixels, dtype=np.int64)
        return single({"in0": ones}, ones, stages=0)

    def interval(self, site: Site, parameters: Parameters) -> int:
        """One cycle per pixel."""
        return site.inputs[0].pixels

    def resources(self, site: Site, parameters: Parameters) -> Resources:
        """Nothing but wires."""
        return Resources()

    def render(self, site: Site, parameters: Parameters) -> Rendered:
        """An instance of `hw_rewire`."""
        kind, out = site.inputs[0], site.outputs[0]
        lanes = _lanes(op_of(site), kind.pixels, kind.channels)
        assert lanes is not None
        digits = "".join(f"{n if n >= 0 else NO_SOURCE:04x}" for n in reversed(lanes.tolist()))
        return Rendered(
            "hw_rewire",
            {
                "InLanes": kind.channels,
                "OutLanes": out.channels,
                **code_parameters(site),
                "Sources": f"{out.channels * SOURCE_BITS}'h{digits}",
            },
            comment=f"{kind.channels} to {out.channels} channels",
        )


def _pixel_words(kind: TensorType) -> StreamFormat:
    return StreamFormat(kind.pixels, kind.channels, kind.channels, kind.element)


@lru_cache(maxsize=256)
def _lanes(op: Gather, pixels: int, channels: int) -> IntArray | None:
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
