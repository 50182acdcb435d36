"""Concatenation word by word: the words of a pixel of one input after those of the other."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property, reduce
from math import gcd

import numpy as np

from hwcompile.ops.arithmetic.recoding import recoding
from hwcompile.ops.concat.op import Concat
from hwcompile.ops.contract.built import Built
from hwcompile.ops.contract.instance import Each, Instance, Value
from hwcompile.ops.contract.kernel import Kernel
from hwcompile.ops.contract.needs import Resources
from hwcompile.ops.contract.paths import CONTROL, Path
from hwcompile.ops.contract.site import Parameters, Ports, Site, StreamFormat
from hwcompile.ops.contract.timing import Timing, single


class TakingTurns(Built[Concat]):
    """A multiplexer and the counters that say whose turn it is."""

    @cached_property
    def ports(self) -> Ports:
        """Pixels are vectors, `parallel` channels a word."""
        kinds = (*self.site.inputs, self.site.outputs[0])
        forms = [
            StreamFormat(k.pixels, k.channels, self.number("parallel"), k.element) for k in kinds
        ]
        return Ports(tuple(forms[:-1]), forms[-1])

    @cached_property
    def words(self) -> list[int]:
        """Words per pixel of each input."""
        return [form.words_per_vector for form in self.ports.inputs]

    @cached_property
    def timing(self) -> Timing:
        """One word in and out per cycle, one register."""
        words = self.words
        turn = np.repeat(np.arange(len(words)), words)
        takes = {f"in{i}": (turn == i).astype(np.int64) for i in range(len(words))}
        gives = np.ones(turn.size, dtype=np.int64)
        return single(takes, gives, stages=1, times=self.site.outputs[0].pixels)

    @property
    def interval(self) -> int:
        """One cycle per word."""
        return self.site.outputs[0].pixels * sum(self.words)

    @property
    def needs(self) -> Resources:
        """A multiplexer over the inputs, the output register, two small counters."""
        inputs, counter = len(self.words), (max(self.words) - 1).bit_length()
        control, bits = 2 * inputs + 3 * counter + 4, self.ports.output.bits
        return Resources(
            lut=bits * -(-inputs // 2) + control,
            ff=bits + inputs + counter + 1,
        )

    @property
    def paths(self) -> tuple[Path, ...]:
        """Control, which chooses among the inputs."""
        return (CONTROL,)

    @property
    def instance(self) -> Instance:
        """Of `hw_concat`."""
        inputs, out = self.ports.inputs, self.ports.output
        widths = tuple(form.element.bits for form in inputs)
        values: dict[str, Value] = {
            "Inputs": len(inputs),
            "Lanes": out.parallel,
            "LastLanes": (inputs[-1].size - 1) % out.parallel + 1,
            "Widths": Each(widths),
            "Recodings": Each(tuple(recoding(form.element, out.element) for form in inputs)),
            "Words": Each(tuple(self.words)),
            "InBits": sum(widths),
            "OutWidth": out.element.bits,
        }
        return Instance("hw_concat", values, packed=True)

    @property
    def comment(self) -> str:
        """Channels of the inputs, and of a word."""
        channels = " + ".join(str(form.size) for form in self.ports.inputs)
        return f"{channels} channels, {self.ports.output.parallel} per word"


class Interleave(Kernel[Concat]):
    """Passes one word per cycle from the input whose turn it is.

    Parameters:
        parallel: Channels per word; divides the channels of every input but the last, so that no
            word needs elements of two inputs.
    """

    name = "interleave"
    op = Concat
    built = TakingTurns

    def space(self, site: Site[Concat]) -> Iterable[Parameters]:
        """The common divisors of the channels of all inputs but the last, ascending."""
        common = reduce(gcd, (kind.channels for kind in site.inputs[:-1]))
        return [{"parallel": p} for p in range(1, common + 1) if common % p == 0]

    def check(self, site: Site[Concat], parameters: Parameters) -> str | None:
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
