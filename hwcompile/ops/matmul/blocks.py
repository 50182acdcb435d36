"""Matrices cut into blocks of pe x simd, of which lanes work through one per cycle."""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property

import numpy as np

from hwcompile.ops.arithmetic.dot import Dot
from hwcompile.ops.contract.built import Built
from hwcompile.ops.contract.needs import Multiplications
from hwcompile.ops.contract.site import O_co
from hwcompile.ops.contract.timing import Access, Actor


class InBlocks(Built[O_co]):
    """What follows from the parameters `pe` and `simd`, whoever keeps the matrices."""

    @property
    @abstractmethod
    def sizes(self) -> tuple[int, int]:
        """Rows and columns of a matrix."""

    @property
    @abstractmethod
    def matrices(self) -> int:
        """How many there are, which vectors of a frame meet in turn."""

    @property
    @abstractmethod
    def dot(self) -> Dot:
        """The arithmetic."""

    @property
    def pe(self) -> int:
        """Rows at a time."""
        return self.number("pe")

    @property
    def simd(self) -> int:
        """Columns at a time."""
        return self.number("simd")

    @property
    def folds(self) -> int:
        """Blocks of rows."""
        return -(-self.sizes[0] // self.pe)

    @property
    def steps(self) -> int:
        """Blocks of columns."""
        return -(-self.sizes[1] // self.simd)

    @property
    def depth(self) -> int:
        """Blocks of all matrices."""
        return self.matrices * self.folds * self.steps

    @property
    def out_bits(self) -> int:
        """Bits of a sum."""
        return self.site.outputs[0].element.bits

    @property
    def lane_product(self) -> Multiplications | None:
        """See `Built.lane_product`."""
        return self.dot.product

    @property
    def lanes(self) -> int:
        """Pe x simd."""
        return self.pe * self.simd

    @property
    def stages(self) -> int:
        """Of operands, dot product, accumulator."""
        return self.dot.operands + self.dot.stages(self.simd) + 1

    @cached_property
    def vector(self) -> Actor:
        """A vector through all blocks: a word of "in0" per step, a word of "out" per fold.

        Only cycles that take or give a word are phases of their own: all of the first fold, then
        the last one of every fold. Three folds of four steps: cycles 0 to 3, 7 and 11.
        """
        folds, steps = self.folds, self.steps
        cycles = np.concatenate([np.arange(steps), np.arange(2, folds + 1) * steps - 1])
        gives = np.append(np.zeros(steps - 1, dtype=np.int64), np.ones(folds, dtype=np.int64))
        duration = np.diff(np.append(cycles, folds * steps))
        taken = (np.arange(cycles.size) < steps).astype(np.int64)
        return Actor(duration, {"in0": Access.stream(taken)}, {"out": np.cumsum(gives)})
