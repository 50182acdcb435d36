"""What the kernels of the family share: words of pixels, and a truth in front of a frame."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TypeVar

import numpy as np

from hwcompile.ir.op import Op
from hwcompile.ir.types import IntArray
from hwcompile.ops.contract.built import Built
from hwcompile.ops.contract.kernel import Kernel
from hwcompile.ops.contract.site import Parameters, Ports, Site, StreamFormat
from hwcompile.ops.contract.timing import Timing, single
from hwcompile.ops.gather.words import all_divisors, check_parallel

O = TypeVar("O", bound=Op)  # noqa: E741


class BuiltChoice(Built[O]):
    """Frames in words of `parallel` channels, and a truth for each, which comes last."""

    @cached_property
    def ports(self) -> Ports:
        """Pixels are vectors."""
        *data, truth = self.site.inputs
        parallel = self.number("parallel")
        forms = [
            StreamFormat(kind.pixels, kind.channels, parallel, kind.element)
            for kind in (*data, self.site.outputs[0])
        ]
        return Ports((*forms[:-1], StreamFormat(1, 1, 1, truth.element)), forms[-1])

    @property
    def words(self) -> int:
        """Of a frame."""
        return self.ports.output.words

    @property
    def interval(self) -> int:
        """A word per cycle."""
        return self.words

    def way(self, taken: tuple[bool, ...], *, gives: bool = True) -> Timing:
        """A word per cycle, behind one register; the first one waits for the truth.

        Args:
            taken: For each input but the truth whether its words are taken.
            gives: Whether there are output words.
        """
        ones = np.ones(self.words, dtype=np.int64)
        first: IntArray = np.zeros_like(ones)
        first[0] = 1
        reads = {f"in{i}": ones * int(takes) for i, takes in enumerate(taken)}
        return single({**reads, f"in{len(taken)}": first}, ones * int(gives), stages=1)

    @property
    def counter(self) -> int:
        """Bits of the number of a word."""
        return max(self.words - 1, 1).bit_length()


class ChoiceKernel(Kernel[O]):
    """A word per cycle, whichever way a frame takes."""

    def space(self, site: Site[O]) -> Iterable[Parameters]:
        """Every legal word size, ascending."""
        return [{"parallel": p} for p in all_divisors(site.inputs[0].channels)]

    def check(self, site: Site[O], parameters: Parameters) -> str | None:
        """Unknown names, and words that cut a pixel into unlike parts."""
        return check_parallel(parameters, all_divisors(site.inputs[0].channels))


Ways = Mapping[bool, Timing]
"""The timing of a frame by its truth."""
