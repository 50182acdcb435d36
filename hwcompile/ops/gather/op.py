"""Gather: every element of the result is an element of the input, or a constant."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from hwcompile.ir.hull import with_constant
from hwcompile.ir.meaning import moved_type
from hwcompile.ir.op import Op
from hwcompile.ir.types import IntArray, TensorType


@dataclass(frozen=True, eq=False)
class Gather(Op):
    """`y.flat[i] = x.flat[index.flat[i]]`, or `fill` where the index is -1.

    Slices, paddings, permutations (transpose, channel shuffle, depth to space), nearest-neighbour
    upsampling, and the insertion of zeros are all of this kind.

    Attributes:
        index: int64 [height, width, channels] of the result, from -1 to the input's size - 1.
        fill: The constant; without meaning when no index is -1.
    """

    family: ClassVar[str] = "gather"

    index: IntArray
    fill: int

    @cached_property
    def fills(self) -> bool:
        """True when the constant appears in the result."""
        return bool(np.any(self.index < 0))

    def problems(self, inputs: tuple[TensorType, ...]) -> list[str]:
        """Why this instance is not legal on such inputs; empty when it is."""
        if len(inputs) != 1:
            return [f"takes one input, not {len(inputs)}"]
        if self.index.ndim != 3 or self.index.size == 0:
            return [f"an index is [height, width, channels], not {list(self.index.shape)}"]
        low, high, size = int(self.index.min()), int(self.index.max()), inputs[0].size
        if low < -1 or high >= size:
            return [f"the index reaches from {low} to {high}, the input has {size} elements"]
        if high < 0:
            return ["no element of the input is used"]
        return []

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        """The input's element type, with the constant where it appears."""
        (kind,) = inputs
        element = with_constant(kind.element, self.fill) if self.fills else kind.element
        return (moved_type(kind, self.index, element),)

    def evaluate(
        self, inputs: tuple[TensorType, ...], values: tuple[IntArray, ...]
    ) -> tuple[IntArray, ...]:
        """int64 [frames, *input shape] to int64 [frames, *index shape]."""
        (x,) = values
        picked = x.reshape(x.shape[0], -1)[:, self.index]
        if self.fills:
            picked[:, self.index < 0] = self.fill
        return (picked,)
