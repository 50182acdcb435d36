"""Kernel `folded`: one word of one tap per cycle into a memory of accumulators."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from hwcompile.ir.types import Encoding
from hwcompile.ops.kernel import Kernel, Rendered, Resources
from hwcompile.ops.needs import MemoryKind, memory
from hwcompile.ops.reduce.op import Reduce
from hwcompile.ops.site import Parameters, Ports, Site, StreamFormat
from hwcompile.ops.timing import Timing, single

_KINDS = {"max": 0, "min": 1, "sum": 2}


class Folded(Kernel):
    """Reduces `pe` channels of a tap per cycle; results leave during the last tap.

    Parameters:

    - `pe`: channels per word, from 1 to all.
    """

    name = "folded"

    def refuses(self, site: Site) -> str | None:
        """See `Kernel.refuses`: builds every reduction."""
        return None

    def space(self, site: Site) -> Iterable[Parameters]:
        """See `Kernel.space`: for every number of words per tap, the fewest lanes."""
        channels = site.outputs[0].channels
        for pe in sorted({-(-channels // words) for words in range(1, channels + 1)}):
            yield {"pe": pe}

    def check(self, site: Site, parameters: Parameters) -> str | None:
        """See `Kernel.check`."""
        if set(parameters) != {"pe"}:
            return f"folded has one parameter, 'pe', not {sorted(parameters)}"
        pe, channels = parameters["pe"], site.outputs[0].channels
        if not isinstance(pe, int) or not 1 <= pe <= channels:
            return f"'pe' is a number from 1 to {channels} (channels), not {pe}"
        return None

    def ports(self, site: Site, parameters: Parameters) -> Ports:
        """See `Kernel.ports`."""
        source, result, pe = site.inputs[0], site.outputs[0], int(parameters["pe"])
        taken = StreamFormat(
            source.pixels * _reduce(site).taps, result.channels, pe, source.element
        )
        return Ports((taken,), StreamFormat(result.pixels, result.channels, pe, result.element))

    def timing(self, site: Site, parameters: Parameters) -> Timing:
        """See `Kernel.timing`: takes a word in every cycle, gives one in those of the last tap."""
        result = self.ports(site, parameters).output
        gives = np.zeros((result.vectors, _reduce(site).taps, result.words_per_vector), np.int64)
        gives[:, -1] = 1
        return single({"in0": np.ones(gives.size, np.int64)}, gives.ravel(), stages=1)

    def interval(self, site: Site, parameters: Parameters) -> int:
        """See `Kernel.interval`."""
        return self.ports(site, parameters).inputs[0].words

    def resources(self, site: Site, parameters: Parameters) -> Resources:
        """See `Kernel.resources`.

        A sum is an adder and the choice to start over; a maximum is a comparator and a multiplexer,
        but a single bit fits into one LUT. Accumulators are read in the cycle that writes them.
        """
        result = self.ports(site, parameters).output
        words = result.words_per_vector
        adders = result.bits if result.element.bits > 1 else 0
        lut = result.bits + 8
        ff = float(result.bits + 1 + words.bit_length() + _reduce(site).taps.bit_length())
        if _reduce(site).taps == 1:
            return Resources(ff=result.bits + 1.0)
        sums = memory(words, result.bits, MemoryKind.QUEUE)
        return Resources(lut, adders, ff) + sums

    def render(self, site: Site, parameters: Parameters) -> Rendered:
        """See `Kernel.render`."""
        op, ports = _reduce(site), self.ports(site, parameters)
        source, result = ports.inputs[0], ports.output
        return Rendered(
            module="hw_reduce",
            parameters={
                "Kind": _KINDS[op.kind],
                "Taps": op.taps,
                "Words": result.words_per_vector,
                "Parallel": result.parallel,
                "LastLanes": result.size - (result.words_per_vector - 1) * result.parallel,
                "InBits": source.element.bits,
                "OutBits": result.element.bits,
                "InSigned": int(source.element.signed),
                "BipolarToInt": int(
                    source.element.encoding is Encoding.BIPOLAR
                    and result.element.encoding is not Encoding.BIPOLAR
                ),
            },
            comment=f"{op.kind} of {op.taps} taps, {result.parallel} channels per cycle",
        )


def _reduce(site: Site) -> Reduce:
    assert isinstance(site.op, Reduce)
    return site.op
