"""Concatenation of whole pixels: one word of each of two inputs makes one word."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

import numpy as np

from hwcompile.ops.arithmetic.recoding import recoding
from hwcompile.ops.concat.op import Concat
from hwcompile.ops.contract.built import Built
from hwcompile.ops.contract.instance import Instance, Value
from hwcompile.ops.contract.kernel import Kernel
from hwcompile.ops.contract.needs import Resources
from hwcompile.ops.contract.paths import CONTROL, Path
from hwcompile.ops.contract.site import Parameters, Ports, Site, StreamFormat
from hwcompile.ops.contract.timing import Timing, single


class WiresAbreast(Built[Concat]):
    """A word holds all channels of a pixel, on both sides."""

    @cached_property
    def ports(self) -> Ports:
        """A pixel is a word."""
        kinds = (*self.site.inputs, self.site.outputs[0])
        forms = [StreamFormat(k.pixels, k.channels, k.channels, k.element) for k in kinds]
        return Ports(tuple(forms[:-1]), forms[-1])

    @cached_property
    def timing(self) -> Timing:
        """One pixel per cycle, no register."""
        one = np.ones(1, dtype=np.int64)
        return single({"in0": one, "in1": one}, one, stages=0, times=self.interval)

    @property
    def interval(self) -> int:
        """One cycle per pixel."""
        return self.site.outputs[0].pixels

    @property
    def needs(self) -> Resources:
        """Nothing but wires (an inverter per bipolar lane goes into the next table)."""
        return Resources()

    @property
    def paths(self) -> tuple[Path, ...]:
        """Control, which chooses among the inputs."""
        return (CONTROL,)

    @property
    def instance(self) -> Instance:
        """Of `hw_abreast`."""
        out = self.site.outputs[0].element
        numbers: dict[str, Value] = {"OutWidth": out.bits}
        for i, kind in enumerate(self.site.inputs):
            numbers[f"Lanes{i}"] = kind.channels
            numbers[f"Width{i}"] = kind.element.bits
            numbers[f"Recoding{i}"] = recoding(kind.element, out)
        return Instance("hw_abreast", numbers)

    @property
    def comment(self) -> str:
        """Channels of both inputs."""
        channels = " + ".join(str(kind.channels) for kind in self.site.inputs)
        return f"{channels} channels at once"


class Abreast(Kernel[Concat]):
    """Wires: a word holds all channels of a pixel, on both sides."""

    name = "abreast"
    op = Concat
    built = WiresAbreast
    rigid = True

    def unable(self, site: Site[Concat]) -> str | None:
        """More than two inputs."""
        return None if len(site.inputs) == 2 else "only two inputs can be taken at once"

    def space(self, site: Site[Concat]) -> Iterable[Parameters]:
        """One way only."""
        return ({},)

    def check(self, site: Site[Concat], parameters: Parameters) -> str | None:
        """There are no parameters."""
        return f"abreast has no parameters, not {sorted(parameters)}" if parameters else None
