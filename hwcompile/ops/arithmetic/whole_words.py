"""All sums of a word in every cycle: what kernels with `hw_word_sums` have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from functools import cached_property

import numpy as np

from hwcompile.ir.types import IntArray, IntType
from hwcompile.ops.arithmetic.dot import Dot, start_bits
from hwcompile.ops.contract.built import Built
from hwcompile.ops.contract.instance import Value
from hwcompile.ops.contract.needs import Memory, Resources, memory
from hwcompile.ops.contract.paths import CONTROL, Path
from hwcompile.ops.contract.site import O_co
from hwcompile.ops.contract.timing import Timing, single


class WholeWords(Built[O_co]):
    """Dot products of words with constant weights, with `pixels` neighbours of a row in a word."""

    @property
    @abstractmethod
    def fan_in(self) -> int:
        """Pairs of a sum."""

    @property
    @abstractmethod
    def weight_type(self) -> IntType:
        """The narrowest type of the weights."""

    @property
    @abstractmethod
    def weight_blocks(self) -> IntArray:
        """Weights of a pixel's sums, word by word: int64 [words of a pixel, sums, pairs]."""

    @property
    @abstractmethod
    def starts(self) -> IntArray | None:
        """Rows of the start memory: int64 [words of a pixel, sums]; None without one."""

    @property
    def pixels(self) -> int:
        """Pixels at a time."""
        return self.number("pixels", 1)

    @cached_property
    def dot(self) -> Dot:
        """The arithmetic."""
        return Dot.of(self.weight_type, self.site.inputs[0].element, self.parameters)

    @property
    def out_bits(self) -> int:
        """Bits of a sum."""
        return self.site.outputs[0].element.bits

    @property
    def interval(self) -> int:
        """Words of a frame."""
        return self.ports.output.words

    @cached_property
    def timing(self) -> Timing:
        """Every cycle takes a word and gives one."""
        every = np.ones(self.interval, dtype=np.int64)
        # Operands, dot product, sum.
        return single({"in0": every}, every, self.dot.stages(self.fan_in) + 2)

    @property
    def paths(self) -> tuple[Path, ...]:
        """Those of the arithmetic, without a sum over several words."""
        *paths, _ = self.dot.paths(self.fan_in, self.out_bits, self._weights)
        return (CONTROL, *paths, Path("start", carries=(self.out_bits,)))

    @property
    def _weights(self) -> Memory | None:
        """The memory of weights; None where one word has all of them."""
        depth, sums, _ = self.weight_blocks.shape
        bits = sums * self._row_bits
        return Memory(depth, bits) if depth > 1 else None

    @property
    def _row_bits(self) -> int:
        """Bits of the weights of a sum in a memory."""
        return self.dot.pairs(self.fan_in) * self.dot.encoding.stored_bits

    def sums(self, depth: int, rows: int, vectors: int) -> Resources:
        """Lanes and adders (see `Dot`), memories, registers of operands and sums, flags of steps.

        Args:
            depth: Words of a pixel.
            rows: Sums of a word for each of its pixels.
            vectors: Vectors of a word for each of its pixels.
        """
        dot, pixels, fan_in = self.dot, self.pixels, self.fan_in
        sums = pixels * rows * self.out_bits
        operands = pixels * vectors * fan_in * dot.encoding.input.bits
        total = Resources(lut=4, adders=sums, ff=operands + sums + dot.stages(fan_in) + 2)
        total += memory(depth, rows * self._row_bits)
        if self.starts is not None:
            total += memory(depth, rows * start_bits(self.starts))
        return total + dot.resources(pixels * rows, fan_in, self.out_bits, pixels * vectors)

    def values(self, size: Mapping[str, Value]) -> dict[str, Value]:
        """Parameters of a module: `size`, rows of a map, arithmetic, memories."""
        dot, result, fan_in = self.dot, self.ports.output, self.fan_in
        return {
            "Pixels": self.pixels,
            **size,
            "Words": result.words_per_vector,
            "Tail": result.size % result.parallel,
            "Group": dot.group,
            **dot.parameters(),
            "Doubled": dot.encoding.doubled,
            "SumBits": dot.sum_bits(fan_in, self.out_bits),
            "OutBits": self.out_bits,
            "WeightFile": dot.image(self.weight_blocks),
            **dot.start_parameters(self.starts, fan_in),
        }
