"""Concatenation word by word: the words of a pixel of one input after those of the other."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from math import gcd

import numpy as np

from hwcompile.ops.hull import code_style
from hwcompile.ops.kernel import Kernel, Rendered, Resources
from hwcompile.ops.site import Parameters, Ports, Site, StreamFormat
from hwcompile.ops.timing import Timing, single

MOST_INPUTS = 4


class Interleave(Kernel):
    """Passes one word per cycle from the input whose turn it is.

    Parameters:
        parallel: Channels per word; divides the channels of every input but the last, so that no
            word needs elements of two inputs.
    """

    name = "interleave"

    def refuses(self, site: Site) -> str | None:
        """More inputs than the library module has."""
        if len(site.inputs) > MOST_INPUTS:
            return f"{len(site.inputs)} inputs are more than {MOST_INPUTS}; join them in steps"
        return None

    def space(self, site: Site) -> Iterable[Parameters]:
        """The common divisors of the channels of all inputs but the last, ascending."""
        common = reduce(gcd, (kind.channels for kind in site.inputs[:-1]))
        return [{"parallel": p} for p in range(1, common + 1) if common % p == 0]

    def check(self, site: Site, parameters: Parameters) -> str | None:
        """Why the parameters are not legal; None when they are."""
        if set(parameters) != {"parallel"}:
            return f"interleave has the parameter 'parallel', not {sorted(parameters)}"
        parallel = parameters["parallel"]
        if not isinstance(parallel, int) or parallel < 1:
            return f"'parallel' is at least 1, not {parallel!r}"
        if parallel > site.outputs[0].channels:
            return f"'parallel' {parallel} exceeds the {site.outputs[0].channels} joined channels"
        for position, kind in enumerate(site.inputs[:-1]):
            if kind.channels % parallel:
                return (
                    f"'parallel' {parallel} does not divide "
                    f"the {kind.channels} channels of input {position}"
                )
        return None

    def ports(self, site: Site, parameters: Parameters) -> Ports:
        """Pixels are vectors, `parallel` channels a word."""
        parallel = int(parameters["parallel"])
        kinds = (*site.inputs, site.outputs[0])
        forms = [StreamFormat(k.pixels, k.channels, parallel, k.element) for k in kinds]
        return Ports(tuple(forms[:-1]), forms[-1])

    def timing(self, site: Site, parameters: Parameters) -> Timing:
        """One word in and out per cycle, one register."""
        words = _words(self.ports(site, parameters))
        turn = np.tile(np.repeat(np.arange(len(words)), words), site.outputs[0].pixels)
        takes = {f"in{i}": (turn == i).astype(np.int64) for i in range(len(words))}
        return single(takes, np.ones(turn.size, dtype=np.int64), stages=1)

    def interval(self, site: Site, parameters: Parameters) -> int:
        """One cycle per word."""
        return site.outputs[0].pixels * sum(_words(self.ports(site, parameters)))

    def resources(self, site: Site, parameters: Parameters) -> Resources:
        """A multiplexer over the inputs, the output register, two small counters."""
        ports = self.ports(site, parameters)
        inputs, counter = len(ports.inputs), (max(_words(ports)) - 1).bit_length()
        control = 2 * inputs + 3 * counter + 4
        return Resources(
            lut=ports.output.bits * -(-inputs // 2) + control,
            ff=ports.output.bits + inputs + counter + 1,
        )

    def render(self, site: Site, parameters: Parameters) -> Rendered:
        """An instance of `hw_concat<inputs>`."""
        ports = self.ports(site, parameters)
        out = ports.output
        numbers: dict[str, int | str] = {
            "Lanes": out.parallel,
            "OutWidth": out.element.bits,
            "LastLanes": (ports.inputs[-1].size - 1) % out.parallel + 1,
        }
        for i, (form, words) in enumerate(zip(ports.inputs, _words(ports), strict=True)):
            numbers[f"Width{i}"] = form.element.bits
            numbers[f"Style{i}"] = code_style(form.element, out.element)
            numbers[f"Words{i}"] = words
        channels = " + ".join(str(form.size) for form in ports.inputs)
        return Rendered(
            f"hw_concat{len(ports.inputs)}",
            numbers,
            comment=f"{channels} channels, {out.parallel} per word",
        )


def _words(ports: Ports) -> list[int]:
    """Words per pixel of each input."""
    return [form.words_per_vector for form in ports.inputs]
