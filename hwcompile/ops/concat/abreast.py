"""Concatenation of whole pixels: one word of each of two inputs makes one word."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from hwcompile.ops.hull import code_style
from hwcompile.ops.kernel import Kernel, Rendered, Resources
from hwcompile.ops.site import Parameters, Ports, Site, StreamFormat
from hwcompile.ops.timing import Timing, single


class Abreast(Kernel):
    """Wires: a word holds all channels of a pixel, on both sides."""

    name = "abreast"
    rigid = True

    def refuses(self, site: Site) -> str | None:
        """More than two inputs."""
        return None if len(site.inputs) == 2 else "only two inputs can be taken at once"

    def space(self, site: Site) -> Iterable[Parameters]:
        """One way only."""
        return ({},)

    def check(self, site: Site, parameters: Parameters) -> str | None:
        """There are no parameters."""
        return f"abreast has no parameters, not {sorted(parameters)}" if parameters else None

    def ports(self, site: Site, parameters: Parameters) -> Ports:
        """A pixel is a word."""
        kinds = (*site.inputs, site.outputs[0])
        forms = [StreamFormat(k.pixels, k.channels, k.channels, k.element) for k in kinds]
        return Ports(tuple(forms[:-1]), forms[-1])

    def timing(self, site: Site, parameters: Parameters) -> Timing:
        """One pixel per cycle, no register."""
        ones = np.ones(site.outputs[0].pixels, dtype=np.int64)
        return single({"in0": ones, "in1": ones}, ones, stages=0)

    def interval(self, site: Site, parameters: Parameters) -> int:
        """One cycle per pixel."""
        return site.outputs[0].pixels

    def resources(self, site: Site, parameters: Parameters) -> Resources:
        """Nothing but wires (an inverter per bipolar lane goes into the next table)."""
        return Resources()

    def render(self, site: Site, parameters: Parameters) -> Rendered:
        """An instance of `hw_abreast`."""
        out = site.outputs[0].element
        numbers: dict[str, int | str] = {"OutWidth": out.bits}
        for i, kind in enumerate(site.inputs):
            numbers[f"Lanes{i}"] = kind.channels
            numbers[f"Width{i}"] = kind.element.bits
            numbers[f"Style{i}"] = code_style(kind.element, out)
        channels = " + ".join(str(kind.channels) for kind in site.inputs)
        return Rendered("hw_abreast", numbers, comment=f"{channels} channels at once")
