"""What all pipes share: one word in, one word out, a fixed number of register stages."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from typing import ClassVar

import numpy as np

from hwcompile.ir.types import TensorType
from hwcompile.ops.contract.built import Built
from hwcompile.ops.contract.instance import Value
from hwcompile.ops.contract.kernel import Kernel
from hwcompile.ops.contract.needs import Memory
from hwcompile.ops.contract.paths import Path
from hwcompile.ops.contract.site import O, O_co, Parameters, Ports, Site, StreamFormat
from hwcompile.ops.contract.timing import Timing, single

BLOCK_BITS = 2048  # a smaller memory is cheaper in look-up tables


class BuiltPipe(Built[O_co]):
    """A pipeline that words of `parallel` channels pass.

    A vector is one pixel: its channels; or a row of pixels, when a word holds several pixels. All
    operands travel in the same word format apart from the element type.
    """

    @property
    @abstractmethod
    def stages(self) -> int:
        """Register stages from data_i to data_o."""

    @property
    def parallel(self) -> int:
        """Elements per word."""
        return self.number("parallel")

    @property
    def out_bits(self) -> int:
        """Bits of an element of the result."""
        return self.site.outputs[0].element.bits

    @cached_property
    def ports(self) -> Ports:
        """One vector per pixel, `parallel` channels per word; or rows, several pixels per word."""
        *inputs, output = map(self._form, (*self.site.inputs, self.site.outputs[0]))
        return Ports(tuple(inputs), output)

    def _form(self, kind: TensorType) -> StreamFormat:
        if self.parallel > kind.channels:
            return StreamFormat.of_rows(kind, self.parallel // kind.channels)
        return StreamFormat(kind.pixels, kind.channels, self.parallel, kind.element)

    @cached_property
    def timing(self) -> Timing:
        """One word of every operand in and one word out in every cycle."""
        word = np.ones(1, dtype=np.int64)
        takes = {f"in{i}": word for i in range(len(self.site.inputs))}
        return single(takes, word, self.stages, times=self.interval)

    def row_stages(self, groups: int) -> int:
        """Register stages of `hw_row_rom`, whose output has another one with `registers`."""
        return 0 if groups == 1 else 1 + (self.registers > 0)

    def row_parameters(self, groups: int) -> dict[str, Value]:
        """What pipes with rows of constants say about that."""
        return {"Later": True} if self.row_stages(groups) > 1 else {}

    @property
    def row_groups(self) -> int:
        """Rows of constants that words take turns with; with several, a word waits for its own."""
        return 1

    @property
    def entrance(self) -> tuple[Path, ...]:
        """The first path, unless words wait for their row in a register."""
        return self.paths[:1] if self.row_stages(self.row_groups) == 0 else ()

    def row_registers(self, groups: int, row_width: int) -> int:
        """Flip-flops of the additional register: the row and the word beside it."""
        word = sum(form.bits for form in self.ports.inputs)
        return word + row_width if self.row_stages(groups) > 1 else 0

    def row_paths(self, groups: int, row_width: int, first: Path) -> tuple[Path, ...]:
        """The rows' memory and what `first` does with a row, in one cycle or in two."""
        rows = Memory(groups, row_width) if groups > 1 else None
        if self.row_stages(groups) == 1:
            return (replace(first, memory=rows),)
        return (first, Path("rows of constants", memory=rows))

    @property
    def interval(self) -> int:
        """Words of a frame."""
        return self.ports.output.words

    @property
    def word_parameters(self) -> dict[str, Value]:
        """Parameters of the library's pipes that say how a vector is cut into words.

        `Tail` is the number of lanes in use in the last word of a vector, 0 when it is full.
        """
        form = self.ports.output
        return {
            "Parallel": form.parallel,
            "Words": form.words_per_vector,
            "Tail": form.size % form.parallel,
        }


class Pipe(Kernel[O]):
    """A kernel without control whose only parameter is `parallel`: elements per word.

    More than a pixel's channels are those of several pixels of a row.
    """

    rigid: ClassVar[bool] = True

    def space(self, site: Site[O]) -> Iterable[Parameters]:
        """Every `parallel` that is the smallest for its number of words, narrow words first."""
        return tuple({"parallel": p} for p in parallel_values(site.outputs[0].channels))

    def space_of_pixels(self, site: Site[O]) -> Iterable[Parameters]:
        """See `Kernel.space_of_pixels`."""
        _, width, channels = site.outputs[0].shape
        return tuple({"parallel": p * channels} for p in parallel_values(width)[1:])

    def check(self, site: Site[O], parameters: Parameters) -> str | None:
        """`parallel` may be anything from 1 to the number of channels, or those of some pixels."""
        if set(parameters) != {"parallel"}:
            return f"the parameters are ['parallel'], not {sorted(parameters)}"
        parallel, (_, width, channels) = parameters["parallel"], site.outputs[0].shape
        if not isinstance(parallel, int) or parallel < 1:
            return f"parallel must be from 1 to {channels}, not {parallel}"
        if parallel > channels and (parallel % channels or parallel > width * channels):
            several = f", or {channels} times a number of pixels to {width}" if width > 1 else ""
            return f"parallel must be from 1 to {channels}{several}, not {parallel}"
        return self.unable(site)


def parallel_values(channels: int) -> tuple[int, ...]:
    """All ceil(channels / words) for whole numbers of words, ascending."""
    return tuple(sorted({-(-channels // words) for words in range(1, channels + 1)}))
